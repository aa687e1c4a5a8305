"""One assessment against another, as a value that every command and page shows in its own way."""

from __future__ import annotations

from dataclasses import dataclass

from proofbox.checks.text import Text
from proofbox.policies.changes import MeasureChange, Test, VerdictChange, measure_changes, verdict_changes
from proofbox.policies.record import Assessment
from proofbox.policies.significant import Fact, facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed from the first assessment to the second."""

    first: Assessment
    second: Assessment
    verdicts: tuple[VerdictChange, ...]
    measures: tuple[MeasureChange, ...]
    facts: tuple[Fact, ...]
    """What bears on a significant change."""
    why_not_paired: Text | None
    """Why the rows of the two were not paired; None where they were."""

    @property
    def moved(self) -> tuple[MeasureChange, ...]:
        """The measures that a requirement rests on and whose value, or whose being there, changed."""
        return tuple(
            one
            for one in self.measures
            if one.judged and (one.before is None or one.after is None or one.before.value != one.after.value)
        )


def compared(first: Assessment, second: Assessment, test: Test, why_not_paired: Text | None) -> Comparison:
    """Compare two assessments.

    Parameters
    ----------
    test
        Tests one measure of the two; called for those alone that a requirement rests on.
    """
    verdicts, measures = verdict_changes(first, second), measure_changes(first, second, test)
    return Comparison(
        first=first,
        second=second,
        verdicts=verdicts,
        measures=measures,
        facts=facts(first, second, verdicts, measures),
        why_not_paired=why_not_paired,
    )
