"""What a check gives back: measurements, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from proofbox.checks.text import Text

Scalar = str | int | float | bool | None
"""A value that stands in JSON as itself."""

Json = JsonValue
"""Anything that JSON can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A two-sided confidence interval ``[low, high]`` for a measured value."""

    low: float
    high: float
    confidence: float
    """Nominal coverage, between 0 and 1 (0.95 for a 95 % interval)."""
    method: str
    """Name of the method, as in docs/intervals.md, for example ``wilson``."""
    basis: Mapping[str, Json] | None = None
    """The few numbers that the method worked with, from which the interval follows at any other confidence; None where
    there are too many. ``families``: one list of ``[successes, trials]`` for each rate, a pair for each group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value of one named measure."""

    measure: str
    """Name of the measure, one of those that the check's docstring lists."""
    value: float
    """The value, unrounded and finite."""
    interval: Interval | None = None
    """Where the value would lie in the population; None where the value is an exact count of what was given."""
    sample_size: int
    """Rows (or files, fields, tries) that the value rests on; never 0."""
    group: Mapping[str, str] = field(default_factory=dict)
    """Attribute -> category where the value is of one group; empty where it is of all rows."""
    detail: Mapping[str, Json] = field(default_factory=dict)
    """What a reader needs to understand the value: counts, the label counted, rows left out and why."""


def exact(measure: str, value: float, sample_size: int, detail: Mapping[str, Json]) -> Measurement:
    """Return a measurement of everything that was given, so that it has no interval."""
    return Measurement(measure=measure, value=float(value), sample_size=sample_size, detail=detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One row of a counterexample as it was given to the model, and what the model answered."""

    label: Text
    """What this row is, for example ``as submitted``."""
    values: tuple[Scalar, ...]
    """Values in the order of the counterexample's ``columns``."""
    decision: str
    """The label that the model gave."""
    score: float | None = None
    """The probability or score behind it, where the model gives one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """The smallest case that shows a failure, readable without statistics."""

    measure: str
    """The measure that this case bears on."""
    summary: Text
    """One sentence that a lawyer can read."""
    columns: tuple[str, ...]
    rows: tuple[CaseRow, ...]
    changed: tuple[str, ...]
    """The columns in which the rows differ."""
    source_row: int
    """Zero-based row of the evaluation data that the case comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTable:
    """Counts or aggregates kept as evidence, from which the measurements can be computed again; never raw rows."""

    name: str
    """File name without suffix under ``tables/``, unique within a check: lower-case letters, digits and ``-``."""
    columns: Mapping[str, tuple[Scalar, ...]]
    """Column name -> values; all of one length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The check could measure."""

    measurements: tuple[Measurement, ...]
    counterexamples: tuple[Counterexample, ...] = ()
    tables: tuple[CountTable, ...] = ()
    absent: Mapping[str, Text] = field(default_factory=dict)
    """Measures that have no meaning for this subject -> why; a requirement on one is not applicable."""


@dataclass(frozen=True, slots=True)
class Inapplicable:
    """The check has nothing to say about this subject, and why; never a pass."""

    reason: Text


Result = Measured | Inapplicable
