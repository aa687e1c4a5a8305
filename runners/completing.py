"""What a shell completes: ids of policies and checks, found by names of files: a key press cannot wait for imports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

ROOMS = Path(__file__).resolve().parent.parent
_CHECK = re.compile(r'^@check\("([a-z_]+\.[a-z_0-9]+)"', re.MULTILINE)


def complete_policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of shipped packs that begin so, and files where it looks like a path."""
    found = _beginning(sorted(path.stem for path in _room("policies").glob("packs/*.yaml")), incomplete)
    return found or [CompletionItem(incomplete, type="file")]


def complete_checks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of checks that begin so."""
    found: set[str] = set()
    for path in _room("checks").glob("*/*.py"):
        found.update(_CHECK.findall(path.read_text(encoding="utf-8")))
    return _beginning(sorted(found), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _room(name: str) -> Path:
    return ROOMS / name
