"""``proofbox waivers``: what a signature of a waiver is over."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click


@click.group("waivers")
def command() -> None:
    """Work on a file of waivers (docs/waivers.md)."""


@command.command("payload")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("waiver_id", metavar="ID")
def payload(file: Path, waiver_id: str) -> None:
    """Print the exact bytes that a signature of the waiver ID in FILE is over, without a line end."""
    from proofbox.runners.errors import UsageError
    from proofbox.runners.waiving import read_given

    found = {item.waiver.id: item.waiver for item in read_given(file, None)}
    if waiver_id not in found:
        raise UsageError(f"{file}: no waiver '{waiver_id}' (there are: {', '.join(found)})")
    sys.stdout.buffer.write(found[waiver_id].signed_bytes())
