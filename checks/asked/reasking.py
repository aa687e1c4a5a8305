"""The ways to ask about the same rows again: what shows that a model is no function of the row, and which way does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking, Question
from proofbox.checks.asked.changing import differ, joined, part_of
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import np, pa
from proofbox.checks.subject import Decisions
from proofbox.checks.surroundings import NIGHT, PAST, Surroundings, Way
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

SOME_ROWS = 1_024
"""Rows that are asked about in small batches, and twice in one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One way to ask again: which rows (as places in the sample), and what came back for them."""

    name: str
    label: Text
    rows: NDArray[np.intp]
    answer: Decisions | ModelFailedError
    """The answers, one for each of ``rows``; or why there were none, where the surroundings were others."""
    varied: tuple[Way, ...] = ()
    """What was made different around the model."""
    not_varied: tuple[Way, ...] = ()
    """What should have been, and cannot be where it runs."""

    def disagrees(self, first: Decisions, tolerance: float) -> NDArray[np.bool_]:
        """Return shape (len(rows),): where the answer is another than the first; everywhere if there was none."""
        if isinstance(self.answer, ModelFailedError):
            return np.ones(len(self.rows), dtype=np.bool_)
        return differ(part_of(first, self.rows), self.answer, tolerance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasking:
    """What is asked again, and how."""

    rows: pa.Table
    """The sample, the model's features."""
    first: Decisions
    """What was decided on it at first."""
    tolerance: float
    batch_rows: int
    single_rows: int
    varies: frozenset[Way]
    """What can be made different around the model."""

    def probes(self, rng: Generator) -> Asking[tuple[Probe, ...]]:
        """Ask in every way; where other surroundings disagree, find out which part of them does it.

        Raises
        ------
        ModelFailedError
            The model did not answer in its usual surroundings.
        """
        here = yield from self._here(rng)
        away = []
        for number, around in enumerate((NIGHT, PAST), start=1):
            away.append((yield from self._elsewhere(f"elsewhere {number}", around)))
        turned = [bool(probe.disagrees(self.first, self.tolerance).any()) for probe in away]
        if not any(turned):
            return *here, *away
        every = np.arange(self.rows.num_rows)
        answer = yield Question(rows=self.rows, fresh=True)
        restarted = Probe(name="restarted", label=t("after a restart"), rows=every, answer=answer)
        if restarted.disagrees(self.first, self.tolerance).any():
            # The fresh process alone does it, so that nothing can be said of what else was different.
            return *here, *away, restarted
        around = (NIGHT, PAST)[turned.index(True)]
        alone = []
        for way in around.ways:
            if way in self.varies:
                alone.append((yield from self._elsewhere(way, around.only(way))))
        return *here, *away, restarted, *alone

    def _here(self, rng: Generator) -> Asking[tuple[Probe, ...]]:
        every = np.arange(self.rows.num_rows)
        again = yield Question(rows=self.rows)
        order = rng.permutation(self.rows.num_rows)
        permuted = yield Question(rows=self.rows.take(order))
        some = every[:SOME_ROWS]
        twice = np.repeat(some, 2)
        duplicated = yield Question(rows=self.rows.take(twice))
        small = yield from self._apart(np.split(some, range(self.batch_rows, len(some), self.batch_rows)))
        probes = [
            Probe(name="again", label=t("asked again"), rows=every, answer=again),
            Probe(name="permuted", label=t("in another order"), rows=order, answer=permuted),
            Probe(name="duplicated", label=t("twice in one batch"), rows=twice, answer=duplicated),
            Probe(name="small batches", label=t("in a small batch"), rows=some, answer=small),
        ]
        singles = np.sort(rng.choice(self.rows.num_rows, min(self.single_rows, self.rows.num_rows), replace=False))
        if len(singles):
            alone = yield from self._apart(np.split(singles, len(singles)))
            probes.append(Probe(name="one by one", label=t("asked alone"), rows=singles, answer=alone))
        return tuple(probes)

    def _apart(self, places: Sequence[NDArray[np.intp]]) -> Asking[Decisions]:
        """Ask about each part in a call of its own."""
        answers = []
        for part in places:
            answers.append((yield Question(rows=self.rows.take(pa.array(part)))))
        return joined(answers)

    def _elsewhere(self, name: str, around: Surroundings) -> Asking[Probe]:
        """Ask in a fresh process with something different around it; a failure there is an answer like another."""
        answer: Decisions | ModelFailedError
        try:
            answer = yield Question(rows=self.rows, surroundings=around)
        except ModelFailedError as err:
            answer = err
        return Probe(
            name=name,
            label=_LABELS.get(name, t("in other surroundings")),
            rows=np.arange(self.rows.num_rows),
            answer=answer,
            varied=tuple(way for way in around.ways if way in self.varies),
            not_varied=tuple(way for way in around.ways if way not in self.varies),
        )


_LABELS = {
    "clock": t("with another clock"),
    "locale": t("with another language and time zone"),
    "hostname": t("with another name of the machine"),
    "environment": t("with other environment variables"),
}
