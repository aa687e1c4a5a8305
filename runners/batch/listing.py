"""Which submissions a batch is made of: those in a folder, or those that a list names."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from proofbox.runners.errors import UsageError
from proofbox.sandbox.intake import ARCHIVES, SUBMISSION

_LONGEST_LINE = 4096
"""Bytes of a path (PATH_MAX of Linux)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One submission of a batch."""

    source: Path
    name: str
    """Plain letters, digits, ``.``, ``_`` and ``-``; no other submission of the batch has it."""


def queued(source: Path) -> tuple[Queued, ...]:
    """Return the submissions of a batch, in the order of their names or of the list.

    Parameters
    ----------
    source
        A folder whose folders and archives are submissions, or a text file in UTF-8 that names one on each line,
        relative to itself; blank lines and those that begin with ``#`` are left out.

    Raises
    ------
    UsageError
        It cannot be read, or names no submission.
    """
    paths = _in_folder(source) if source.is_dir() else _in_list(source)
    if not paths:
        raise UsageError(
            f"{source}: no submission in it, expected folders with {SUBMISSION}, archives ({', '.join(ARCHIVES)}), or a"
            " text file with one path on each line"
        )
    names = _names([_plain(path) for path in paths])
    return tuple(Queued(source=path, name=name) for path, name in zip(paths, names, strict=True))


def _in_folder(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError as err:
        raise UsageError(f"{folder}: cannot be read ({err.strerror})") from err
    if (folder / SUBMISSION).is_file():
        raise UsageError(f"{folder}: is one submission and no folder of them; use 'proofbox run' for it")
    return [path for path in found if (path / SUBMISSION).is_file() or (path.is_file() and _is_archive(path))]


def _in_list(file: Path) -> list[Path]:
    if _is_archive(file) or file.name == SUBMISSION:
        raise UsageError(f"{file}: is one submission and no list of them; use 'proofbox run' for it")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as err:
        raise UsageError(f"{file}: cannot be read ({err.strerror})") from err
    except UnicodeDecodeError as err:
        raise UsageError(f"{file}: no text in UTF-8 (byte {err.start}), expected one path on each line") from err
    named = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    found = []
    for number, line in named:
        if not line or line.startswith("#"):
            continue
        if len(line.encode()) > _LONGEST_LINE or not line.isprintable():
            raise UsageError(f"{file}:{number}: got a line that is no path, expected the path of one submission")
        path = file.parent / line
        if not path.exists():
            raise UsageError(f"{file}:{number}: {line}: no such file or folder, expected the path of one submission")
        found.append(path)
    return found


def _is_archive(path: Path) -> bool:
    return path.name.endswith(ARCHIVES)


def _plain(path: Path) -> str:
    name = path.parent.name if path.name == SUBMISSION else path.name
    for suffix in ARCHIVES:
        name = name.removesuffix(suffix)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:60] or "submission"


def _names(plain: list[str]) -> list[str]:
    """Return names of which no two are the same: those that would be are numbered, ``loan`` and ``loan-2``."""
    times = Counter(plain)
    taken = {name for name, count in times.items() if count == 1}
    names = []
    for name in plain:
        number, unique = 1, name
        while times[name] > 1 and unique in taken:
            number += 1
            unique = f"{name}-{number}"
        taken.add(unique)
        names.append(unique)
    return names
