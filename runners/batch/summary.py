"""The end of a batch: its table on disk and at the terminal, and the exit code that all of it calls for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.batch import BatchRow, batch_bytes, counted, render_batch, row_words
from proofbox.reports.console import safe_terminal
from proofbox.reports.i18n import Translator
from proofbox.runners.exit_codes import ExitCode
from proofbox.runners.placing import place

if TYPE_CHECKING:
    from proofbox.checks.result import Json

PAGES = {"en": "batch.html", "vi": "batch.vi.html"}

PRECEDENCE = (
    ExitCode.DOES_NOT_CONFORM,
    ExitCode.DEFECT,
    ExitCode.NO_ISOLATION,
    ExitCode.BAD_INPUT,
    ExitCode.UNDETERMINED,
)
"""What the exit code of a batch is when its submissions differ: the first of these that one of them ended with."""


def exit_code(rows: Sequence[BatchRow]) -> ExitCode:
    """Return the exit code of a batch: 0 where every submission conforms."""
    ended = {row.exit_code for row in rows}
    return next((code for code in PRECEDENCE if code in ended), ExitCode.CONFORMS)


def write_tables(out: Path, rows: Sequence[BatchRow], policies: Sequence[Mapping[str, Json]]) -> None:
    """Write ``batch.json`` and the pages, each whole or not at all; those of an earlier batch are replaced.

    Raises
    ------
    UsageError
        The folder cannot be written to.
    """
    place(out / "batch.json", batch_bytes(rows, policies))
    for language, name in PAGES.items():
        place(out / name, render_batch(rows, policies, language).encode())


def lines(rows: Sequence[BatchRow], out: Path, language: str) -> Iterator[str]:
    """Yield what a person reads at the end."""
    translator = Translator(language)
    for kind, words, number in counted(rows, translator):
        yield f"{number:>6}  {words}"
        if kind in ("refused", "over-budget", "failed"):
            for row in (row for row in rows if row.how == kind):
                yield from (safe_terminal(f"        {row.name}: {why}") for why in row.why.splitlines())
    yield safe_terminal(str(out / PAGES[language]))


def line(row: BatchRow, language: str) -> str:
    """Return the line that is printed as a submission ends."""
    said = row_words(row, Translator(language))
    rest = ", ".join((row.failed + row.left_open)[:4]) or row.why.partition("\n")[0]
    return safe_terminal(f"{row.name}: {said}{' · ' if rest else ''}{rest}")
