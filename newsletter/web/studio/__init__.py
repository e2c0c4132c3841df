"""The Studio: pages for the team, each thin over the actions that the command line calls too."""

from __future__ import annotations

from newsletter.web.studio import (
    articles,
    board,
    home,
    imports,
    issues,
    journal,
    organisations,
    people,
    proofs,
    proposals,
    reports,
    results_table,
    reviews,
    rights,
    sending,
    settings,
    signin,
    team,
)

ROUTERS = (
    signin.router,
    home.router,
    proposals.router,
    articles.router,
    issues.router,
    board.router,
    sending.router,
    proofs.router,
    people.router,
    organisations.router,
    imports.router,
    reviews.router,
    rights.router,
    reports.router,
    results_table.router,
    settings.router,
    team.router,
    journal.router,
)
