"""Pictures made ready for letters: fitted to their slot and published under the web base URL."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from newsletter.actions.workspace import Workspace
from newsletter.errors import RenderingError
from newsletter.folding import composed_path
from newsletter.i18n import _
from newsletter.messages import PublishedPicture
from newsletter.model import ComposedIssue, Finding, Severity
from newsletter.rendering.picture_slots import WantedPicture
from newsletter.rendering.pictures import fit, wanted_pictures

PATH = "images"


def publish(workspace: Workspace, composed: ComposedIssue) -> tuple[Mapping[str, PublishedPicture], list[Finding]]:
    """Fit every picture the issue prints to its slot and publish it; a picture that cannot be used is a finding."""
    ready: dict[str, PublishedPicture] = {}
    findings = []
    for wanted in wanted_pictures(composed, workspace.settings.network):
        try:
            ready[wanted.key] = _publish(workspace, wanted)
        except RenderingError as error:
            text = _("L'image « {source} » ne peut pas être imprimée : {why}")
            message = text.format(source=wanted.source, why=error.told)
            findings.append(Finding("picture-unusable", Severity.ERROR, message, _where(composed, wanted.source)))
    return ready, findings


def stem(data: bytes, width: int, height: int | None) -> str:
    """Return the name, without its extension, of a picture made of the file `data` for a slot (CSS pixels)."""
    return hashlib.sha256(data + f"{width}x{height or ''}".encode()).hexdigest()[:24]


def _where(composed: ComposedIssue, source: str) -> str:
    return next(
        (i.article.where("image") for i in composed.items if i.picture and i.picture.source == source), composed.path
    )


def _publish(workspace: Workspace, wanted: WantedPicture) -> PublishedPicture:
    data = _read(workspace.root, wanted.source)
    made = stem(data, wanted.width, wanted.height)
    # The name holds what is in the picture, so an existing one need not be made again.
    for name in (f"{made}.jpg", f"{made}.png"):
        if stored := workspace.media.look(name):
            break
    else:
        fitted, extension, _width, _height = fit(data, wanted.width, wanted.height)
        name = f"{made}.{extension}"
        stored = workspace.media.put(name, fitted)
    url = f"{workspace.settings.web.base_url}/{PATH}/{name}"
    height = wanted.height or round(stored.height * wanted.width / stored.width)
    return PublishedPicture(url, wanted.width, height, stored.weight, stored.width)


def _read(root: Path, source: str) -> bytes:
    if "://" in source:
        raise RenderingError(
            _("elle est sur un autre site, qui saurait qui ouvre la lettre"),
            hint="save it in images/ and name that file",
        )
    path = composed_path(root, source).resolve()
    if not path.is_relative_to(root.resolve()):
        raise RenderingError(_("elle est hors de l'espace de travail"), where=source, hint="copy it into images/")
    try:
        return path.read_bytes()
    except OSError:
        raise RenderingError(_("le fichier n'existe pas"), where=source, hint="check its name") from None
