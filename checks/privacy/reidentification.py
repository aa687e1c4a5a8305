"""How easily a person could be found again in the data by attributes that others know of them.

## Measures

- `k_anonymity`: [1, inf), higher is better, no value is perfect. Rows in the smallest class of rows that agree in all
  quasi-identifiers.
- `unique_share`: [0, 1], lower is better, 0 is perfect. The share of rows that nobody else shares their
  quasi-identifiers with.
- `small_class_share`: [0, 1], lower is better, 0 is perfect. The share of rows in classes of fewer than `k` rows.
- `l_diversity`: [1, inf), higher is better, no value is perfect. Distinct values of a confidential column in the class
  that has fewest: with one, whoever finds the class knows the value.

## Method

The quasi-identifiers are those that the submission declares under `declared.quasi_identifiers`. Rows that agree in all
of them make a class; a missing value agrees with missing values only. Values are taken as they stand in the file: an
exact age tells more than an age band. Confidential are the target and the declared sensitive columns that are no
quasi-identifiers (the target alone, for training data); the least diverse one counts, and the detail names all. The
table of evidence says how many classes there are of each size and nothing of their values. All are exact counts of the
file, hence without interval.

## Limits

Only what is declared is looked at: an attacker may know other columns. A row that is alone in a sample need not be
alone in the population, which makes the figures cautious. Distinct values do not protect where nearly all rows of a
class share one of them, or where the values are close to each other. Identifiers that name a person by themselves are
for `privacy.personal_data`.

## References

- Sweeney, "k-anonymity: a model for protecting privacy", IJUFKS 10 (2002) 557-570.
- Machanavajjhala, Kifer, Gehrke, Venkitasubramaniam, "l-diversity: privacy beyond k-anonymity", ACM TKDD 1 (2007).
- Law 91/2025/QH15 (Viet Nam), Article 14(6): de-identification is to be controlled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from proofbox.checks.counted.rowclasses import RowClasses, column_codes, row_classes
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Dataset, Subject
from proofbox.checks.text import t


class Params(CheckParams):
    """Parameters of :func:`reidentification`."""

    role: Literal["evaluation", "training"] = "evaluation"
    """The data that are looked at."""
    k: int = Field(default=5, ge=2, le=1000)
    """A class of fewer rows than this counts as small."""


@check("privacy.reidentification")
def reidentification(
    subject: Subject, data: Dataset, training: Dataset | None, params: Params
) -> Measured | Inapplicable:
    """Measure how easily a row could be tied to a person."""
    looked_at = data if params.role == "evaluation" else training
    if looked_at is None:
        return Inapplicable(t("the submission names no {role} data", role=params.role))
    if looked_at.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=params.role))
    names = subject.quasi_identifiers
    if not names:
        return Inapplicable(
            t("the submission declares no quasi-identifiers (declared.quasi_identifiers), so no classes can be formed")
        )
    if missing := [name for name in names if name not in looked_at.table.column_names]:
        return Inapplicable(t("the {role} data have no column {column}", role=params.role, column=missing[0]))
    classes = row_classes(looked_at.table, names)
    return Measured(
        measurements=(*_anonymity(classes, looked_at, names, params.k), *_diversity(classes, looked_at, names)),
        tables=(_sizes(looked_at.role, classes),),
    )


def _anonymity(classes: RowClasses, data: Dataset, names: tuple[str, ...], k: int) -> Iterator[Measurement]:
    detail: dict[str, Json] = {"role": data.role, "quasi_identifiers": list(names), "classes": len(classes.sizes)}
    smallest = int(classes.sizes.min())
    at_smallest: dict[str, Json] = {"classes_of_that_size": int((classes.sizes == smallest).sum())}
    yield Measurement(
        measure="k_anonymity", value=float(smallest), sample_size=data.rows, detail={**detail, **at_smallest}
    )
    unique = int((classes.sizes == 1).sum())
    yield Measurement(
        measure="unique_share", value=unique / data.rows, sample_size=data.rows, detail={**detail, "rows": unique}
    )
    small = int(classes.sizes[classes.sizes < k].sum())
    yield Measurement(
        measure="small_class_share",
        value=small / data.rows,
        sample_size=data.rows,
        detail={**detail, "rows": small, "k": k},
    )


def _diversity(classes: RowClasses, data: Dataset, names: tuple[str, ...]) -> Iterator[Measurement]:
    confidential = [name for name in dict.fromkeys((data.target, *data.sensitive)) if name and name not in names]
    if not confidential:
        return
    least: dict[str, int] = {}
    for name in confidential:
        # -1 stands for a missing value, which is one more value that a class may hold.
        values = column_codes(data.table.column(name)) + 1
        pairs = np.unique(classes.codes * (int(values.max()) + 1) + values)
        least[name] = int(np.bincount(pairs // (int(values.max()) + 1)).min())
    worst = min(least, key=lambda name: least[name])
    yield Measurement(
        measure="l_diversity",
        value=float(least[worst]),
        sample_size=data.rows,
        detail={"role": data.role, "quasi_identifiers": list(names), "least_diverse": worst, "by_column": dict(least)},
    )


def _sizes(role: str, classes: RowClasses) -> CountTable:
    sizes, counts = np.unique(classes.sizes, return_counts=True)
    return CountTable(
        name=f"class-sizes-{role}",
        columns={
            "rows_in_class": tuple(int(size) for size in sizes),
            "classes": tuple(int(count) for count in counts),
            "rows": tuple(int(size * count) for size, count in zip(sizes, counts, strict=True)),
        },
    )
