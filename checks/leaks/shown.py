"""Pairs of rows as evidence: by number and digest, or with their values where a policy says so.

Digests are keyed with the first rows of the evaluation data, so that whoever has the evidence and not the file cannot
find a citizen id, or a row of few values, by trying them all; whoever has the file can check them.
"""

from __future__ import annotations

import hashlib

from proofbox.checks.asked.changing import scalar
from proofbox.checks.late import np, pa
from proofbox.checks.leaks.cells import Cells, kind_of, row_digests
from proofbox.checks.leaks.rowmatch import Matches, Pairs
from proofbox.checks.result import Json
from proofbox.checks.subject import Dataset

PAIRS = 20
"""Pairs that are shown, the first ones of the evaluation data."""

_KEY_ROWS = 10


def pairs_shown(found: Matches, columns: Pairs, data: Dataset, training: Dataset, *, values: bool) -> list[Json]:
    """Return the first pairs: row numbers from 0, and of both rows 128 bits of keyed BLAKE2b over ``columns``, in hex.

    Parameters
    ----------
    values
        Whether the values stand beside the digests.
    """
    rows, others = found.rows[:PAIRS].tolist(), found.found_at[:PAIRS].tolist()
    if not rows:
        return []
    first = _rows_at(data, rows, [one for one, _ in columns])
    second = _rows_at(training, others, [other for _, other in columns])
    key = _key(data.table)
    digests = _digests(first, second, columns, (0, key)), _digests(second, first, columns, (1, key))
    shown: list[Json] = []
    for place, (row, other) in enumerate(zip(rows, others, strict=True)):
        pair: dict[str, Json] = {
            "evaluation_row": row,
            "training_row": other,
            "evaluation_digest": digests[0][place],
            "training_digest": digests[1][place],
        }
        if values:
            pair["evaluation_values"] = _values(first, place)
            pair["training_values"] = _values(second, place)
        shown.append(pair)
    return shown


def _rows_at(data: Dataset, rows: list[int], names: list[str]) -> pa.Table:
    """Return some rows, in the order given; of a file that is read in batches no more than is needed is read."""
    names = list(dict.fromkeys(names))
    kept: list[pa.Table] = []
    places: list[int] = []
    wanted, at = sorted(set(rows)), 0
    for batch in data.batches(names):
        here = [row for row in wanted if at <= row < at + batch.num_rows]
        kept.append(batch.take(pa.array([row - at for row in here], pa.int64())))
        places += here
        at += batch.num_rows
        if at > wanted[-1]:
            break
    table = pa.concat_tables(kept).unify_dictionaries()
    return table.take(pa.array([places.index(row) for row in rows]))


def _key(table: pa.Table) -> bytes:
    """Return 32 bytes that only follow from the rows themselves."""
    head = table.slice(0, _KEY_ROWS)
    cells = [Cells.of(column, kind_of(column.type, column.type)) for column in head.columns]
    return hashlib.blake2b(row_digests(cells, np.arange(head.num_rows)).tobytes(), digest_size=32).digest()


def _digests(table: pa.Table, other: pa.Table, columns: Pairs, how: tuple[int, bytes]) -> list[str]:
    side, key = how
    cells = []
    for pair in columns:
        column = table.column(pair[side])
        cells.append(Cells.of(column, kind_of(column.type, other.column(pair[1 - side]).type)))
    words = row_digests(cells, np.arange(table.num_rows))
    return [hashlib.blake2b(row.tobytes(), key=key, digest_size=16).hexdigest() for row in words]


def _values(table: pa.Table, row: int) -> Json:
    return {name: scalar(table.column(name)[row].as_py()) for name in table.column_names}
