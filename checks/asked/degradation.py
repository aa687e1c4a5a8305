"""What perturbed rows came to: flip rates, the accuracy lost, ways without an answer, and the smallest case of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import case_row, changed_columns, part_of, scalar
from proofbox.checks.asked.perturbing import PerturbationParams, Tried, Unanswered, Way, all_turned
from proofbox.checks.asked.shrinking import Changed, smallest_change
from proofbox.checks.grouped.refusals import unweighted
from proofbox.checks.intervals import clopper_pearson, paired_difference
from proofbox.checks.late import np, pa
from proofbox.checks.result import CaseRow, Counterexample, Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.statistics.gaps import Family, highest_interval
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t

NO_ANSWER = "-"
"""Stands for the decision where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a check perturbed, and how what it found is called."""

    prefix: str
    """Of its measures: ``noise`` for ``noise_flip_rate``."""
    data: Dataset
    decisions: Decisions
    params: PerturbationParams
    detail: Mapping[str, Json]


def refused(data: Dataset) -> Inapplicable | None:
    """Say why rows cannot be perturbed, whatever the change."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    return unweighted(data)


def flip_rate(asked: Asked, one: Tried, tried: Sequence[Tried]) -> Measurement:
    """Return the flip rate of one way, with the curve over all of them in the detail."""
    return Measurement(
        measure=f"{asked.prefix}_flip_rate",
        value=one.flips / one.rows,
        interval=clopper_pearson(one.flips, one.rows, asked.params.confidence),
        sample_size=one.rows,
        detail={**asked.detail, **one.way.name, "flips": one.flips, "curve": curve(asked, tried), **columns_of(one)},
    )


def highest_flip_rate(asked: Asked, tried: Sequence[Tried]) -> Measurement:
    """Return the highest flip rate of any way, with an interval that allows for its having been looked for."""
    one = highest(tried)
    family = Family(successes=np.array([each.flips for each in tried]), trials=np.array([each.rows for each in tried]))
    interval = highest_interval([family], asked.params.confidence)
    return Measurement(
        measure=f"{asked.prefix}_flip_rate",
        value=one.flips / one.rows,
        interval=interval,
        sample_size=one.rows,
        detail={**asked.detail, **one.way.name, "flips": one.flips, "curve": curve(asked, tried), **columns_of(one)},
    )


def highest(tried: Sequence[Tried]) -> Tried:
    """Return the way that turns the largest share; the first of several."""
    return max(tried, key=lambda each: each.flips / each.rows)


def curve(asked: Asked, tried: Sequence[Tried]) -> list[Json]:
    """Return every way's flip rate with its interval and, where there are labels, the accuracy it costs."""
    points: list[Json] = []
    for one in tried:
        interval = clopper_pearson(one.flips, one.rows, asked.params.confidence)
        point: dict[str, Json] = {**one.way.name, "flip_rate": one.flips / one.rows}
        point |= {"low": interval.low, "high": interval.high, "rows": one.rows, "flips": one.flips}
        if one.right.sum():
            point["accuracy_drop"] = _drop(one)
        points.append(point)
    return points


def area_under(heights: Sequence[float], severities: Sequence[float]) -> float:
    """Return the mean height of a curve that begins at 0, from severity 0 to the last one (trapezoidal rule)."""
    return float(np.trapezoid([0.0, *heights], [0.0, *severities])) / severities[-1]


def columns_of(one: Tried) -> dict[str, Json]:
    """Return for each column that was changed in some rows: in how many, and how many of them flipped."""
    if not one.by_column.size:
        return {}
    listed = zip(one.way.columns, *one.by_column.tolist(), strict=True)
    return {"columns": [{"column": name, "rows": rows, "flips": flips} for name, rows, flips in listed]}


def accuracy_drop(asked: Asked, one: Tried, more: Mapping[str, Json] | None = None) -> Measurement | None:
    """Return the accuracy that one way costs; None without true labels."""
    labelled = int(one.right.sum())
    if not labelled:
        return None
    (never, won), (lost, both) = one.right.tolist()
    return Measurement(
        measure=f"{asked.prefix}_accuracy_drop",
        value=_drop(one),
        interval=paired_difference(both, lost, won, never, asked.params.confidence),
        sample_size=labelled,
        detail={
            **asked.detail,
            **one.way.name,
            "accuracy_before": (both + lost) / labelled,
            "accuracy_after": (both + won) / labelled,
            "lost": lost,
            "won": won,
            **(more or {}),
        },
    )


def _drop(one: Tried) -> float:
    (_, won), (lost, _) = one.right.tolist()
    return float((lost - won) / one.right.sum())


def failure_share(
    asked: Asked, ways: Sequence[Mapping[str, Json]], unanswered: Sequence[tuple[Mapping[str, Json], Unanswered]]
) -> Measurement:
    """Return the share of ways over which the model fell; a model that refuses rows has not fallen, and is named."""
    fallen = [(name, one) for name, one in unanswered if not one.failure.error.refused]
    refusing = [(name, one) for name, one in unanswered if one.failure.error.refused]
    return Measurement(
        measure=f"{asked.prefix}_failure_share",
        value=len(fallen) / len(ways),
        sample_size=len(ways),
        detail={
            "tried": [dict(name) for name in ways],
            "failed": [_said(name, one) for name, one in fallen],
            "refused": [_said(name, one) for name, one in refusing],
        },
    )


def _said(name: Mapping[str, Json], one: Unanswered) -> Json:
    error = one.failure.error
    return {**name, "kind": error.kind, "what": str(error)}


def failing_case(asked: Asked, way: Way, one: Unanswered) -> Counterexample | None:
    """Show the row over which the model fell; None where no single row was found, or where it refused it."""
    if one.row is None or one.table is None or one.failure.error.refused:
        return None
    features = asked.data.feature_table().slice(one.row, 1)
    first = case_row(t("as submitted"), features, part_of(asked.decisions, slice(one.row, one.row + 1)), 0)
    values = tuple(scalar(column[0].as_py()) for column in one.table.columns)
    second = CaseRow(label=way.label, values=values, decision=NO_ANSWER)
    names = changed_columns(first.values, second.values, features.column_names)
    return Counterexample(
        measure=f"{asked.prefix}_failure_share",
        summary=t(
            "With {columns} changed, the model gives no answer: it {what}.",
            columns=", ".join(names),
            what=str(one.failure.error),
        ),
        columns=tuple(features.column_names),
        rows=(first, second),
        changed=names,
        source_row=one.row,
    )


def smallest_case(asked: Asked, one: Tried) -> Asking[Counterexample | None]:
    """Return the flipped row of one way with the fewest changes that still turn the decision; None if none flipped."""
    turned = all_turned(one)
    if turned is None:
        return None
    before = asked.data.feature_table().take(pa.array(turned.rows))
    changed = Changed(table=turned.table, decisions=turned.decisions, rows=np.arange(len(turned.rows)))
    found = yield from smallest_change(
        before,
        part_of(asked.decisions, turned.rows),
        changed,
        most=len(turned.rows),
        label=one.way.label,
        tolerance=asked.params.tolerance,
    )
    if found is None:
        return None
    return Counterexample(
        measure=f"{asked.prefix}_flip_rate",
        summary=_summary(found.changed, found.first, found.second),
        columns=tuple(before.column_names),
        rows=(found.first, found.second),
        changed=found.changed,
        source_row=int(turned.rows[found.row]),
    )


def _summary(names: Sequence[str], first: CaseRow, second: CaseRow) -> Text:
    said = {"columns": ", ".join(names), "before": first.decision, "after": second.decision}
    if len(names) == 1:
        return t("The decision turns from {before} to {after} when {columns} alone is changed.", **said)
    return t("The decision turns from {before} to {after} when {columns} are changed and nothing else.", **said)


def measured(
    asked: Asked, tried: Sequence[Tried], rate: Measurement | None, *more: Measurement | None
) -> Asking[Result]:
    """Return what ways that are no columns came to: their rate and what else, who was not answered, and the cases."""
    unanswered = [(one.way.name, one.unanswered) for one in tried if one.unanswered is not None]
    share = failure_share(asked, [one.way.name for one in tried], unanswered)
    cases = []
    if rate is not None:
        headline = next(one for one in tried if one.way.name.items() <= rate.detail.items())
        cases.append((yield from smallest_case(asked, headline)))
    cases += [failing_case(asked, one.way, one.unanswered) for one in tried if one.unanswered is not None]
    return Measured(
        measurements=tuple(found for found in (rate, *more, share) if found is not None),
        counterexamples=tuple(case for case in cases if case is not None),
    )
