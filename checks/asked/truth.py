"""Whether decisions are right, for checks that compare the answers to the same rows before and after a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import encode
from proofbox.checks.late import np
from proofbox.checks.subject import Dataset, Decisions

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The true labels of all rows."""

    codes: NDArray[np.int64]
    """Shape (rows,): index into ``categories``; ``len(categories)`` where the label is missing."""
    categories: tuple[str, ...]

    def both(self, before: Decisions, after: Decisions, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Count the labelled rows among ``rows`` by whether each answer is right.

        Returns
        -------
        Shape (2, 2): wrong or right before, by wrong or right after.
        """
        true = self.codes[rows]
        known = true < len(self.categories)
        joint = 2 * self._right(before, true)[known] + self._right(after, true)[known]
        counts: NDArray[np.int64] = np.bincount(joint, minlength=4).reshape(2, 2)
        return counts

    def _right(self, answer: Decisions, true: NDArray[np.int64]) -> NDArray[np.int64]:
        place = {name: code for code, name in enumerate(self.categories)}
        recode = np.array([place.get(name, -1) for name in answer.classes])
        right: NDArray[np.int64] = np.equal(recode[answer.codes], true).astype(np.int64)
        return right


def truth_of(data: Dataset, decisions: Decisions) -> Truth | None:
    """Return the true labels; None where there are none, or where the answers are numbers."""
    if data.target is None or not decisions.classes:
        return None
    encoded = encode(data.table.column(data.target))
    return Truth(codes=encoded.codes, categories=encoded.categories)
