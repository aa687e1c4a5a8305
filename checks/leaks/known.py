"""Which rows of the evaluation data were known in training: as they are, nearly, or by their text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import Field

from proofbox.checks.counted.counting import as_dictionary
from proofbox.checks.late import np, pa, pc
from proofbox.checks.leaks.compared import Compared, compared_columns
from proofbox.checks.leaks.minhash import near_texts
from proofbox.checks.leaks.nearnumbers import near_rows
from proofbox.checks.leaks.prose import text_columns
from proofbox.checks.leaks.rowmatch import Matches, Pairs
from proofbox.checks.leaks.streamed import RowSet, matches_of
from proofbox.checks.leaks.tolerance import tolerances
from proofbox.checks.params import CheckParams
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NEAR_ROWS = 1 << 23
"""Near duplicates of a file that is read in batches are looked for where it has at most so many rows."""


class LeakParams(CheckParams):
    """How rows are compared, and how they are shown."""

    tolerance: float = Field(default=0.001, ge=0, le=1)
    """How far apart the numbers of near duplicates may lie, as a share of the column's standard deviation."""
    tolerances: dict[str, float] = Field(default={})
    """Column -> how far apart its numbers may lie, in its own unit, where that is known: `{"weight_kg": 0.5}`."""
    similarity: float = Field(default=0.8, gt=0, le=1)
    """The share of common shingles from which two texts are near duplicates."""
    show: Literal["digests", "values"] = "digests"
    """Whether pairs of rows are shown as digests or with their values, which then stand in the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was found; rows are those of the evaluation data."""

    compared: Compared
    exact: dict[str, Matches]
    """``all_shared_columns``, and where features are shared ``features`` and ``features_and_target``."""
    near: dict[str, Matches] | None
    """``numbers`` and ``texts``, without those that are equal in all columns; None where nobody looked."""
    by_chance: int
    """Rows that are near by their numbers where no copy of them is: so many are expected by chance."""
    texts: Pairs
    """Columns of free text."""
    within: dict[str, float]
    """Column of numbers -> how far apart they may lie."""

    @property
    def mostly_by_chance(self) -> bool:
        """Whether half of the rows that are near by their numbers would be so by chance."""
        return self.near is not None and 2 * self.by_chance >= len(self.near["numbers"].rows)


def known_rows(data: Dataset, training: Dataset, params: LeakParams) -> Known | None:
    """Look for the evaluation rows among the training rows; None where the files share nothing to compare."""
    compared = compared_columns(data, training)
    if compared is None or training.rows == 0:
        return None
    sets = {"all_shared_columns": RowSet(columns=compared.everything)}
    if compared.features:
        sets["features"] = RowSet(columns=compared.features)
        sets["features_and_target"] = RowSet(columns=[*compared.features, *compared.target])
    exact = matches_of(data, training, sets)
    within = tolerances(training, compared.everything, params.tolerance, params.tolerances)
    texts = text_columns(data, training)
    near, by_chance = None, 0
    if data.source is None or data.rows <= MOST_NEAR_ROWS:
        near = {"numbers": _blockwise(data, training, compared.everything, _by_numbers(compared.everything, within))}
        for columns in texts:
            found = _blockwise(data, training, [columns], _by_text(columns, params.similarity))
            near["texts"] = _either(near["texts"], found) if "texts" in near else found
        leaked = exact["all_shared_columns"].rows
        near = {name: _without(found, leaked) for name, found in near.items()}
        if len(near["numbers"].rows):
            away = _by_numbers(compared.everything, within, displaced=True)
            by_chance = len(_without(_blockwise(data, training, compared.everything, away), leaked).rows)
    return Known(
        compared=compared,
        exact=exact,
        near=near,
        by_chance=by_chance,
        texts=texts,
        within={one: apart for (one, _), apart in zip(compared.everything, within, strict=True) if apart > 0},
    )


_Search: TypeAlias = "Callable[[pa.Table, pa.Table], Matches]"


def _by_numbers(columns: Pairs, within: list[float], *, displaced: bool = False) -> _Search:
    return lambda first, second: near_rows(first, second, columns, within, displaced=displaced)


def _by_text(columns: tuple[str, str], similarity: float) -> _Search:
    def search(first: pa.Table, second: pa.Table) -> Matches:
        (ours, codes), (theirs, their_codes) = _texts(first.column(columns[0])), _texts(second.column(columns[1]))
        near = near_texts(ours, theirs, similarity)
        place = np.full(len(ours) + 1, -1)
        place[near.texts] = near.found_at
        found = place[codes]
        rows = np.flatnonzero(found >= 0)
        first_row = np.full(len(theirs) + 1, -1)
        # Written from the end, so that the first row of each text stays.
        first_row[their_codes[::-1]] = np.arange(len(their_codes))[::-1]
        return Matches(rows=rows, found_at=first_row[found[rows]])

    return search


def _texts(column: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """Return the texts that occur, each once, and each row's place among them (one past the end where it has none)."""
    dictionary = as_dictionary(column)
    codes = pc.fill_null(dictionary.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    used = np.unique(codes[codes >= 0])
    place = np.full(len(dictionary.dictionary) + 1, len(used))
    place[used] = np.arange(len(used))
    return dictionary.dictionary.take(pa.array(used)).cast(pa.string()), place[codes]


def _blockwise(data: Dataset, training: Dataset, columns: Pairs, search: _Search) -> Matches:
    """Search block by block: held files are one block each, and of files read in batches one of each is held."""
    none = np.zeros(0, dtype=np.intp)
    rows, found = [none], [none]
    for at, block in _placed(data, [one for one, _ in columns]):
        left = np.ones(block.num_rows, dtype=np.bool_)
        for place, batch in _placed(training, [other for _, other in columns]):
            near = search(block, batch)
            new = left[near.rows]
            left[near.rows] = False
            rows.append(near.rows[new] + at)
            found.append(near.found_at[new] + place)
    order = np.argsort(np.concatenate(rows), kind="stable")
    return Matches(rows=np.concatenate(rows)[order], found_at=np.concatenate(found)[order])


def _placed(data: Dataset, names: list[str]) -> Iterator[tuple[int, pa.Table]]:
    at = 0
    for batch in data.batches(list(dict.fromkeys(names))):
        yield at, batch
        at += batch.num_rows


def _without(found: Matches, rows: NDArray[np.intp]) -> Matches:
    kept = ~np.isin(found.rows, rows)
    return Matches(rows=found.rows[kept], found_at=found.found_at[kept])


def _either(one: Matches, other: Matches) -> Matches:
    more = _without(other, one.rows)
    rows = np.concatenate([one.rows, more.rows])
    order = np.argsort(rows, kind="stable")
    return Matches(rows=rows[order], found_at=np.concatenate([one.found_at, more.found_at])[order])
