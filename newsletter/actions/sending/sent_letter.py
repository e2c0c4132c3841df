"""The letter of a mailing as it was frozen at its approval: what leaves, or left, whatever the files say by now."""

from __future__ import annotations

from newsletter import paris
from newsletter.actions.letters import pictures
from newsletter.actions.letters.editions import SAMPLE_ADDRESS, personal
from newsletter.actions.sending.mailings import required_mailing
from newsletter.actions.workspace import Workspace
from newsletter.rendering.message import Skeleton
from newsletter.store.sending import mailings


def frozen_letter(workspace: Workspace, key: str, prefix: str = "") -> str:
    """Return the HTML of issue `key` as approved, with a sample reader's links; NotFound without a mailing.

    Its pictures stand under `prefix` + `/images/`.
    """
    with workspace.database.read() as connection:
        mailing = required_mailing(connection, key)
        skeleton = Skeleton.thaw(mailings.skeletons(connection, mailing.id)[0])
    publication = workspace.settings.publication(mailing.publication)
    maker = personal(workspace, publication, key, "parts")
    values = maker.values(SAMPLE_ADDRESS, bytes(16), 0, paris.moment(mailing.approved_at))
    html = skeleton.parts(values).html
    return html.replace(f"{workspace.settings.web.base_url}/{pictures.PATH}/", f"{prefix}/{pictures.PATH}/")
