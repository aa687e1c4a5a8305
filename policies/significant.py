"""The facts that bear on a significant change in the sense of Decree 142/2026/NĐ-CP, Article 13(1).

The article asks for a new conformity assessment where function, architecture, model or configuration change in a way
that affects accuracy, reliability, safety or control, where the source of data changes, or the integration. Two bundles
show some of these facts. Whether the change is significant, a person must judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.checks.text import Text, t
from proofbox.policies.canonical import canonical
from proofbox.policies.changes import MeasureChange, VerdictChange

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.record import Assessment

Aspect = Literal["function", "risk", "model", "configuration", "data", "performance", "safety"]

REFERENCE = "Decree 142/2026/NĐ-CP, Article 13(1)"

TO_JUDGE = (
    t("whether what changed affects accuracy, reliability, safety or human control in use, and not in this test alone"),
    t("whether the way the system is built into other systems has changed, which no bundle shows"),
    t("whether the data come from another source, where only the digest of a file has changed"),
)
"""What no comparison of two bundles can say."""

_SAFETY = ("robustness.", "security.", "privacy.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact that bears on the question."""

    aspect: Aspect
    changed: bool
    what: Text


def facts(
    first: Assessment, second: Assessment, verdicts: Sequence[VerdictChange], measures: Sequence[MeasureChange]
) -> tuple[Fact, ...]:
    """Return the facts, each aspect at least once, changed or not."""
    return (
        _keys("function", (first.subject.product, second.subject.product), ("name", "intended_purpose", "sector")),
        _keys("risk", (first.subject.product, second.subject.product), ("risk_tier", "trial", "classification")),
        _model(first, second),
        _keys("configuration", _configurations(first, second), _CONFIGURATION),
        *_data(first, second),
        _performance(measures),
        _safety(verdicts, measures),
    )


_CONFIGURATION = ("task", "format", "features", "output", "threshold", "positive_label", "favourable_label", "classes")


def _keys(aspect: Aspect, sides: tuple[Mapping[str, Json], Mapping[str, Json]], names: Sequence[str]) -> Fact:
    differing = [name for name in names if canonical(sides[0].get(name)) != canonical(sides[1].get(name))]
    if not differing:
        return Fact(aspect=aspect, changed=False, what=t("{keys} are the same", keys=", ".join(names)))
    return Fact(aspect=aspect, changed=True, what=t("{keys} changed", keys=", ".join(differing)))


def _configurations(first: Assessment, second: Assessment) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    return first.subject.model or {}, second.subject.model or {}


def _model(first: Assessment, second: Assessment) -> Fact:
    one, other = (str((side.subject.model or {}).get("sha256", "none")) for side in (first, second))
    if one == other:
        return Fact(aspect="model", changed=False, what=t("the model's digest is the same: {digest}", digest=one))
    return Fact(aspect="model", changed=True, what=t("the model's digest was {old} and is {new}", old=one, new=other))


def _data(first: Assessment, second: Assessment) -> Iterator[Fact]:
    for role, same, changed in (
        ("training", t("the training data have the same digest"), t("the training data changed, or one has none")),
        ("evaluation", t("the evaluation data have the same digest"), t("the evaluation data changed")),
    ):
        one, other = (_digest(side.subject.data.get(role)) for side in (first, second))
        yield Fact(aspect="data", changed=one != other, what=same if one == other else changed)


def _digest(table: Json) -> Json:
    return table.get("sha256") if isinstance(table, dict) else None


def _performance(measures: Sequence[MeasureChange]) -> Fact:
    tested = [one for one in measures if one.adjusted is not None]
    shown = [one for one in tested if one.shown]
    if not tested:
        return Fact(aspect="performance", changed=False, what=t("no measure could be tested: nothing is shown"))
    if not shown:
        what = t("none of {tested} tested measures is shown to have changed", tested=len(tested))
        return Fact(aspect="performance", changed=False, what=what)
    names = ", ".join(dict.fromkeys(one.named.measure for one in shown))
    what = t("{shown} of {tested} tested measures changed: {names}", shown=len(shown), tested=len(tested), names=names)
    return Fact(aspect="performance", changed=True, what=what)


def _safety(verdicts: Sequence[VerdictChange], measures: Sequence[MeasureChange]) -> Fact:
    turned = [one.named.requirement for one in verdicts if one.of_both and one.named.check.startswith(_SAFETY)]
    moved = [one.named.measure for one in measures if one.shown and one.named.check.startswith(_SAFETY)]
    names = ", ".join(dict.fromkeys([*turned, *moved]))
    if not names:
        what = t("no verdict on robustness, security or privacy changed, and no such measure is shown to have")
        return Fact(aspect="safety", changed=False, what=what)
    return Fact(
        aspect="safety", changed=True, what=t("changed in robustness, security or privacy: {names}", names=names)
    )
