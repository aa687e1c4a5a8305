"""Whether the answer never falls where the provider declares that it only rises.

## Measures

- `monotonicity_violation_rate`: [0, 1], lower is better, 0 is perfect. The share of the cases in which the answer
  moves against a declared direction: the score, or the decision where the model gives no score.
- `monotonicity_decision_rate`: [0, 1], lower is better, 0 is perfect. The share of the cases in which the decision
  itself turns against the direction.

## Method

`declared.monotone` names features and directions. A case is one row (a real one, or one near it: up to some three
other features changed to another row's value or to one that Hypothesis drew from the feature's range) and one declared
feature, which is set to `steps` values from small to large, half of them real and half drawn, all else being equal. The
answer must not move against the direction anywhere on this path. Cases are drawn independently, so the interval is
Clopper and Pearson's: with no violation in `n` cases its upper limit is `1 - (alpha / 2)**(1 / n)`, the exact form of
the rule of three. Scores that differ by no more than rounding (1e-9) count as equal.

A violation is a proof. It is shrunk before it is shown: what was changed beside the feature is set back, one of the two
rows becomes the real one, and the other gets the roundest and nearest number that still breaks the property; all in
lock-step, some ten calls. The pair shown is what the model answered when it was asked about these two rows alone.

## Limits

A violation in a region narrower than the distance between the values of a path can be missed; the interval says how
often that would be at most, for rows like those that were drawn. Values beyond the range that occurs are not tried.
Only features of numbers have an order.

## References

- MacIver, Hatfield-Dodds, "Hypothesis: A new approach to property-based testing", JOSS 4(43) (2019) 1891.
- Sharma, Wehrheim, "Testing Monotonicity of Machine Learning Models", arXiv:2002.12278.
- Clopper and Pearson, Biometrika 26 (1934) 404-413; Hanley and Lippman-Hand, JAMA 249 (1983) 1743-1745: rule of three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking, Question
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams
from proofbox.checks.properties.paths import Paths, rising_paths
from proofbox.checks.properties.searching import TOLERANCE, Ground, Tally, ground_of, height
from proofbox.checks.properties.smallest import Found, Pair, Shrinking
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Result
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

ANSWER, DECISION = "monotonicity_violation_rate", "monotonicity_decision_rate"


class Params(CheckParams):
    """Parameters of :func:`monotonicity`."""

    cases: int = Field(default=1_000, ge=1, le=1_000_000)
    """Rows of which a declared feature is moved."""
    steps: int = Field(default=8, ge=2, le=1_000)
    """Values that the feature is set to in each."""


@check("robustness.monotonicity")
def monotonicity(data: Dataset, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how often the answer moves against a declared direction."""
    if not data.monotone:
        return Inapplicable(t("the submission declares no direction (declared.monotone)"))
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    ground = ground_of(data, rng)
    if reason := _unordered(data, ground):
        return Inapplicable(reason)
    paths = rising_paths(ground, data.monotone, (params.cases, params.steps), rng)
    answer = yield Question(rows=ground.bank.table(paths.picks), shared=True, planned=len(paths.picks))
    broken = {ANSWER: paths.falls(height(answer), TOLERANCE)}
    if answer.classes:
        broken[DECISION] = paths.falls(_decided(answer), 0.0)
    directions: Json = dict(data.monotone)
    detail = {"directions": directions, "steps": params.steps, "rows_asked": len(paths.picks)}
    tallies = [
        Tally(measure=measure, broken=cases, confidence=params.confidence, detail=detail).measurement()
        for measure, cases in broken.items()
    ]
    # A decision that turns says more than a score that moves.
    shown = next((measure for measure in (DECISION, ANSWER) if measure in broken and broken[measure].any()), None)
    case = None if shown is None else (yield from _case(shown, paths, answer, broken[shown], ground))
    return Measured(measurements=tuple(tallies), counterexamples=(case,) if case else ())


def _unordered(data: Dataset, ground: Ground) -> Text | None:
    for name in data.monotone:
        if name not in data.features:
            return t("the model does not read {column}, whose direction is declared", column=name)
        if name not in ground.features or not ground.features[name].numeric:
            return t("{column} holds no numbers, so that it has no direction", column=name)
    return None


def _decided(answer: Decisions) -> NDArray[np.float64]:
    return answer.positive.astype(np.float64)


def _case(
    measure: str, paths: Paths, answer: Decisions, broken: NDArray[np.bool_], ground: Ground
) -> Asking[Counterexample | None]:
    by, tolerance = (_decided, 0.0) if measure == DECISION else (height, TOLERANCE)

    def falls(first: Decisions, second: Decisions) -> NDArray[np.bool_]:
        high, low = by(first), by(second)
        return np.asarray(high - low > tolerance * (1 + np.abs(high)), dtype=np.bool_)

    def allowed(pair: Pair) -> bool:
        """Whether every column in which the rows differ moves as declared from the first to the second."""
        moved = [place for place, one in enumerate(pair.first) if one != pair.second[place]]
        return bool(moved) and all(paths.rises(place, pair.first[place], pair.second[place]) for place in moved)

    shrinking = Shrinking(bank=ground.bank, features=ground.features, broken=falls, allowed=allowed)
    found = yield from shrinking.smallest(paths.pairs(by(answer), broken))
    return None if found is None else _shown(measure, found, ground)


def _shown(measure: str, found: Found, ground: Ground) -> Counterexample:
    name = found.changed[0]
    place = ground.place(name)
    low, high = sorted((found.first, found.second), key=lambda row: float(str(row.values[place])))
    values = {"column": name, "low": str(low.values[place]), "high": str(high.values[place])}
    if measure == DECISION:
        summary = t(
            "Nothing but {column} rises, from {low} to {high}: the decision turns from {before} to {after}.",
            **values,
            before=low.decision,
            after=high.decision,
        )
    else:
        said = [row.decision if row.score is None else f"{row.score:.6g}" for row in (low, high)]
        summary = t(
            "Nothing but {column} rises, from {low} to {high}: the answer moves from {before} to {after}.",
            **values,
            before=said[0],
            after=said[1],
        )
    return Counterexample(
        measure=measure,
        summary=summary,
        columns=ground.bank.names,
        rows=(low, high),
        changed=found.changed,
        source_row=int(ground.rows[found.row]),
    )
