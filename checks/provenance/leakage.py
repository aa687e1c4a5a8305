"""Whether the evaluation data, or the answer itself, was known in training.

## Measures

- `leaked_rows`: [0, inf), lower is better, 0 is perfect. Evaluation rows that stand in the training data: equal in
  every column that both files have, identifiers left out.
- `leaked_share`: [0, 1], lower is better, 0 is perfect. The same as a share of the evaluation rows.
- `repeated_cases`: [0, inf), lower is better, 0 is perfect. Evaluation rows whose features and target alone stand in a
  training row: for the model the same case, be it the same person or not.
- `near_duplicate_rows`: [0, inf), lower is better, 0 is perfect. Evaluation rows that are not leaked as they are, but
  nearly: equal in all but the last digits of numbers, or with a free text that is nearly one of the training data.
- `near_duplicate_share`: [0, 1], lower is better, 0 is perfect. The same as a share of the evaluation rows, less those
  that are near by chance.
- `shared_entity_rows`: [0, inf), lower is better, 0 is perfect. Evaluation rows of somebody or something that the
  training data know as well: with an identifier, declared in both files, that has the same value there.
- `rows_not_later`: [0, inf), lower is better, 0 is perfect. Evaluation rows that are not later than the last training
  row, by the declared times: the model was trained on their future.
- `target_copies`: [0, inf), lower is better, 0 is perfect. Features that are the target under another name: renamed,
  inverted or more finely coded.
- `best_single_feature`: [0, 1], lower is better, no value is perfect. How well the one feature that says most of the
  target says it alone: the balanced accuracy of the best rule from each category, or the best single threshold, on
  these data; of a target of numbers, the squared correlation. Above 0.99 or so the feature was hardly known before the
  outcome.

## Method

Rows are compared value by value: 1 and 1.0 are equal, a missing value equals a missing value, text is compared after
NFC normalisation and trimming. Each row has a hash; a hit counts if the cells are equal too, or, in files that are read
in batches, if 128 bits of BLAKE2b over them are. Identifiers are left out, since they would hide every duplicate: those
that are declared, and columns that are called like one or that differ in every row, in both files
(`data.quality` recognises the same ones). The detail says which, and counts duplicates by features alone as well.

Numbers of near duplicates lie within a tolerance of each other: a share of the training column's standard deviation, or
`tolerances` in the column's own unit; all else is equal. No such pair is missed. Where rows lie dense, some are near by
chance: the same rows are looked for ten tolerances away, where none has its copy, and as many as are found there are
taken off the share. Free text is the declared column
(`data.evaluation.text`), or each column of sentences: it is compared without case, accents and punctuation, by shingles
of three words. MinHash proposes pairs, and each is decided by its true Jaccard similarity; a pair at the least
similarity that counts is proposed with a probability of at least 0.999.

Of each kind the first 20 pairs are listed, as row numbers with digests that only whoever has the file can try out;
`show: values` shows the values as well, which then stand in the evidence. A column is a copy of the target if each of
its categories occurs with one target class only, or, for a target of numbers, if a straight line leads from one to the
other; copies among the other columns of the file are named in the detail.
All are exact counts, hence without interval.

A measure that has no meaning (no training data, no identifier or time declared) is not applicable and says why. What
the leaked rows do to the accuracy is measured by `provenance.leakage_effect`.

## Limits

With few coarse features, two people may be a repeated case by chance: see what else differs before calling it a leak.
A digest of a row whose values are few can be guessed by whoever has the file. Texts are not compared beyond their
words: a translation, or a text without blanks between its words, is not found; of texts that many others resemble, 8 in
each of 25 buckets are looked at. Near duplicates are not looked for in an evaluation file of more than 8,388,608 rows
that is read in batches, and of such a file about a million rows show what single features say. Dates such as 03/04/2025
are read with the day first unless a value of the two files shows otherwise. A copy among columns that the model does
not read harms nothing, yet shows that the file knows more than an applicant would.

## References

- Kapoor and Narayanan, "Leakage and the reproducibility crisis in machine-learning-based science", Patterns 4 (2023).
- Kaufman, Rosset, Perlich, Stitelman, "Leakage in data mining", ACM TKDD 6 (2012).
- Broder, "On the resemblance and containment of documents", Compression and Complexity of Sequences (1997).
- Lee and others, "Deduplicating training data makes language models better", ACL (2022).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from proofbox.checks.late import np
from proofbox.checks.leaks.compared import named
from proofbox.checks.leaks.entities import entity_measurement
from proofbox.checks.leaks.known import MOST_NEAR_ROWS, Known, LeakParams, known_rows
from proofbox.checks.leaks.shown import pairs_shown
from proofbox.checks.leaks.targets import target_measurements
from proofbox.checks.leaks.times import time_measurement
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Dataset
from proofbox.checks.text import Text, t

_OF_ROWS = ("leaked_rows", "leaked_share", "repeated_cases", "near_duplicate_rows", "near_duplicate_share")


class Params(LeakParams):
    """Parameters of :func:`leakage`."""


@check("provenance.leakage", streams=("data", "training"))
def leakage(data: Dataset, training: Dataset | None, params: Params) -> Measured | Inapplicable:
    """Measure whether the evaluation data were known in training."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    found: list[Measurement] = []
    absent: dict[str, Text] = {}
    if training is None or training.rows == 0:
        why = t("the submission names no {role} data", role="training")
        absent |= dict.fromkeys((*_OF_ROWS, "shared_entity_rows", "rows_not_later"), why)
    else:
        found += _of_rows(data, training, params, absent)
        for measure, part in (
            ("shared_entity_rows", entity_measurement(data, training, params)),
            ("rows_not_later", time_measurement(data, training)),
        ):
            if isinstance(part, Measurement):
                found.append(part)
            else:
                absent[measure] = part
    if data.target is not None:
        found += target_measurements(data, data.target)
    measured = {one.measure for one in found}
    for measure in {"target_copies", "best_single_feature"} - measured:
        absent[measure] = t("there are no true labels of two classes, or no feature that could tell them apart")
    if not found:
        return Inapplicable(
            t("there are neither training data that share the model's features nor a target with two classes")
        )
    return Measured(measurements=tuple(found), absent=absent)


def _of_rows(data: Dataset, training: Dataset, params: Params, absent: dict[str, Text]) -> Iterator[Measurement]:
    known = known_rows(data, training, params)
    if known is None:
        why = t("the evaluation and the training data share no column that tells rows apart")
        absent |= dict.fromkeys(_OF_ROWS, why)
        return
    leaked, rows = known.exact["all_shared_columns"], data.rows
    count = len(leaked.rows)
    values = params.show == "values"
    detail: dict[str, Json] = {
        **known.compared.detail,
        "training_rows": training.rows,
        "duplicates": {name: len(found.rows) for name, found in sorted(known.exact.items())},
        "pairs": pairs_shown(leaked, known.compared.everything, data, training, values=values),
    }
    yield Measurement(measure="leaked_rows", value=float(count), sample_size=rows, detail=detail)
    yield Measurement(measure="leaked_share", value=count / rows, sample_size=rows, detail={"leaked_rows": count})
    if cases := known.exact.get("features_and_target"):
        columns = [*known.compared.features, *known.compared.target]
        repeated: dict[str, Json] = {
            "columns": named(columns),
            "pairs": pairs_shown(cases, columns, data, training, values=values),
        }
        yield Measurement(measure="repeated_cases", value=float(len(cases.rows)), sample_size=rows, detail=repeated)
    else:
        absent["repeated_cases"] = t("the training data have none of the model's features")
    yield from _near(known, data, training, params, absent)


def _near(
    known: Known, data: Dataset, training: Dataset, params: Params, absent: dict[str, Text]
) -> Iterator[Measurement]:
    if known.near is None:
        why = t("near duplicates are looked for among {rows} rows at most", rows=MOST_NEAR_ROWS)
        absent |= {"near_duplicate_rows": why, "near_duplicate_share": why}
        return
    near = len(np.unique(np.concatenate([found.rows for found in known.near.values()])))
    yield Measurement(
        measure="near_duplicate_rows",
        value=float(near),
        sample_size=data.rows,
        detail=_near_detail(known, data, training, params),
    )
    yield Measurement(
        measure="near_duplicate_share",
        value=max(0, near - known.by_chance) / data.rows,
        sample_size=data.rows,
        detail={"near_duplicate_rows": near, "expected_by_chance": known.by_chance},
    )


def _near_detail(known: Known, data: Dataset, training: Dataset, params: Params) -> dict[str, Json]:
    columns = {"numbers": known.compared.everything, "texts": known.texts}
    found: Mapping[str, Json] = {
        name: {
            "rows": len(one.rows),
            "pairs": pairs_shown(one, columns[name], data, training, values=params.show == "values"),
        }
        for name, one in (known.near or {}).items()
    }
    return {
        **found,
        "expected_by_chance": known.by_chance,
        "within": dict(known.within),
        "text_columns": named(known.texts),
        "least_similarity_of_texts": params.similarity,
        "tolerances_for_no_column_compared": [*sorted(set(params.tolerances) - set(known.within))],
    }
