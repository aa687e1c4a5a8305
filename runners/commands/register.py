"""``proofbox register``: the public list of what was approved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option
from proofbox.runners.commands.review import reviews_option, stamps_option


@click.group("register")
def command() -> None:
    """Publish the list of approved products (docs/register.md)."""


@command.command("export")
@reviews_option
@click.option(
    "--key",
    "keys",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Public key or certificate (PEM) of a reviewer whose decisions count; repeatable.",
)
@stamps_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("proofbox-register"), show_default=True)
@click.option("--on", "day", help="Day (YYYY-MM-DD) that the list is of.  [default: today]")
@json_option
def export(reviews: Path, keys: tuple[Path, ...], out: Path, **given: object) -> None:
    """Write the approved products as register.html, register.vi.html and register.json to the new folder OUT.

    Only decisions whose signatures verify, all the way from the first, are listed; the others are named on stderr.

    Exit code 0: written. 1: written, and a history was left out because it is not whole. 2: OUT holds something.

    Example: proofbox register export --key reviewer.pub.pem --out register-2026-12-01
    """
    from proofbox.reports.console import safe_terminal
    from proofbox.reports.register.export import write_register
    from proofbox.runners.office.asking import day_of, trusted_keys

    day = day_of(cast("str | None", given["day"]), "--on")
    stamps = cast("tuple[Path, ...]", given["tsa_certificates"])
    written = write_register(out, reviews, trusted_keys(keys, stamps), day)
    for why in written.left_out:
        click.echo(safe_terminal(f"left out: {why}"), err=True)
    counts = written.counts()
    if given["json"]:
        print(json.dumps({"out": str(out), **counts, "left_out": len(written.left_out)}))
    else:
        print(f"{out}: {', '.join(f'{number} {state}' for state, number in counts.items())}")
    raise SystemExit(1 if written.left_out else 0)
