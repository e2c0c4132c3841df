"""Newsletter and mailing-list pipeline for networks of local authorities."""

__version__ = "0.1.0"
