"""Bounces by mail: read them from where they lie, and tell what each of them is."""

from newsletter.providers.bounces.classify import Classified, classify
from newsletter.providers.bounces.imap import Fetched, fetch_imap
from newsletter.providers.bounces.sources import read_sources
from newsletter.providers.bounces.verdict import Kind

__all__ = ["Classified", "Fetched", "Kind", "classify", "fetch_imap", "read_sources"]
