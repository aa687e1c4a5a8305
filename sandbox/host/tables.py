"""Turn a request's Arrow stream into what a library wants, with as few copies as can be."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def read_batch(body: bytearray) -> Any:  # noqa: ANN401 pyarrow ships no types
    """Return the request's one ``pyarrow.RecordBatch``, its buffers inside ``body``."""
    import pyarrow as pa

    return pa.ipc.open_stream(pa.py_buffer(body)).read_next_batch()


def to_matrix(batch: Any, body: bytearray) -> NDArray[Any]:  # noqa: ANN401 pyarrow ships no types
    """Return shape (rows, columns): float64, or object where a column is no number.

    Columns that lie evenly spaced in ``body`` (float64, no nulls) are seen as one column-major matrix without a copy.
    """
    import numpy as np

    view = _evenly_spaced(batch, body)
    if view is not None:
        return view
    columns = [_values(column) for column in batch.columns]
    numeric = all(column.dtype.kind in "fiub" for column in columns)
    matrix = np.empty((batch.num_rows, len(columns)), dtype=np.float64 if numeric else object, order="F")
    for place, column in enumerate(columns):
        matrix[:, place] = column
    return matrix


def to_frame(batch: Any, body: bytearray, names: Sequence[str]) -> Any:  # noqa: ANN401 no types
    """Return a ``pandas.DataFrame`` with the declared feature names."""
    import pandas as pd
    import pyarrow as pa

    view = _evenly_spaced(batch, body)
    if view is not None:
        return pd.DataFrame(view, columns=list(names), copy=False)
    return pa.record_batch([_plain(column) for column in batch.columns], names=list(names)).to_pandas()


def column_values(batch: Any, place: int) -> NDArray[Any]:  # noqa: ANN401 pyarrow ships no types
    """Return shape (rows,): one column as numpy holds it."""
    return _values(batch.column(place))


def _values(column: Any) -> NDArray[Any]:  # noqa: ANN401 pyarrow ships no types
    values: NDArray[Any] = _plain(column).to_numpy(zero_copy_only=False)
    return values


def _plain(column: Any) -> Any:  # noqa: ANN401 pyarrow ships no types
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _evenly_spaced(batch: Any, body: bytearray) -> NDArray[np.float64] | None:  # noqa: ANN401 no types
    import numpy as np
    import pyarrow as pa

    float64 = pa.float64()
    if batch.num_rows == 0 or not batch.num_columns or any(kind != float64 for kind in batch.schema.types):
        return None
    columns = batch.columns
    if any(column.null_count or column.offset for column in columns):
        return None
    base = pa.py_buffer(body).address
    starts = [column.buffers()[1].address - base for column in columns]
    step = starts[1] - starts[0] if len(starts) > 1 else batch.num_rows * 8
    if step < 0 or step % 8 or any(b - a != step for a, b in itertools.pairwise(starts)):
        return None
    return np.ndarray((batch.num_rows, len(starts)), np.float64, body, starts[0], (8, step))
