"""The Studio: pages for the team, each thin over the actions that the command line calls too."""

from __future__ import annotations

from newsletter.web.studio import (
    articles,
    compose,
    entrance,
    figures,
    home,
    issues,
    journal,
    organisations,
    people,
    send,
    settings,
    team,
    uploads,
)

ROUTERS = (
    entrance.router,
    home.router,
    articles.router,
    issues.router,
    compose.router,
    send.router,
    people.router,
    organisations.router,
    uploads.router,
    figures.router,
    settings.router,
    team.router,
    journal.router,
)
