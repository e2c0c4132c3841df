"""The look of letters and pages: colours by their use in the design, and fonts."""

from __future__ import annotations

import re

from pydantic import BaseModel, field_validator

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\Z")


class Palette(BaseModel, extra="forbid", frozen=True):
    """Colours as #RRGGBB, named by their use in the design."""

    ink: str
    secondary: str
    primary: str
    accent: str
    page: str
    sheet: str
    panel: str
    rule: str
    masthead: str
    on_masthead: str

    @field_validator("*")
    @classmethod
    def _colour(cls, value: str) -> str:
        if not _COLOUR.match(value):
            raise ValueError(f"`{value}` is no colour of the form #RRGGBB")
        return value.upper()


LIGHT = Palette(
    ink="#1D2B2F",
    secondary="#55636A",
    primary="#0F4F4A",
    accent="#A3431C",
    page="#F6F3EC",
    sheet="#FFFFFF",
    panel="#E9F0EE",
    rule="#DAD6CC",
    masthead="#0F4F4A",
    on_masthead="#FFFFFF",
)
DARK = Palette(
    ink="#ECEAE4",
    secondary="#B4BDBF",
    primary="#86CFC4",
    accent="#F2A57E",
    page="#121718",
    sheet="#1C2325",
    panel="#233132",
    rule="#37464A",
    masthead="#0B2E2B",
    on_masthead="#ECEAE4",
)


class Theme(BaseModel, extra="forbid", frozen=True):
    """The design tokens another network changes: two palettes and two font stacks (no font name with blanks)."""

    light: Palette = LIGHT
    dark: Palette = DARK
    heading_font: str = "Georgia,Times,serif"
    body_font: str = "Helvetica,Arial,sans-serif"

    @field_validator("heading_font", "body_font")
    @classmethod
    def _font(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z-]+(,[A-Za-z-]+)*", value):
            raise ValueError("font names are separated by commas and hold no blanks or quotes")
        return value
