"""How old the data are on the day by which the assessment judges, and whether they are still valid.

## Measures

- `data_age_days`: [0, inf), lower is better, no value is perfect. Days from the day on which the data were made or last
  changed to the day of judgement.
- `days_past_valid_until`: [0, inf), lower is better, 0 is perfect. Days from the last day on which the data are valid,
  by their record, to the day of judgement; 0 where it has not passed, or where none is stated, which the detail says.
- `dates_ahead`: [0, inf), lower is better, 0 is perfect. Dates of making that lie after the day of judgement.

## Method

The dates are those of the provenance record: of Croissant `dateModified`, `datePublished` or `dateCreated`, and
`expires`; of the Data Provenance Standards `provenance.date`; `date` and `valid_until` of our own record. Where the
record says of what time the data tell (`2020-01-01/2020-12-31`), the end of it stands in the detail. A year or a month
alone means its first day, so that data count as older rather than younger; `22/11/2026` is read with the day first.

The day of judgement is the day of the run (UTC), which the run's record keeps, or the one given with `--as-of`: the
same day and the same record give the same numbers in every year.

## Limits

The dates are the provider's own. Old data may be good and new data bad: how fast a field changes is for the policy's
threshold to say.

## References

- Regulation (EU) 2024/1689, article 10(3): data that are sufficiently representative and up to date for their purpose.
- Decree 356/2025 (Viet Nam), article 10: yearly assessment of automated processing.
- ISO 8601.
"""

from __future__ import annotations

from typing import Literal

from proofbox.checks.params import CheckParams
from proofbox.checks.records.dates import last_day_of_range, read_day
from proofbox.checks.records.read import NoRecord, read_role
from proofbox.checks.records.values import first_text
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import t


class Params(CheckParams):
    """Parameters of :func:`freshness`."""

    role: Literal["evaluation", "training"] = "evaluation"
    """Whose record is read."""


@check("provenance.freshness")
def freshness(subject: Subject, as_of: str, params: Params) -> Measured | Inapplicable:
    """Measure the age of the data on the day of judgement."""
    if not any(file.role == params.role for file in subject.declared_files):
        return Inapplicable(t("the submission names no {role} data", role=params.role))
    record = read_role(subject, params.role)
    if isinstance(record, NoRecord):
        return Inapplicable(record.reason)
    made, today = read_day(record.made), read_day(as_of)
    if not record.made:
        return Inapplicable(t("the provenance record {file} says no day on which the data were made", file=record.path))
    if made is None or today is None:
        date = as_of if today is None else record.made
        return Inapplicable(
            t("the date '{date}' cannot be read (provenance record {file})", date=date[:40], file=record.path)
        )
    until = read_day(record.valid_until)
    told = read_day(last_day_of_range(first_text(record.fields.get("timeframe"))))
    detail: dict[str, Json] = {
        "record": record.path,
        "as_of": today.isoformat(),
        "made": made.isoformat(),
        "made_as_written": record.made[:40],
        "data_tell_of_time_until": told.isoformat() if told else None,
        "valid_until": until.isoformat() if until else None,
        "valid_until_as_written": record.valid_until[:40] or None,
    }
    values = {
        "data_age_days": max((today - made).days, 0),
        "days_past_valid_until": max((today - until).days, 0) if until else 0,
        "dates_ahead": int(made > today),
    }
    return Measured(
        measurements=tuple(
            Measurement(measure=measure, value=float(value), sample_size=1, detail=detail)
            for measure, value in values.items()
        )
    )
