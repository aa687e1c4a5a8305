"""How many decisions turn when a text is one that the model has never seen, or a rare one.

## Measures

- `category_flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes when one of
  their texts is replaced: by an unknown category or by a rare one, whichever turns more.
- `category_accuracy_drop`: [-1, 1], lower is better, 0 is perfect. Accuracy on the rows as submitted less accuracy on
  the same rows replaced in that way (where there are true labels).
- `category_failure_share`: [0, 1], lower is better, 0 is perfect. The share of the text features in which a replaced
  value makes the model crash, hang or answer garbage; a clean refusal is no failure and is listed in the detail.

## Method

A text feature is one whose categories repeat: at most one for every two rows. In each row one text feature is drawn at
random. *Unknown*: its value becomes a word that no row has. *Rare*: it becomes one of the categories which less than
`rare_share` of the rows have, drawn at random; without such categories there is no such way. Each feature is tried
alone first, on a few rows. Rows are asked about in steps until the interval of each flip rate has the half width
`precision` (Clopper and Pearson's, in the curve of the detail). The interval of the higher rate allows for its having
been looked for; the drop has Newcombe's interval for paired proportions. The detail says for each feature how often
its replacement turned a decision.

## Limits

A category that is replaced may be one that rightly decides, so that a high rate says that the text matters and not
that the model is wrong; an unknown word should make a careful system refuse or ask. Categories that are written as
numbers are not known to be categories. Rows with sample weights are refused.

## References

- ISO/IEC TR 24029-1:2021: robustness of neural networks, section on statistical approaches.
- Clopper and Pearson, Biometrika 26 (1934) 404-413; Newcombe, Statistics in Medicine 17 (1998) 2635-2650.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.cells import Cells, measure_cells
from proofbox.checks.asked.degradation import Asked, refused
from proofbox.checks.asked.perturbing import PerturbationParams
from proofbox.checks.late import np, pa
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Result
from proofbox.checks.samples.features import text_features
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

UNKNOWN = "unknown-category"
"""What is written for a category that the model cannot know; lengthened where a row has it."""


class Params(PerturbationParams):
    """Parameters of :func:`category_swap`."""

    rare_share: float = Field(default=0.05, gt=0, lt=1)
    """A category of fewer rows than this share is rare."""


@check("robustness.category_swap")
def category_swap(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand unknown and rare categories."""
    if reason := refused(data):
        return reason
    features = text_features(data)
    if not features:
        return Inapplicable(t("the model reads no text whose values repeat"))
    unknown = {one.name: partial(_replaced, [_unknown(one.categories)]) for one in features}
    rare = {
        one.name: partial(_replaced, chosen)
        for one in features
        if (
            chosen := [
                name for name, share in zip(one.categories, one.shares, strict=True) if share < params.rare_share
            ]
        )
    }
    given = [Cells(name={"category": "unknown"}, label=t("with an unknown category"), changes=unknown)]
    if rare:
        given.append(Cells(name={"category": "rare"}, label=t("with a rare category"), changes=rare))
    detail: dict[str, Json] = {"features": [one.name for one in features], "features_with_rare_categories": list(rare)}
    asked = Asked(prefix="category", data=data, decisions=decisions, params=params, detail=detail)
    return (yield from measure_cells(asked, given, rng))


def _unknown(categories: Sequence[str]) -> str:
    word = UNKNOWN
    while word in categories:
        word += "-x"
    return word


def _replaced(
    words: Sequence[str], column: pa.ChunkedArray, cells: NDArray[np.bool_], rng: Generator
) -> pa.ChunkedArray:
    """Write one of the words into each of the cells; the column keeps its type, dictionary and all."""
    kind = column.type
    coded = pa.types.is_dictionary(kind)
    new = pa.array(words, kind.value_type if coded else kind)
    new = pa.DictionaryArray.from_arrays(pa.array(np.arange(len(words)), kind.index_type), new) if coded else new
    both = pa.chunked_array([*column.chunks, new])
    drawn = len(column) + rng.integers(len(words), size=len(column))
    return both.take(pa.array(np.where(cells, drawn, np.arange(len(column)))))
