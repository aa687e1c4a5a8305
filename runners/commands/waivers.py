"""``proofbox waivers``: what a signature of a waiver is over."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.signing_options import signing_options


@click.group("waivers")
def command() -> None:
    """Work on a file of waivers (docs/waivers.md)."""


@command.command("payload")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("waiver_id", metavar="ID")
def payload(file: Path, waiver_id: str) -> None:
    """Print the exact bytes that a signature of the waiver ID in FILE is over, without a line end."""
    sys.stdout.buffer.write(_found(file, waiver_id))


@command.command("sign")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("waiver_id", metavar="ID")
@signing_options
def sign(file: Path, waiver_id: str, **given: object) -> None:
    """Print the line 'signature: ...' of the waiver ID in FILE by the approver's key; FILE is not changed."""
    from proofbox.runners.signed.detached import signature_line

    print(signature_line(_found(file, waiver_id), given))


def _found(file: Path, waiver_id: str) -> bytes:
    from proofbox.runners.errors import UsageError
    from proofbox.runners.signed.waiving import read_given

    found = {item.waiver.id: item.waiver for item in read_given(file, None)}
    if waiver_id not in found:
        raise UsageError(f"{file}: no waiver '{waiver_id}' (there are: {', '.join(found)})")
    return found[waiver_id].signed_bytes()
