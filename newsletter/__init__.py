"""Newsletter and mailing-list pipeline for networks of local authorities.

`open_workspace` is the way in for other programs (docs/python.md). It and the methods of what it returns keep their
names and shapes; every other name in this package may change without notice.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.library import OpenedWorkspace

__all__ = ["__version__", "open_workspace"]
__version__ = "0.1.0"


def open_workspace(root: str | Path = ".") -> OpenedWorkspace:
    """Open the workspace in the directory `root`, for use in a `with` block.

    Raises `newsletter.errors.SettingsError`, which names the file, the key and what to do.
    """
    from newsletter.library import OpenedWorkspace  # the import takes a second, which `newsletter --version` need not

    return OpenedWorkspace(Path(root))
