"""The command line: one command = one action + printing."""


def main() -> None:
    """Run the `newsletter` command."""
    raise SystemExit(2)
