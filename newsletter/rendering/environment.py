"""The templates of `templates/email`, compiled once; articles are data in them, never template source."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from newsletter import french, i18n, resources
from newsletter.rendering import clean, text, view


@cache
def environment() -> Environment:
    """Return the Jinja environment of the letters.

    Jinja's own `select_autoescape()` knows neither `.mjml` nor `.j2`, so MJML templates are named here; texts and
    style sheets hold no markup.
    """
    env = Environment(
        loader=FileSystemLoader(resources.templates() / "email"),
        autoescape=_is_markup,  # noqa: S701 - it is on wherever there is markup
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals.update(_=_say, slots=view.SLOTS, href=clean.href, mailto=view.mailto, badge=view.badge)
    env.filters.update(fr=french.printed, wrap=text.wrap, heading=text.heading)
    return env


def _is_markup(template: str | None) -> bool:
    return template is None or ".mjml" in template


def _say(sentence: str) -> str:
    return french.printed(i18n._(sentence))


def fill(name: str, page: view.PrintedLetter) -> str:
    """Return the template `name` filled with `page`."""
    values = {name: getattr(page, name) for name in page.__dataclass_fields__}
    return environment().get_template(name).render(page=page, **values)
