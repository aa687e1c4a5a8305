"""Whether features that the provider declares irrelevant leave the answer alone.

## Measures

- `invariance_violation_rate`: [0, 1], lower is better, 0 is perfect. The share of the cases in which the answer changes
  although nothing but irrelevant features does: the decision, or the score behind it.
- `invariance_decision_rate`: [0, 1], lower is better, 0 is perfect. The share of the cases in which the decision itself
  changes.

## Method

`declared.irrelevant` names features that mean nothing for the decision (a row number, a branch, the language of a
form); a policy may name more under `columns`. A case is one row, a real one or one near it (up to some three features
changed to another row's value or to one that Hypothesis drew), and the same row with one of the irrelevant features
changed, or all of them, to another row's or a drawn value. Both must get the same answer; scores may differ by
rounding (1e-9). Cases are drawn independently, so the interval is Clopper and Pearson's: with no violation in `n`
cases its upper limit is `1 - (alpha / 2)**(1 / n)`, the exact form of the rule of three.

A violation is a proof. Before it is shown it is shrunk, all candidates in lock-step: what was changed beside the
irrelevant features is set back, of these the fewest stay changed, one of the rows becomes the real one, and numbers
become round.

## Limits

What the provider does not declare irrelevant is not looked at; `fairness.counterfactual_flip` does the same for
sensitive attributes, and swaps their proxies along. That a model leaves a feature alone in the cases tried does not
show that it does so everywhere; the interval says how often it would not, for rows like those that were drawn.

## References

- MacIver, Hatfield-Dodds, "Hypothesis: A new approach to property-based testing", JOSS 4(43) (2019) 1891.
- Ribeiro, Wu, Guestrin, Singh, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList", ACL 2020:
  invariance.
- Clopper and Pearson, Biometrika 26 (1934) 404-413; Hanley and Lippman-Hand, JAMA 249 (1983) 1743-1745: rule of
  three.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams
from proofbox.checks.properties.sameness import Twins
from proofbox.checks.properties.searching import Ground, ground_of
from proofbox.checks.properties.smallest import Found, Pair
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Result
from proofbox.checks.subject import Dataset
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.random import Generator


class Params(CheckParams):
    """Parameters of :func:`invariance`."""

    columns: tuple[str, ...] = Field(default=(), max_length=100)
    """Irrelevant features, beside those that the submission declares."""
    cases: int = Field(default=4_000, ge=1, le=1_000_000)
    """Rows of which irrelevant features are changed."""


@check("robustness.invariance")
def invariance(data: Dataset, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how often the answer changes with what is declared irrelevant."""
    names = tuple(dict.fromkeys((*data.irrelevant, *params.columns)))
    if not names:
        return Inapplicable(t("the submission declares no irrelevant feature (declared.irrelevant)"))
    read = [name for name in names if name in data.features]
    if not read:
        return Inapplicable(t("the model reads none of the irrelevant features: {columns}", columns=", ".join(names)))
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    ground = ground_of(data, rng)
    twins = _twins(ground, [ground.place(name) for name in read], params.cases, rng)
    changed: list[Json] = [*read]
    not_read: list[Json] = [name for name in names if name not in read]
    detail: dict[str, Json] = {"columns_changed": changed, "columns_not_read": not_read}
    return (
        yield from twins.measured(
            ("invariance_violation_rate", "invariance_decision_rate"), params.confidence, detail, _summary
        )
    )


def _twins(ground: Ground, places: Sequence[int], cases: int, rng: Generator) -> Twins:
    rows, first = ground.bank.near(cases, rng)
    second = first.copy()
    # All of them, or one alone: each with a chance of one half.
    one = np.asarray(places)[rng.integers(0, len(places), cases)]
    whole = rng.random(cases) < 0.5
    for place in places:
        moved = np.flatnonzero(whole | (one == place))
        second[moved, place] = ground.bank.other(place, len(moved), rng)

    def allowed(pair: Pair) -> bool:
        moved = {place for place, cell in enumerate(pair.first) if cell != pair.second[place]}
        return bool(moved) and moved <= set(places)

    return Twins(ground=ground, rows=rows, first=first, second=second, allowed=allowed)


def _summary(found: Found, decision: bool) -> Text:
    told = found.told(decision=decision)
    if decision:
        return t(
            "Nothing but {columns} differs, which is declared irrelevant: the decision turns from {before} to {after}.",
            **told,
        )
    return t(
        "Nothing but {columns} differs, which is declared irrelevant: the score moves from {before} to {after}.", **told
    )
