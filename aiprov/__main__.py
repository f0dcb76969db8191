"""`python -m aiprov` and the `aiprov` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    from aiprov.cli.app import app

    app()


if __name__ == "__main__":
    main()
