"""Count tables as parquet: small, typed, readable by any data tool years later."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from proofbox.checks.result import CountTable, Scalar


def parquet_bytes(table: CountTable) -> bytes:
    """Return a count table as one parquet file; equal tables give equal bytes."""
    columns = {name: _array(values) for name, values in table.columns.items()}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


def _array(values: tuple[Scalar, ...]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        # A column of several kinds: each value as its JSON text, so that none is lost or guessed at.
        return pa.array([None if value is None else json.dumps(value, ensure_ascii=False) for value in values])
