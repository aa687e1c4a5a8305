"""Test one measure of two models on the same rows, where what is recorded can be had again from the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from proofbox.checks.counted.counting import MISSING, encode
from proofbox.checks.counted.groups import Groups, groups_of
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.result import Inapplicable
from proofbox.checks.statistics.jointvalues import OF_ALL, OF_GROUPS, SHARES, Share, Side, Value, kinds
from proofbox.checks.statistics.pairedtests import cell_bootstrap, mcnemar, paired_areas, paired_mean
from proofbox.checks.statistics.tested import Tested
from proofbox.checks.subject import Decisions
from proofbox.checks.text import Text, t
from proofbox.runners.comparing.answers import Answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from proofbox.checks.intervals import Floats
    from proofbox.policies.record import MeasurementRecord

_SAME = 1e-9
"""How closely a value that is made again must agree with the recorded one."""

_SURE = 2.220446049250313e-16
"""As in the check's log loss: no probability counts as nearer to 0 or 1."""

_NO_TEST = t("there is no paired test for this measure")
_NOT_AGAIN = t("the recorded values cannot be had again from the rows, so that no paired test speaks about them")
_TOO_FEW = t("too few rows for a paired test")


class SameRows:
    """The same rows with the decisions of two models."""

    def __init__(self, first: Answers, second: Decisions, seed: int) -> None:
        self._data = first.data
        self._decisions = (first.decisions, second)
        self._seed = seed

    def test(self, before: MeasurementRecord, after: MeasurementRecord) -> Tested | Text:
        """Return the paired test of a measure, or why there is none.

        A test is given only where the values that the rows give are the two that are recorded.
        """
        if self._data.weight is not None:
            return t("rows with sample weights are not paired")
        if before.measure in _SCORES:
            return self._scores(before, after)
        if before.measure not in {**SHARES, **OF_ALL, **OF_GROUPS}:
            return _NO_TEST
        sides = self._sides(before)
        if isinstance(sides, Text):
            return sides
        share = SHARES.get(before.measure)
        if share is not None and share.fixed:
            return _shares(share, sides, (before.value, after.value))
        value = OF_GROUPS.get(before.measure) or OF_ALL[before.measure]
        return self._counts(value, sides, (before, after))

    def _sides(self, record: MeasurementRecord) -> tuple[Side, Side] | Text:
        """Return both deciders' rows, those of the measurement alone, by the label that it counts."""
        label = str(record.detail.get("counted_label", self._data.positive_label))
        if not self._decisions[0].classes or not self._decisions[1].classes:
            return _NO_TEST
        group = self._groups(record)
        if isinstance(group, Text):
            return group
        kept = group >= 0
        truth = None if self._data.target is None else encode(self._data.table.column(self._data.target))
        nothing = np.zeros(self._data.rows, dtype=np.bool_)
        known = nothing if truth is None else truth.codes < len(truth.categories)
        true = nothing if truth is None else truth.is_label(label)
        texts = None if truth is None else np.array([*truth.categories, ""])[truth.codes]
        sides = []
        for decisions in self._decisions:
            said = np.array(decisions.classes)[decisions.codes]
            right = nothing if texts is None else said == texts
            columns = (group, true, known, said == label, right)
            names = ("group", "true", "known", "said", "right")
            sides.append(Side(**{name: column[kept] for name, column in zip(names, columns, strict=True)}))
        return sides[0], sides[1]

    def _groups(self, record: MeasurementRecord) -> NDArray[np.int64] | Text:
        """Return shape (rows,): the number of each row's group, -1 for rows that the measurement leaves out."""
        attribute = tuple(record.group) or tuple(map(str, _listed(record.params.get("attribute"))))
        if not attribute:
            return np.zeros(self._data.rows, dtype=np.int64)
        found = groups_of(self._data, attribute)
        if isinstance(found, Inapplicable):
            return found.reason
        if record.group:
            wanted = [dict(category) == dict(record.group) for category in found.categories]
            return np.where(np.array(wanted)[found.codes], 0, -1)
        return np.where(_compared(found, record.params)[found.codes], found.codes, -1)

    def _counts(
        self, value: Value, sides: tuple[Side, Side], records: tuple[MeasurementRecord, MeasurementRecord]
    ) -> Tested | Text:
        if not len(sides[0].group):
            return _NOT_AGAIN
        mine, theirs, counts = kinds(*sides)
        once = counts[np.newaxis].astype(np.float64)
        seen = float(value(mine, once)[0]), float(value(theirs, once)[0])
        if not _agree(seen, (records[0].value, records[1].value)):
            return _NOT_AGAIN
        entropy = int.from_bytes(hashlib.sha256(records[0].id.encode()).digest()[:16], "big")
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self._seed, entropy])))
        found = cell_bootstrap(counts, lambda drawn: value(theirs, drawn) - value(mine, drawn), rng)
        return _TOO_FEW if found is None else found

    def _scores(self, before: MeasurementRecord, after: MeasurementRecord) -> Tested | Text:
        scores = [decisions.score for decisions in self._decisions]
        if self._data.target is None or scores[0] is None or scores[1] is None or before.group:
            return _NO_TEST
        truth = encode(self._data.table.column(self._data.target))
        known = truth.codes < len(truth.categories)
        first, second = scores[0][known], scores[1][known]
        if self._decisions[0].classes:
            if max(len(decisions.classes) for decisions in self._decisions) > 2:
                return _NO_TEST
            true = truth.is_label(self._data.positive_label)[known].astype(np.float64)
        else:
            given = numbers(self._data.table.column(self._data.target))
            if given is None:
                return _NO_TEST
            true = given[known]
        return _SCORES[before.measure]((first, second, true), (before.value, after.value))


def _shares(share: Share, sides: tuple[Side, Side], recorded: tuple[float, float]) -> Tested | Text:
    among = share.among(sides[0])
    first, second = (share.have(side)[among] for side in sides)
    if not len(first) or not _agree((float(first.mean()), float(second.mean())), recorded):
        return _NOT_AGAIN
    return mcnemar(
        int((first & second).sum()), int((first & ~second).sum()), int((~first & second).sum()),
        int((~first & ~second).sum()),
    )  # fmt: skip


def _areas(rows: tuple[Floats, Floats, Floats], recorded: tuple[float, float]) -> Tested | Text:
    found = paired_areas(rows[0], rows[1], rows[2] > 0)
    if found is None:
        return _TOO_FEW
    return found if abs(found.difference - (recorded[1] - recorded[0])) <= _SAME else _NOT_AGAIN


def _mean_of(loss: Callable[[Floats, Floats], Floats], root: bool = False) -> Callable[..., Tested | Text]:
    """Return the test of a measure that is the mean of a loss over rows; of its root, where ``root`` says so."""

    def test(rows: tuple[Floats, Floats, Floats], recorded: tuple[float, float]) -> Tested | Text:
        first, second = loss(rows[0], rows[2]), loss(rows[1], rows[2])
        means = float(first.mean()), float(second.mean())
        if not _agree((means[0] ** 0.5, means[1] ** 0.5) if root else means, recorded):
            return _NOT_AGAIN
        found = paired_mean(first, second)
        if found is None:
            return _TOO_FEW
        return replace(found, detail={**found.detail, "tested": "the mean of the squares"}) if root else found

    return test


def _log_loss(score: Floats, true: Floats) -> Floats:
    found: Floats = -np.log(np.clip(np.where(true > 0, score, 1 - score), _SURE, 1 - _SURE))
    return found


_SCORES: Mapping[str, Callable[..., Tested | Text]] = {
    "roc_auc": _areas,
    "brier_score_loss": _mean_of(lambda score, true: (score - true) ** 2),
    "log_loss": _mean_of(_log_loss),
    "mean_absolute_error": _mean_of(lambda said, true: np.abs(said - true)),
    "root_mean_squared_error": _mean_of(lambda said, true: (said - true) ** 2, root=True),
    "mean_error": _mean_of(lambda said, true: said - true),
}


def _compared(groups: Groups, params: Mapping[str, object]) -> NDArray[np.bool_]:
    """Return which groups a measure between groups compares, as its parameters say."""
    rows = np.bincount(groups.codes, minlength=len(groups.categories))
    kept = rows >= int(str(params.get("min_group_size", 1)))
    if params.get("missing") == "leave_out":
        kept &= np.array([MISSING not in category.values() for category in groups.categories])
    return kept


def _agree(seen: tuple[float, float], recorded: tuple[float, float]) -> bool:
    return all(abs(one - other) <= _SAME * max(1.0, abs(other)) for one, other in zip(seen, recorded, strict=True))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
