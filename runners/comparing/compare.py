"""Compare two assessments: from their records alone, or on the same rows where both submissions are given."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.checks.result import Interval
from proofbox.checks.statistics.independenttests import independent
from proofbox.checks.statistics.tested import Tested
from proofbox.checks.text import Text, t
from proofbox.policies.comparison import Comparison, compared
from proofbox.runners.comparing.answers import answers
from proofbox.runners.comparing.paired import SameRows
from proofbox.runners.comparing.samerows import paired
from proofbox.runners.submitted.streams import MOST_ROWS

if TYPE_CHECKING:
    from proofbox.policies.changes import Test
    from proofbox.policies.record import Assessment, MeasurementRecord
    from proofbox.runners.assessing.settings import Settings

NO_SUBMISSIONS = t("the two submissions were not given, so that their rows cannot be paired")
NO_SAMPLE = t("an exact figure of what was given: there is no sample to test")
NO_COUNTS = t("the interval keeps too little to be made at another confidence, so there is no test")


def compare(
    first: Assessment, second: Assessment, submissions: tuple[Path, Path] | None, settings: Settings
) -> Comparison:
    """Compare two assessments; with both submissions, their models are asked again and the rows are paired.

    Raises
    ------
    UsageError
        A submission is not the one that its assessment is about.
    IsolationError
        The walls could not be had or proven.
    """
    with ExitStack() as stack:
        rows = NO_SUBMISSIONS if submissions is None else _rows((first, second), submissions, settings, stack)
        return compared(first, second, _tester(rows), rows if isinstance(rows, Text) else None)


def _rows(
    assessments: tuple[Assessment, Assessment], submissions: tuple[Path, Path], settings: Settings, stack: ExitStack
) -> SameRows | Text:
    found = []
    for assessment, source in zip(assessments, submissions, strict=True):
        most_rows = int(cast("int", assessment.run.detail.get("rows_in_memory", MOST_ROWS)))
        given = stack.enter_context(answers(source, assessment.subject, replace(settings, most_rows=most_rows)))
        if isinstance(given, Text):
            return given
        found.append(given)
    same = paired(found[0], found[1])
    return same if isinstance(same, Text) else SameRows(same[0], same[1], settings.seed)


def _tester(rows: SameRows | Text) -> Test:
    def test(before: MeasurementRecord, after: MeasurementRecord) -> tuple[Tested | None, Text | None]:
        intervals = _sampled(before), _sampled(after)
        if intervals[0] is None or intervals[1] is None:
            return None, NO_SAMPLE
        found = rows if isinstance(rows, Text) else rows.test(before, after)
        if isinstance(found, Tested):
            return found, None
        unpaired = independent((before.value, intervals[0]), (after.value, intervals[1]))
        return (None, NO_COUNTS) if unpaired is None else (unpaired, found)

    return test


def _sampled(record: MeasurementRecord) -> Interval | None:
    """Return the interval of a value that was estimated; None where it is exact or follows from how things are made."""
    interval = record.interval
    return None if interval is None or interval.method == "by-construction" else interval
