"""Pictures that people upload: decoded within bounds, kept without metadata under a name made of their content."""

from __future__ import annotations

import hashlib

from newsletter.actions.published_pictures import write_picture
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused, RenderingError
from newsletter.i18n import _
from newsletter.rendering import pictures

MOST_BYTES = 10_000_000
WIDTH = 1200  # CSS pixels: the file holds twice as many, enough for every place a picture can take


def keep_picture(workspace: Workspace, data: bytes, folder: str = "images") -> str:
    """Keep an uploaded picture and return its path in the workspace; Refused (in French) when it cannot be used."""
    if len(data) > MOST_BYTES:
        raise Refused(_("L’image dépasse 10 Mo."), hint="give a smaller one")
    try:
        fitted, extension, _width, _height = pictures.fit(data, WIDTH, None)
    except RenderingError as error:
        raise Refused(
            _("Cette image ne peut pas être lue : donnez un fichier JPEG, PNG ou WebP."), hint=error.what
        ) from None
    name = f"{folder}/{hashlib.sha256(fitted).hexdigest()[:24]}.{extension}"
    write_picture(workspace.root / name, fitted)
    return name
