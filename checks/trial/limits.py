"""Whether a controlled trial stayed within the limits that it was allowed.

## Measures

- `limits_exceeded`: [0, inf), lower is better, 0 is perfect. Limits of which more was reached than allowed.
- `limits_unmeasured`: [0, inf), lower is better, 0 is perfect. Limits for which the record says nothing of what was
  reached.
- `limits_missing`: [0, 4], lower is better, 0 is perfect. Of the four kinds of limit that a trial's certificate has
  (persons, scale, value at risk, a technical limit), those that the record does not name.

## Method

The record under `documents.trial_record` is YAML or JSON: `limits`, a list of `{kind, name, most, reached}`, where
`kind` is `persons`, `scale`, `value` or `technical`, `most` the number allowed and `reached` the largest number that
occurred. Reached equal to allowed is within. A record that cannot be read, or that names no limit, is no evidence: the
reason says why.

## Limits

The record is the provider's own. Where the system keeps a log with a chain of digests (`logging.operation_log`), a
person can hold the record against it.

## References

- Decree 142/2026/ND-CP, Articles 3(3) and 25; form AI09a, Article 4.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from proofbox.checks.documents.blocks import text_of
from proofbox.checks.documents.jsontext import read_json
from proofbox.checks.documents.problem import RefusedError
from proofbox.checks.documents.validation import check as checked
from proofbox.checks.documents.yamltext import read_yaml
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

KINDS = ("persons", "scale", "value", "technical")
MOST_LISTED = 50

_Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class TrialLimit(BaseModel):
    """One limit of a trial."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["persons", "scale", "value", "technical"]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    most: _Number
    """What was allowed."""
    reached: _Number | None = None
    """The largest that occurred; None where it was not measured."""


class TrialRecord(BaseModel):
    """The limits of a trial, and what was reached of each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limits: Annotated[tuple[TrialLimit, ...], Field(min_length=1, max_length=200)]


@check("trial.limits")
def limits(subject: Subject) -> Measured | Inapplicable:
    """Measure how many limits of a trial were exceeded."""
    record = _record(subject)
    if isinstance(record, Text):
        return Inapplicable(record)
    over = [one for one in record.limits if one.reached is not None and one.reached > one.most]
    unknown = [one for one in record.limits if one.reached is None]
    absent = [kind for kind in KINDS if kind not in {one.kind for one in record.limits}]
    size = len(record.limits)
    shown: list[Json] = [one.model_dump(mode="json") for one in record.limits[:MOST_LISTED]]
    return Measured(
        measurements=(
            Measurement(
                measure="limits_exceeded", value=float(len(over)), sample_size=size,
                detail={"exceeded": [one.name for one in over[:MOST_LISTED]], "limits": shown},
            ),
            Measurement(
                measure="limits_unmeasured", value=float(len(unknown)), sample_size=size,
                detail={"unmeasured": [one.name for one in unknown[:MOST_LISTED]]},
            ),
            Measurement(
                measure="limits_missing", value=float(len(absent)), sample_size=len(KINDS), detail={"kinds": [*absent]}
            ),
        )
    )  # fmt: skip


def _record(subject: Subject) -> TrialRecord | Text:
    text = text_of(subject, "trial_record")
    if isinstance(text, Text):
        return text
    path = subject.documents["trial_record"]
    read = read_json if path.endswith(".json") else read_yaml
    try:
        found, problems = checked(read(text.encode(), path), TrialRecord)
    except RefusedError as err:
        return t("the document cannot be read: {why}", why=str(err))
    return found if found is not None else t("the document cannot be read: {why}", why=str(problems[0]))
