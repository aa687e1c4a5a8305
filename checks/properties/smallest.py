"""From a pair of rows that breaks a property to the smallest pair that still does: all pairs in lock-step.

Every pair proposes all that could be simpler about it (a value set back to the real row's, a column that need not
differ, a rounder or a nearer number), and all proposals of all pairs go to the model in one call. The simplest one that
still breaks the property takes the pair's place, until none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.asked.asking import Asking, Question
from proofbox.checks.asked.changing import case_row, changed_columns, part_of
from proofbox.checks.late import np, pa
from proofbox.checks.properties.bank import Bank, Picks
from proofbox.checks.properties.domain import Feature
from proofbox.checks.properties.rounder import digits, rounder
from proofbox.checks.result import CaseRow
from proofbox.checks.subject import Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PAIRS = 12
"""Pairs that are shrunk side by side: more cost queries and hardly end in a smaller one."""
MOST_STEPS = 16
"""Calls of one search for the smallest pair; a handful do as a rule."""

Broken: TypeAlias = "Callable[[Decisions, Decisions], NDArray[np.bool_]]"
"""Says of each pair of answers, first and second rows, whether it breaks the property; shape (pairs,)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows near a real one, each cell as its number in the bank."""

    row: int
    first: tuple[int, ...]
    second: tuple[int, ...]


def pairs_of(rows: NDArray[np.intp], first: Picks, second: Picks, broken: NDArray[np.bool_]) -> tuple[Pair, ...]:
    """Return some of the pairs that break a property: ``rows``, shape (pairs,), is the real row of each."""
    return tuple(
        Pair(int(rows[case]), tuple(map(int, first[case])), tuple(map(int, second[case])))
        for case in np.flatnonzero(broken)[:MOST_PAIRS]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The smallest pair, as the model answered it when it was asked about these two rows alone."""

    first: CaseRow
    second: CaseRow
    changed: tuple[str, ...]
    row: int
    """Zero-based real row that it comes from."""

    def told(self, *, decision: bool) -> dict[str, str]:
        """Return what a sentence on the pair names: the columns, and what was answered ``before`` and ``after``."""
        pair = (self.first, self.second)
        before, after = (row.decision if decision else f"{row.score:.6g}" for row in pair)
        return {"columns": ", ".join(self.changed), "before": before, "after": after}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinking:
    """What pairs are held against while they shrink."""

    bank: Bank
    features: Mapping[str, Feature]
    broken: Broken
    allowed: Callable[[Pair], bool] = lambda pair: True
    """Whether the two rows still stand to each other as the property says."""
    together: bool = False
    """Whether the columns in which the rows differ belong together, so that none of them can change alone."""

    def smallest(self, pairs: Sequence[Pair]) -> Asking[Found | None]:
        """Return the smallest pair; None where the model bears none of them out when asked again.

        Raises
        ------
        ModelFailedError
            The model did not answer.
        """
        held = [self._settled(pair) for pair in pairs[:MOST_PAIRS]]
        for _ in range(MOST_STEPS):
            tries = [(place, simpler) for place, pair in enumerate(held) for simpler in self._simpler(pair)]
            if not tries:
                break
            still = yield from self._breaks([pair for _, pair in tries])
            better: dict[int, Pair] = {}
            for (place, pair), breaks in zip(tries, still, strict=True):
                if breaks and (place not in better or self._cost(pair) < self._cost(better[place])):
                    better[place] = pair
            if not better:
                break
            held = [better.get(place, pair) for place, pair in enumerate(held)]
        for pair in sorted(set(held), key=lambda one: (self._cost(one), one.row))[:3]:
            found = yield from self._shown(pair)
            if found is not None:
                return found
        return None

    def _breaks(self, pairs: Sequence[Pair]) -> Asking[NDArray[np.bool_]]:
        picks = np.array([pair.first for pair in pairs] + [pair.second for pair in pairs], dtype=np.intp)
        answer = yield self.bank.table(picks)
        return self.broken(part_of(answer, slice(0, len(pairs))), part_of(answer, slice(len(pairs), None)))

    def _shown(self, pair: Pair) -> Asking[Found | None]:
        table = self.bank.table(np.array([pair.first, pair.second], dtype=np.intp))
        answer = yield Question(rows=table)
        if not self.broken(part_of(answer, slice(0, 1)), part_of(answer, slice(1, 2)))[0]:
            return None
        both = enumerate((pair.first, pair.second))
        rows = [self._labelled(cells, pair, table, answer, place) for place, cells in both]
        names = changed_columns(rows[0].values, rows[1].values, self.bank.names)
        return Found(first=rows[0], second=rows[1], changed=names, row=pair.row)

    def _labelled(self, cells: tuple[int, ...], pair: Pair, table: pa.Table, answer: Decisions, place: int) -> CaseRow:
        real = all(cell == pair.row for cell in cells)
        return case_row(t("as submitted") if real else t("changed"), table, answer, place)

    def _value(self, feature: int, pick: int) -> float:
        return float(str(self.bank.value(feature, pick)))

    def _settled(self, pair: Pair) -> Pair:
        """Return the pair with the real row's own cells wherever a value is the same."""

        def settled(cells: tuple[int, ...]) -> tuple[int, ...]:
            value, row = self.bank.value, pair.row
            return tuple(
                row if cell == row or value(place, cell) == value(place, row) else cell
                for place, cell in enumerate(cells)
            )

        return replace(pair, first=settled(pair.first), second=settled(pair.second))

    def _cost(self, pair: Pair) -> tuple[float, ...]:
        """Return what makes a pair simple: few cells changed in both rows, few that differ, round and near numbers."""
        edits = changed = strange = figures = 0
        distance = 0.0
        for place, (one, other) in enumerate(zip(pair.first, pair.second, strict=True)):
            cells = {one, other} - {pair.row}
            if not cells:
                continue
            edits += one == other != pair.row
            changed += one != other
            strange += len(cells)
            feature = self.features.get(self.bank.names[place])
            for cell in cells:
                if feature is not None and feature.numeric and self.bank.value(place, cell) is not None:
                    figures += digits(self._value(place, cell))
                    real = self.bank.value(place, pair.row)
                    distance += 0 if real is None else abs(self._value(place, cell) - float(str(real))) / feature.spread
        return (edits, changed, strange, figures, distance)

    def _simpler(self, pair: Pair) -> Iterator[Pair]:
        """Yield all pairs that are simpler in one respect, and the one without changes that both rows share."""
        cost, seen = self._cost(pair), {pair}
        for candidate in self._candidates(pair):
            settled = self._settled(candidate)
            if settled not in seen and self._cost(settled) < cost and self.allowed(settled):
                seen.add(settled)
                yield settled

    def _candidates(self, pair: Pair) -> Iterator[Pair]:
        row = pair.row
        edits = [place for place, one in enumerate(pair.first) if one == pair.second[place] != row]
        changed = [place for place, one in enumerate(pair.first) if one != pair.second[place]]
        yield _with(pair, dict.fromkeys(edits, row), dict.fromkeys(edits, row))
        for place in edits:
            yield _with(pair, {place: row}, {place: row})
        if self.together:
            return
        for place in changed:
            yield _with(pair, {place: row}, {place: row})
            yield _with(pair, {place: row}, {})
            yield _with(pair, {}, {place: row})
            yield from self._rounder(pair, place)

    def _rounder(self, pair: Pair, place: int) -> Iterator[Pair]:
        feature = self.features.get(self.bank.names[place])
        cells = (pair.first[place], pair.second[place])
        if feature is None or not feature.numeric or None in (self.bank.value(place, cell) for cell in cells):
            return
        for cell, other, first in ((*cells, True), (*reversed(cells), False)):
            if cell == pair.row:
                continue
            anchor, value = self._value(place, other), self._value(place, cell)
            numbers = [
                number
                for number in rounder(value, anchor, whole=feature.kind == "whole")
                if feature.low <= number <= feature.high
            ]
            for pick in self.bank.add_numbers(place, numbers):
                yield _with(pair, {place: int(pick)}, {}) if first else _with(pair, {}, {place: int(pick)})


def _with(pair: Pair, first: Mapping[int, int], second: Mapping[int, int]) -> Pair:
    """Return the pair with some cells replaced."""
    return Pair(
        pair.row,
        tuple(first.get(place, cell) for place, cell in enumerate(pair.first)),
        tuple(second.get(place, cell) for place, cell in enumerate(pair.second)),
    )
