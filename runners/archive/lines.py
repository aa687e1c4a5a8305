"""An archive for a terminal, and its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary
from proofbox.reports.archive.entries import Archive, parquet_of
from proofbox.reports.archive.page import render_archive
from proofbox.reports.archive.views import attempts, controls, views_json
from proofbox.reports.console import safe_terminal
from proofbox.reports.i18n import Translator
from proofbox.runners.placing import place

if TYPE_CHECKING:
    from proofbox.checks.result import Json

MOST_SHOWN = 15
JOURNAL = "archive.jsonl"
PAGES = {"en": "archive.html", "vi": "archive.vi.html"}


def archive_lines(archive: Archive, language: str) -> Iterator[str]:
    """Yield what a person reads: the conclusions, the controls that fail most, the attempts, what was left out."""
    say = Translator(language)
    said: Counter[str] = Counter(entry.conclusion for entry in archive.entries)
    for kind in vocabulary.CONCLUSIONS:
        yield f"{said[kind]:>7}  {vocabulary.word(say, vocabulary.CONCLUSIONS, kind)}"
    failing = [one for one in controls(archive.entries) if one.failed]
    if failing:
        yield say.gettext("Which controls fail")
    for one in failing[:MOST_SHOWN]:
        yield safe_terminal(f"{one.failed:>7}/{one.applied}  {one.control} ({one.policy})")
    yield say.gettext("Attempts until it conforms")
    tries = Counter(one.until_conforming for one in attempts(archive.entries))
    for number in sorted(tries, key=lambda key: (key is None, key)):
        yield f"{tries[number]:>7}  {number or say.gettext('none yet')}"
    if archive.again:
        yield say.gettext("{number} bundles stand at a second place and count once.", number=len(archive.again))
    for bad in archive.left_out:
        yield safe_terminal(f"{say.gettext('Not whole, left out')}: {bad.bundle}: {bad.why}")


def archive_json(archive: Archive) -> dict[str, Json]:
    """Return the form of ``archive --json``."""
    return {
        "policies": list(archive.policies),
        "assessments": [entry.to_json() for entry in archive.entries],
        "left_out": [{"bundle": one.bundle, "why": one.why} for one in archive.left_out],
        "again": [{"bundle": name, "counted": counted} for name, counted in archive.again],
        **views_json(archive.entries),
    }


def write_archive(out: Path, archive: Archive) -> None:
    """Write the pages and the parquet file, each whole or not at all; earlier ones are replaced.

    Raises
    ------
    UsageError
        The folder cannot be made or written to.
    """
    for language, name in PAGES.items():
        page = render_archive(archive, language)
        place(out / name, page.encode())
    place(out / "archive.parquet", parquet_of(archive.entries))
