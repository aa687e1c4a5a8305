"""Mistakes in files, told as lines or as annotations at the place where they are."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.visible import visible

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.errors import Problem


def listed(found: Iterable[tuple[Path, Problem]]) -> list[Json]:
    """Return each mistake for ``--json``, by the path that was given."""
    return [{**asdict(problem), "file": path.as_posix()} for path, problem in found]


def tell(found: Iterable[tuple[Path, Problem]], annotations: str = "") -> None:
    """Print each mistake on stderr by the path that was given, and as GitHub's annotation where asked.

    Parameters
    ----------
    annotations
        ``github``, or nothing.
    """
    for path, problem in found:
        said = str(problem).removeprefix(f"{problem.file}:{problem.line}:{problem.column}: ")
        if problem.file not in (path.name, ""):
            # In another file than the one that was named, such as a policy that it extends.
            path = path.with_name(problem.file)  # noqa: PLW2901 - the place of this one mistake
        print(visible(f"{path}:{problem.line}:{problem.column}: {said}"), file=sys.stderr)
        if annotations == "github":
            from proofbox.reports.exports.annotations import annotation
            from proofbox.reports.exports.entries import Location

            place = Location(file=path.as_posix(), line=problem.line, column=problem.column)
            print(annotation("error", place, problem.where or path.name, said))
