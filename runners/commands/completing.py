"""What a shell completes: ids of policies and checks, found by names of files: a key press cannot wait for imports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

ROOMS = Path(__file__).resolve().parents[2]
_CHECK = re.compile(r'^@check\("([a-z_]+\.[a-z_0-9]+)"', re.MULTILINE)


def complete_policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of shipped packs that begin so, and files where it looks like a path."""
    from proofbox.checks.plugins import POLICIES, folder_of, plugins

    names = [path.stem for path in ROOMS.glob("policies/packs/*.yaml")]
    for plugin in plugins(POLICIES):
        folder = folder_of(plugin.package)
        names += [path.stem for path in folder.glob(f"{plugin.family}-*.yaml")] if folder is not None else []
    found = _beginning(sorted(names), incomplete)
    return found or [CompletionItem(incomplete, type="file")]


def complete_checks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of checks that begin so."""
    from proofbox.checks.plugins import files_of, plugins

    found: set[str] = set()
    files = [*ROOMS.glob("checks/*/*.py"), *(path for plugin in plugins() for path in files_of(plugin))]
    for path in files:
        found.update(_CHECK.findall(path.read_text(encoding="utf-8", errors="replace")))
    return _beginning(sorted(found), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
