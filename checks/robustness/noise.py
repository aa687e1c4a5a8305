"""How many decisions turn, and how many right ones are lost, when the inputs are a little noisy.

## Measures

- `noise_flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes under noise of the
  declared severity.
- `noise_accuracy_drop`: [-1, 1], lower is better, 0 is perfect. Accuracy on the rows as submitted less accuracy on the
  same rows with noise of that severity (where there are true labels).

## Method

Gaussian noise is added to every numeric feature with more than two values, scaled by `severity` times that feature's
own standard deviation in these data. Each row gets one draw, which is scaled for every severity, so that rows are
independent and the curve over the severities (in the detail, with the area under it) is smooth. Missing values stay
missing. A column of whole numbers stays one: its noise is rounded. Intervals: Wilson for the flips, Newcombe's for
paired proportions for the drop. As counterexample serves a flipped row in which as many columns as possible were set
back without turning the decision back.

## Limits

Noise may leave a feature's possible range (an age below 0), and ignores that features depend on each other. A count
whose standard deviation is small, such as a number of children, hardly moves at small severities. Text and yes-or-no
features are not touched: other checks are for those.

## References

- Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions", ICLR 2019: severities.
- Wilson, JASA 22 (1927) 209-212; Newcombe, Statistics in Medicine 17 (1998) 2635-2650.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pyarrow as pa
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from proofbox.checks.asking import Asking, ask_all
from proofbox.checks.changing import differ, with_columns
from proofbox.checks.counting import encode
from proofbox.checks.intervals import Floats, paired_difference, wilson
from proofbox.checks.outcomes import unweighted
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.shrinking import Changed, smallest_change
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

_CASES_TRIED = 16
"""Flipped rows that are shrunk in lock-step to find the smallest; more would cost queries and hardly shrink further."""

Severity = Annotated[float, Field(gt=0, le=10)]


class Params(CheckParams):
    """Parameters of :func:`noise`."""

    severity: Severity = 0.1
    """Noise at which the measures are taken, in standard deviations of each feature."""
    severities: tuple[Severity, ...] = Field(default=(0.05, 0.1, 0.2), max_length=10)
    """Noise at which the curve is drawn; ``severity`` is added where it is not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feature:
    """One numeric feature that gets noise."""

    name: str
    column: pa.ChunkedArray
    values: Floats
    """Shape (rows,), NaN where missing."""
    spread: float
    whole: bool

    def noisy(self, draw: Floats, severity: float) -> pa.Array:
        moved = draw * (severity * self.spread)
        values = self.values + (np.rint(moved) if self.whole else moved)
        missing = self.column.is_null().to_numpy().astype(np.bool_)
        return pa.array(values, mask=missing).cast(self.column.type, safe=False)


@check("robustness.noise")
def noise(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand noise on the inputs."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    if not decisions.classes:
        return Inapplicable(t("the answers are numbers, not decisions between classes"))
    if refused := unweighted(data):
        return refused
    features = _numeric_features(data)
    if not features:
        return Inapplicable(t("the model reads no numeric feature with more than two values"))
    severities = sorted({*params.severities, params.severity})
    draws = rng.standard_normal((len(features), data.rows))
    tables = [_noisy(data, features, draws, severity) for severity in severities]
    answers = dict(zip(severities, (yield from ask_all(tables)), strict=True))
    turned = {severity: differ(decisions, answer) for severity, answer in answers.items()}
    answer, flips = answers[params.severity], turned[params.severity]
    curve: list[Json] = [{"severity": one, "flip_rate": float(flips.mean())} for one, flips in turned.items()]
    detail: dict[str, Json] = {
        "severity": params.severity,
        "features": [feature.name for feature in features],
        "rounded": [feature.name for feature in features if feature.whole],
    }
    count = int(flips.sum())
    flip_rate = Measurement(
        measure="noise_flip_rate",
        value=count / data.rows,
        interval=wilson(count, data.rows, params.confidence),
        sample_size=data.rows,
        detail={**detail, "flips": count, "curve": curve},
    )
    changed = Changed(table=tables[severities.index(params.severity)], decisions=answer, rows=np.flatnonzero(flips))
    case = (yield from _case(data, decisions, changed)) if count else None
    drop = _drop(data, decisions, answers, detail, params)
    return Measured(
        measurements=tuple(found for found in (flip_rate, drop) if found),
        counterexamples=(case,) if case else (),
    )


def _numeric_features(data: Dataset) -> tuple[_Feature, ...]:
    found = []
    for name in data.features:
        column = data.table.column(name)
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            continue
        distinct = column.unique().drop_null().cast(pa.float64()).to_numpy()
        if np.count_nonzero(~np.isnan(distinct)) <= 2:
            continue
        values = column.cast(pa.float64()).to_numpy().astype(np.float64)
        there = values[np.isfinite(values)]
        whole = bool((there == np.rint(there)).all())
        found.append(_Feature(name=name, column=column, values=values, spread=float(there.std()), whole=whole))
    return tuple(found)


def _noisy(data: Dataset, features: tuple[_Feature, ...], draws: Floats, severity: float) -> pa.Table:
    noisy = {feature.name: feature.noisy(draw, severity) for feature, draw in zip(features, draws, strict=True)}
    return with_columns(data.feature_table(), noisy)


def _drop(
    data: Dataset, decisions: Decisions, answers: Mapping[float, Decisions], detail: Mapping[str, Json], params: Params
) -> Measurement | None:
    """Return the loss of accuracy; None without true labels."""
    if data.target is None:
        return None
    truth = encode(data.table.column(data.target))
    known = truth.codes < len(truth.categories)
    if not known.any():
        return None

    def right(answer: Decisions) -> NDArray[np.bool_]:
        place = {name: code for code, name in enumerate(truth.categories)}
        recode = np.array([place.get(name, -1) for name in answer.classes])
        same: NDArray[np.bool_] = np.equal(recode[answer.codes], truth.codes)[known]
        return same

    before = right(decisions)
    drops = {severity: float(before.mean() - right(answer).mean()) for severity, answer in answers.items()}
    after = right(answers[params.severity])
    both, lost = int((before & after).sum()), int((before & ~after).sum())
    won, never = int((~before & after).sum()), int((~before & ~after).sum())
    points = [0.0, *drops]
    area = float(np.trapezoid([0.0, *drops.values()], points)) / points[-1]
    return Measurement(
        measure="noise_accuracy_drop",
        value=(lost - won) / len(before),
        interval=paired_difference(both, lost, won, never, params.confidence),
        sample_size=len(before),
        detail={
            **detail,
            "accuracy_before": float(before.mean()),
            "accuracy_after": float(after.mean()),
            "lost": lost,
            "won": won,
            "curve": [{"severity": severity, "accuracy_drop": drop} for severity, drop in drops.items()],
            "area_under_curve": area,
        },
    )


def _case(data: Dataset, decisions: Decisions, changed: Changed) -> Asking[Counterexample | None]:
    found = yield from smallest_change(
        data.feature_table(), decisions, changed, most=_CASES_TRIED, label=t("with noise")
    )
    if found is None:
        return None
    submitted, noisy, names = found.first, found.second, found.changed
    return Counterexample(
        measure="noise_flip_rate",
        summary=t(
            "Noise on {columns} alone turns the decision from {before} to {after}.",
            columns=", ".join(names),
            before=submitted.decision,
            after=noisy.decision,
        ),
        columns=tuple(changed.table.column_names),
        rows=(submitted, noisy),
        changed=names,
        source_row=found.row,
    )
