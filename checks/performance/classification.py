"""How often the model's decisions are right, and how well its scores rank and tell.

## Measures

- `accuracy`: [0, 1], higher is better, 1 is perfect. The share of right decisions.
- `balanced_accuracy`: [0, 1], higher is better, 1 is perfect. The mean over the true classes of the share that was
  recognised.
- `precision`: [0, 1], higher is better, 1 is perfect. Of the rows called positive, the share that are (two classes).
- `recall`: [0, 1], higher is better, 1 is perfect. Of the positive rows, the share that was called so (two classes).
- `f1`: [0, 1], higher is better, 1 is perfect. The harmonic mean of precision and recall (two classes).
- `f1_macro`: [0, 1], higher is better, 1 is perfect. The unweighted mean of the classes' F1.
- `roc_auc`: [0, 1], higher is better, 1 is perfect. The chance that a positive row scores higher than another one; with
  more than two classes the mean over the classes, each against the rest.
- `average_precision`: [0, 1], higher is better, 1 is perfect. The area under the precision-recall curve: the mean over
  the positive rows of the precision at their score (two classes).
- `brier_score_loss`: [0, 1], lower is better, 0 is perfect. The mean squared distance between the probability and what
  was true (two classes, where all scores lie in [0, 1]).
- `log_loss`: [0, inf), lower is better, 0 is perfect. The mean of minus the logarithm of the probability of what was
  true (where all scores lie in [0, 1]).

## Method

Values equal scikit-learn's functions of these names (`f1_macro` is `f1_score` with `average="macro"`, `roc_auc` of many
classes is one against the rest). Intervals: Wilson for proportions; for balanced accuracy the classes' Wilson intervals
combined; for F1 a Wilson interval carried through a rising function; for the macro mean, the area and average precision
normal on the logit scale (for the area with DeLong's variance); for the Brier score Wilson at the effective number of
rows; for the log loss Student's t, widened for skewness. docs/intervals.md and docs/performance.md have the formulas
and how often each covers.

With `slice` every measure is taken in each slice as well: the categories of a column, bands of its numbers, or several
columns crossed; a slice that is too small is named in the detail. Rows with sample weights are weighed as by
`sample_weight`, and intervals rest on effective numbers of rows; the measures of scores are then left out. Where the
rows are too many to hold at once, scores and slices are left out.

## Limits

A figure for all rows says nothing of any group of them. Intervals of slices are not widened for their number: of twenty
slices one lies outside its own by chance (`robustness.slices` corrects for a search). Rows without a true label are
left out and counted in the detail. A measure whose denominator is empty (nothing was called positive, say) has no
value. Scores that all lie in [0, 1] are taken for probabilities; the log loss takes none for nearer to 0 or 1 than
2.2e-16, so that one sure mistake weighs as much as 36. With more than two classes the measures of scores need the
probabilities of all classes.

## References

- scikit-learn, `sklearn.metrics`.
- Wilson (1927); Zou and Donner (2008); Hand, Christen, Kirielle (2021); DeLong et al. (1988); Dean and Pagano (2015).
- Boyd, Eng, Page, ECML PKDD 2013: average precision. Takahashi et al., Applied Intelligence 52 (2022): macro F1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from proofbox.checks.counted.counting import Encoded, encode
from proofbox.checks.counted.counts import Confusion, Counts
from proofbox.checks.grouped.confusions import Judged
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.grouped.refusals import weights_said
from proofbox.checks.grouped.slicing import Slice, SliceParams, sliced
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.scoremeasures import Found, of_many_classes, of_two_classes
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Params(SliceParams):
    """Parameters of :func:`classification`."""


@check("performance.classification")
def classification(counts: Counts, params: Params, decisions: Decisions | None = None) -> Measured | Inapplicable:
    """Measure how often the model's decisions are right."""
    data = counts.data
    if data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    confusion = counts.confusion()
    if isinstance(confusion, Inapplicable):
        return confusion
    classes = sorted({*confusion.truths, *confusion.decided, data.positive_label})
    judged = _judge(counts, confusion, classes)
    if judged.rows.sum() == 0:
        return Inapplicable(t("no row has a true label"))
    whole = [*judged.measurements(params.confidence)]
    if not whole:
        return Inapplicable(t("no row with a true label has a weight above 0"))
    if decisions is None:
        # Rows that are too many to hold: what needs each of them is left out.
        return Measured(measurements=_with(whole, {"slices_not_measured": list(params.slice)} if params.slice else {}))
    rows = _Rows(data=data, decisions=decisions, truth=encode(data.table.column(data.target)), classes=classes)
    return _by_row(rows, judged, whole, params)


def _by_row(rows: _Rows, judged: Judged, whole: list[Measurement], params: Params) -> Measured | Inapplicable:
    """Return the whole's measurements with those of its scores and of its slices."""
    known = rows.truth.codes < len(rows.truth.categories)
    slices = sliced(rows.data, params, known)
    if isinstance(slices, Inapplicable):
        return slices
    found = [*whole]
    found += rows.scores(Slice(category={}, rows=known), judged.detail, params.confidence)
    for one in slices.slices:
        found += [*rows.judged(one).measurements(params.confidence), *rows.scores(one, {}, params.confidence)]
    return Measured(measurements=_with(found, slices.detail))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows that are held in memory, for what counts alone cannot say."""

    data: Dataset
    decisions: Decisions
    truth: Encoded
    classes: Sequence[str]
    """Every class that is true, decided or positive, sorted."""

    def judged(self, part: Slice) -> Judged:
        """Return the table of a slice."""
        size = len(self.classes)
        cells = self._codes(self.truth.categories, self.truth.codes, part) * size
        cells += self._codes(self.decisions.classes, self.decisions.codes, part)

        def counted(terms: Floats | None) -> Floats:
            return np.bincount(cells, weights=terms, minlength=size * size).reshape(size, size).astype(np.float64)

        weight = None if self.data.weight is None else numbers(self.data.table.column(self.data.weight))
        weight = None if weight is None else weight[part.rows]
        return Judged(
            rows=counted(None).astype(np.int64),
            weight=None if weight is None else counted(weight),
            squares=None if weight is None else counted(weight**2),
            positive=self.classes.index(self.data.positive_label),
            detail={},
            group=part.category,
        )

    def scores(self, part: Slice, detail: Mapping[str, Json], confidence: float) -> Iterator[Measurement]:
        """Yield what is measured of the scores of a slice; nothing where there are none."""
        if self.data.weight is not None or not part.rows.any():
            return
        decisions = self.decisions
        found: Iterator[Found] = iter(())
        if len(self.classes) == 2 and decisions.score is not None:
            positive = self.truth.is_label(self.data.positive_label)[part.rows]
            found = of_two_classes(decisions.score[part.rows], positive, confidence)
        elif decisions.probabilities is not None:
            place = {name: code for code, name in enumerate(decisions.classes)}
            recode = np.array([*(place.get(name, -1) for name in self.truth.categories), -1])
            truth = recode[self.truth.codes[part.rows]]
            found = of_many_classes(decisions.probabilities[part.rows], truth, confidence)
        for measure, value, interval in found:
            yield Measurement(
                measure=measure,
                value=value,
                interval=interval,
                sample_size=int(part.rows.sum()),
                group=part.category,
                detail=dict(detail),
            )

    def _codes(self, categories: Sequence[str], codes: NDArray[np.int64], part: Slice) -> NDArray[np.int64]:
        place = np.array([self.classes.index(name) for name in categories], dtype=np.int64)
        return place[codes[part.rows]]


def _judge(counts: Counts, confusion: Confusion, classes: Sequence[str]) -> Judged:
    place = {name: code for code, name in enumerate(classes)}
    places = np.ix_([place[name] for name in confusion.truths], [place[name] for name in confusion.decided])

    def squared(cells: NDArray[Any]) -> NDArray[Any]:
        table = np.zeros((len(classes), len(classes)), dtype=cells.dtype)
        table[places] = cells[:-1]
        return table

    return Judged(
        rows=squared(confusion.cells),
        weight=None if confusion.weight is None else squared(confusion.weight),
        squares=None if confusion.weight_squared is None else squared(confusion.weight_squared),
        positive=place[counts.data.positive_label],
        detail={
            "positive_label": counts.data.positive_label,
            "decisions": counts.source,
            "rows_without_true_label": int(confusion.cells[-1].sum()),
            **weights_said(counts.data),
        },
        group={},
    )


def _with(found: Iterable[Measurement], said: Mapping[str, Json]) -> tuple[Measurement, ...]:
    """Return measurements, those of all rows with what a reader must know of the slices."""
    return tuple(item if item.group else replace(item, detail={**item.detail, **said}) for item in found)
