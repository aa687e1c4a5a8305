"""Pairs of rows that must get the same answer: asked about in one call, counted, the smallest that do not shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking, Question
from proofbox.checks.asked.changing import differ, part_of
from proofbox.checks.late import np, pa
from proofbox.checks.properties.bank import Picks
from proofbox.checks.properties.searching import TOLERANCE, Ground, Tally, answers_differ
from proofbox.checks.properties.smallest import Broken, Found, Pair, Shrinking, pairs_of
from proofbox.checks.result import Counterexample, Json, Measured
from proofbox.checks.subject import Decisions
from proofbox.checks.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Pairs that differ in what must not matter."""

    ground: Ground
    rows: NDArray[np.intp]
    """Shape (pairs,): the real row that each comes from."""
    first: Picks
    second: Picks
    allowed: Callable[[Pair], bool]
    """Whether a pair still differs in nothing but what must not matter."""
    together: bool = False
    """Whether the columns in which the rows differ belong together."""

    def measured(
        self,
        names: tuple[str, str],
        confidence: float,
        detail: Mapping[str, Json],
        summary: Callable[[Found, bool], Text],
    ) -> Asking[Measured]:
        """Ask about every pair and return both measures, and the smallest pair that gets two answers.

        Parameters
        ----------
        names
            Measures: the share of pairs with differing answers, and of those whose decisions differ. The second is left
            out where the answers are numbers.
        summary
            Makes the sentence of a counterexample; told whether the decision differs, or the score alone.

        Raises
        ------
        ModelFailedError
            The model did not answer.
        """
        bank, count = self.ground.bank, len(self.rows)
        table = pa.concat_tables([bank.table(self.first), bank.table(self.second)])
        answer = yield Question(rows=table, shared=True, planned=table.num_rows)
        one, other = part_of(answer, slice(0, count)), part_of(answer, slice(count, None))
        ways: dict[str, Broken] = {names[0]: answers_differ}
        if answer.classes:
            ways[names[1]] = _decisions_differ
        broken = {measure: way(one, other) for measure, way in ways.items()}
        found = [
            Tally(measure=measure, broken=cases, confidence=confidence, detail=detail).measurement()
            for measure, cases in broken.items()
        ]
        # A decision that turns says more than a score that moves.
        shown = next((measure for measure in reversed(names) if measure in broken and broken[measure].any()), None)
        if shown is None:
            return Measured(measurements=tuple(found))
        case = yield from self._case(shown, ways[shown], broken[shown], lambda pair: summary(pair, shown == names[1]))
        return Measured(measurements=tuple(found), counterexamples=(case,) if case else ())

    def _case(
        self, measure: str, way: Broken, broken: NDArray[np.bool_], summary: Callable[[Found], Text]
    ) -> Asking[Counterexample | None]:
        ground = self.ground
        shrinking = Shrinking(
            bank=ground.bank, features=ground.features, broken=way, allowed=self.allowed, together=self.together
        )
        found = yield from shrinking.smallest(pairs_of(self.rows, self.first, self.second, broken))
        if found is None:
            return None
        return Counterexample(
            measure=measure,
            summary=summary(found),
            columns=ground.bank.names,
            rows=(found.first, found.second),
            changed=found.changed,
            source_row=int(ground.rows[found.row]),
        )


def _decisions_differ(first: Decisions, second: Decisions) -> NDArray[np.bool_]:
    return differ(first, second, TOLERANCE)
