"""The Studio: pages for the team, each thin over the actions that the command line calls too."""

from __future__ import annotations

from newsletter.web.studio import entrance, home, journal, organisations, people, settings, team, uploads

ROUTERS = (
    entrance.router,
    home.router,
    people.router,
    organisations.router,
    uploads.router,
    settings.router,
    team.router,
    journal.router,
)
