"""Whether input that is no honest row makes the model end, hang or answer nonsense instead of answering or refusing.

## Measures

- `malformed_failure_rate`: [0, 1], lower is better, 0 is perfect. The share of the malformed inputs at which the model
  ended, hung, went over a limit or gave an answer that is none.

## Method

From one real row the check makes malformed ones, family by family: everything missing, and each column missing;
infinite numbers; the largest and smallest numbers of a column's type, and zeros; texts never seen, empty, and full of
what Unicode has (a NUL, right to left, combining and invisible characters, an emoji); a text of a million characters;
texts in place of numbers, and numbers in place of texts. The model may answer, or refuse by raising an error of its
own: both are clean, and counted apart in the detail. A family is asked about in one call. Where the model raises, its
rows are asked about one by one (at most `most_alone` of them, drawn at random beside the last), so that a refusal
hides no crash behind it; where it ends, hangs beyond `deadline_seconds` or answers garbage, the input is found by
halving and the model is started again. The inputs are a fixed list and no sample, so there is no interval.

## Limits

What a model answers to nonsense is not judged, only that it is an answer. An empty batch never reaches a model: the
harness answers it itself. Inputs that were not asked about because a family failed as a whole are named in the detail.

## References

- Miller, Fredriksen, So, "An Empirical Study of the Reliability of UNIX Utilities", CACM 33(12) (1990) 32-44: fuzzing.
- OWASP Application Security Verification Standard 4.0.3, V5.1: input validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.failing import failure_of
from proofbox.checks.counted.counting import missing_cells
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams
from proofbox.checks.properties.malformed import Family, families
from proofbox.checks.properties.unanswered import asked_row, sort_out, told, unanswered_row
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator


class Params(CheckParams):
    """Parameters of :func:`malformed_input`."""

    most_alone: int = Field(default=6, ge=1, le=1_000)
    """Rows of a family that are asked about one by one where the model refuses the family."""
    deadline_seconds: float = Field(default=15, gt=0, le=600)
    """How long an answer may take."""


@dataclass(slots=True, kw_only=True)
class _Tried:
    """What came of one family."""

    family: Family
    answered: int = 0
    refused: int = 0
    errors: dict[int, ModelFailedError] = field(default_factory=dict)
    """Row of the family -> how the model failed."""

    @property
    def known(self) -> int:
        return self.answered + self.refused + len(self.errors)

    def told(self) -> Json:
        errors: list[Json] = [
            {"columns": list(self.family.changed[row]), "kind": error.kind, "what": str(error)}
            for row, error in self.errors.items()
        ]
        rows = self.family.rows.num_rows
        counts: dict[str, Json] = {"family": self.family.name, "inputs": rows, "answered": self.answered}
        return {**counts, "refused": self.refused, "failed": errors, "not_asked": rows - self.known}


@check("robustness.malformed_input")
def malformed_input(data: Dataset, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how many malformed inputs the model neither answers nor refuses."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    table = data.feature_table()
    row = int(missing_cells(table).argmin())
    base = table.slice(row, 1).combine_chunks()
    tried = []
    for family in families(base):
        tried.append((yield from _tried(family, params, rng)))
    known = sum(one.known for one in tried)
    if known == 0:
        return Inapplicable(t("the model answers nothing, so that malformed input tells nothing of it"))
    failures = sum(len(one.errors) for one in tried)
    measurement = Measurement(
        measure="malformed_failure_rate",
        value=failures / known,
        sample_size=known,
        detail={"failed": failures, "families": [one.told() for one in tried]},
    )
    cases = []
    before = yield from asked_row(t("as submitted"), base, params.deadline_seconds)
    for one in tried:
        if one.errors:
            place = min(one.errors, key=lambda found: (len(one.family.changed[found]), found))
            after = unanswered_row(t("malformed"), one.family.rows, place)
            cases.append(
                Counterexample(
                    measure="malformed_failure_rate",
                    summary=told(one.errors[place]),
                    columns=tuple(base.column_names),
                    rows=(before, after),
                    changed=one.family.changed[place],
                    source_row=row,
                )
            )
    return Measured(measurements=(measurement,), counterexamples=tuple(cases))


def _tried(family: Family, params: Params, rng: Generator) -> Asking[_Tried]:
    """Ask about a family: all together, and one by one where the model refuses that."""
    found = _Tried(family=family)
    error = yield from failure_of(family.rows, params.deadline_seconds)
    if error is None:
        found.answered = family.rows.num_rows
    elif error.refused:
        for row in _some(family, params.most_alone, rng):
            alone = yield from failure_of(family.rows.slice(row, 1), params.deadline_seconds)
            if alone is None:
                found.answered += 1
            elif alone.refused:
                found.refused += 1
            else:
                found.errors[row] = alone
    else:
        parts = yield from sort_out(family.rows, params.deadline_seconds)
        found.answered = int(parts.answered.sum())
        found.errors = {row: one for row, one in parts.errors.items() if not one.refused}
        found.refused = len(parts.errors) - len(found.errors)
    return found


def _some(family: Family, most: int, rng: Generator) -> Sequence[int]:
    """Return rows that are drawn, and the last one, which is malformed in every column."""
    last = family.rows.num_rows - 1
    return [*sorted(int(row) for row in rng.permutation(np.arange(last))[: most - 1]), last]
