"""The Studio: pages for the team, each thin over the actions that the command line calls too."""

from __future__ import annotations

from newsletter.web.studio import (
    articles,
    compose,
    entrance,
    figures,
    figures_mailings,
    home,
    incoming,
    issues,
    journal,
    organisations,
    people,
    proof,
    send,
    settings,
    team,
    uploads,
)

ROUTERS = (
    entrance.router,
    home.router,
    incoming.router,
    articles.router,
    issues.router,
    compose.router,
    send.router,
    proof.router,
    people.router,
    organisations.router,
    uploads.router,
    figures.router,
    figures_mailings.router,
    settings.router,
    team.router,
    journal.router,
)
