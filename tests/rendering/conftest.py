"""Fixtures of the rendering room."""

from tests.browser import mail_browser

__all__ = ["mail_browser"]
