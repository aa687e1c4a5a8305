"""What is measured of a table of true class by decided class: shares, their means, F1, each with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.grouped.outcomes import Category
from proofbox.checks.intervals import (
    Floats,
    f1_interval,
    logit_normal,
    wilson,
    wilson_effective,
)
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json, Measurement
from proofbox.checks.statistics.effective import effective_counts
from proofbox.checks.statistics.meanrates import mean_of_proportions

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The rows with a true label, by true class and decided class; all of shape (classes, classes)."""

    rows: NDArray[np.int64]
    weight: Floats | None
    """Sums of sample weights; None where rows carry none."""
    squares: Floats | None
    """Sums of squared sample weights."""
    positive: int
    """Index of the positive class."""
    detail: Mapping[str, Json]
    group: Category
    """The slice that the rows are; empty for all rows."""

    def measurements(self, confidence: float) -> Iterator[Measurement]:
        """Yield every measure that has a value; none at all where no row has any weight."""
        found = [*self._any_classes(confidence)]
        yield from found
        if found and len(self.rows) == 2:
            yield from self._two_classes(confidence)

    def _any_classes(self, confidence: float) -> Iterator[Measurement]:
        size = len(self.rows)
        right, every = np.eye(size, dtype=np.bool_), np.ones((size, size), dtype=np.bool_)
        yield from self._proportion("accuracy", right, every, confidence)
        shares = [self._share(right, np.arange(size)[:, None] == np.full(size, place)) for place in range(size)]
        there = np.array([share for share in shares if share[1] > 0])
        if not len(there):
            return
        everybody = int(self.rows.sum())
        yield self._measurement(
            "balanced_accuracy",
            float((there[:, 0] / there[:, 1]).mean()),
            mean_of_proportions(there[:, 0], there[:, 1], confidence),
            everybody,
            {"classes": len(there)},
        )
        value, interval = self._macro(confidence)
        yield self._measurement("f1_macro", value, interval, everybody, {})

    def _two_classes(self, confidence: float) -> Iterator[Measurement]:
        truth = np.repeat(np.arange(2)[:, None] == self.positive, 2, axis=1)
        decided = truth.T
        yield from self._proportion("precision", truth, decided, confidence)
        yield from self._proportion("recall", decided, truth, confidence)
        hits, of = self._share(truth & decided, truth | decided)
        if of > 0:
            yield self._measurement(
                "f1",
                2 * hits / (hits + of),
                f1_interval(hits, of - hits, confidence),
                int(self.rows[truth | decided].sum()),
                {
                    "true_positives": int(self.rows[truth & decided].sum()),
                    "false_positives": int(self.rows[~truth & decided].sum()),
                    "false_negatives": int(self.rows[truth & ~decided].sum()),
                },
            )

    def _macro(self, confidence: float) -> tuple[float, Interval]:
        """Return the unweighted mean of the classes' F1, over the classes that are true or decided in some row.

        Notes
        -----
        A row of true class i and decided class j bears ``(2 [i = j = k] - F1_k ([i = k] + [j = k])) / D_k`` on the F1
        of class k, where ``F1_k = 2 TP_k / D_k``: the delta method for a multinomial table (K. Takahashi, K. Yamamoto,
        A. Kuchiba and T. Koyama, Applied Intelligence 52 (2022) 4961-4972), here on the logit scale. Where all or no
        row is decided rightly that variance is 0, and the mean of the classes' own limits takes its place.
        """
        cells = self.rows.astype(np.float64) if self.weight is None else self.weight
        squares = cells if self.squares is None else self.squares
        total, hits = cells.sum(), np.diag(cells)
        sizes = cells.sum(axis=0) + cells.sum(axis=1)
        there = np.flatnonzero(sizes > 0)
        values = 2 * hits[there] / sizes[there]
        value = float(values.mean())
        unit = np.eye(len(cells))[there]
        bears = 2 * unit[:, :, None] * unit[:, None, :] - values[:, None, None] * (unit[:, :, None] + unit[:, None, :])
        bearing = (bears / sizes[there][:, None, None]).mean(axis=0) * total
        error = float(np.sqrt((squares * bearing**2).sum()) / total)
        if error > 0 and 0 < value < 1:
            return value, logit_normal(value, error, confidence)
        worth = total**2 / squares.sum()
        own = [
            f1_interval(hit * worth / total, (size - 2 * hit) * worth / total, confidence)
            for hit, size in zip(hits[there].tolist(), sizes[there].tolist(), strict=True)
        ]
        low, high = np.mean([(one.low, one.high) for one in own], axis=0).tolist()
        return value, Interval(low=low, high=high, confidence=confidence, method="mean-of-wilson-transformed")

    def _share(self, yes: Mask, among: Mask) -> tuple[float, float]:
        """Return successes and trials of the rows ``among`` that are ``yes``: counted, or effective where weighted."""
        if self.weight is None or self.squares is None:
            return int(self.rows[yes & among].sum()), int(self.rows[among].sum())
        sums = (
            float(cells[part].sum()) for cells in (self.weight, self.squares) for part in (yes & among, among & ~yes)
        )
        count, of = effective_counts(*sums)
        return float(count), float(of)

    def _proportion(self, measure: str, yes: Mask, among: Mask, confidence: float) -> Iterator[Measurement]:
        """Yield a share of rows; nothing where there are none."""
        count, of = self._share(yes, among)
        if of > 0:
            interval = (wilson if self.weight is None else wilson_effective)(count, of, confidence)
            said: dict[str, Json] = {"count": int(self.rows[yes & among].sum())}
            yield self._measurement(measure, count / of, interval, int(self.rows[among].sum()), said)

    def _measurement(
        self, measure: str, value: float, interval: Interval, size: int, said: Mapping[str, Json]
    ) -> Measurement:
        return Measurement(
            measure=measure,
            value=value,
            interval=interval,
            sample_size=size,
            group=self.group,
            detail={**self.detail, **said},
        )
