"""Ask scanners of others about the files of a submission, behind the walls and without a network; numbers come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Literal

from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.executor import Executor
from proofbox.sandbox.hosted import HostedModel, ModelSpec, open_model
from proofbox.sandbox.limits import Limits

SCANNERS = ("picklescan", "modelaudit-picklescan")
"""Distributions of the scanners; installed with ``proofbox[scanners]``."""

MOST_FILES = 200
MOST_STARTS = 4
FILE_SECONDS = 60.0

Answer = Literal["clean", "found", "failed", "not-its-kind", "not-asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerAnswer:
    """What one scanner said of one file."""

    scanner: str
    version: str
    path: str
    answer: Answer
    """``failed`` where it crashed, hung, broke off or could not say: never ``clean``."""
    issues: int = 0
    what: str = ""
    """Why there is no answer; empty where there is one."""


def installed() -> dict[str, str]:
    """Return scanner -> version of those that are installed."""
    found = {}
    for name in SCANNERS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def ask_scanners(executor: Executor, root: Path, paths: Sequence[str]) -> Iterator[ScannerAnswer]:
    """Yield what every installed scanner says of every file, of the first :data:`MOST_FILES`.

    Parameters
    ----------
    root
        Folder of the taken-in copy; nothing else is shown inside.
    paths
        Every file below it.

    Raises
    ------
    IsolationError
        The walls could not be built; no scanner was started.
    """
    with _open_to_others(root):
        yield from _asked(executor, root, paths)


@contextmanager
def _open_to_others(root: Path) -> Iterator[None]:
    """Open the folder itself to the user that root becomes inside; a copy lies in a folder that is closed to others."""
    before = root.stat().st_mode & 0o777
    root.chmod(before | 0o055)
    try:
        yield
    finally:
        root.chmod(before)


def _asked(executor: Executor, root: Path, paths: Sequence[str]) -> Iterator[ScannerAnswer]:
    versions = installed()
    ordered = sorted(paths)
    questions = [(name, place) for place in range(len(ordered)) for name in versions]
    spec = ModelSpec(path=root, format="scanners", features=("scanner", "file"), output="score", task="regression")
    limits = Limits(call_seconds=FILE_SECONDS, wall_seconds=FILE_SECONDS * 5)
    starts, why = 0, f"only the first {MOST_FILES} files are shown to other scanners"
    answered = 0
    while answered < len(questions) and questions[answered][1] < MOST_FILES and starts < MOST_STARTS:
        starts += 1
        try:
            with open_model(executor, spec, limits) as hosted:
                if _ask(hosted, -1, 0) != len(ordered):
                    raise ModelError("garbage", "the scanners were not shown the files that were taken in")
                while answered < len(questions) and questions[answered][1] < MOST_FILES:
                    name, place = questions[answered]
                    answered += 1
                    given = ScannerAnswer(scanner=name, version=versions[name], path=ordered[place], answer="failed")
                    try:
                        issues = _ask(hosted, SCANNERS.index(name), place)
                    except ModelError as error:
                        yield replace(given, what=_of_scanner(error))
                        raise
                    yield _told(given, issues)
        except ModelError as error:
            why = f"the scanners were given up: {_of_scanner(error)}"
    for name, place in questions[answered:]:
        yield ScannerAnswer(scanner=name, version=versions[name], path=ordered[place], answer="not-asked", what=why)


def _of_scanner(error: ModelError) -> str:
    return error.what.replace("the model", "the scanner")


def _ask(hosted: HostedModel, scanner: int, file: int) -> float:
    import pyarrow as pa

    answer = hosted.predict(pa.table({"scanner": [float(scanner)], "file": [float(file)]}))
    return float(answer.values[0, 0])


def _told(given: ScannerAnswer, issues: float) -> ScannerAnswer:
    if issues > 0:
        return replace(given, answer="found", issues=min(int(issues), 1_000_000))
    if issues == 0:
        return replace(given, answer="clean")
    if issues == -2:
        return replace(given, answer="not-its-kind")
    return replace(given, what="the scanner broke off, or could not say")
