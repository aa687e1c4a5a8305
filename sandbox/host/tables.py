"""The rows of a request in whatever form a library wants them, with as few copies as can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Rows(Protocol):
    """The rows of one request. What it gives belongs to the model: it may change it and keep it."""

    def matrix(self) -> NDArray[Any]:
        """Return shape (rows, columns): float64, or object where a column is no number."""
        ...

    def frame(self, names: Names) -> Any:  # noqa: ANN401 no types
        """Return a ``pandas.DataFrame`` with the declared feature names."""
        ...

    def column(self, place: int) -> NDArray[Any]:
        """Return shape (rows,): one column as numpy holds it."""
        ...


class Names:
    """The declared features in pandas' form, made once: sklearn and pandas look at it with every batch."""

    def __init__(self, features: Sequence[str]) -> None:
        import pandas as pd

        self.index = pd.Index(list(features))


class MatrixRows:
    """Rows that came as numbers, column by column."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self._values = values

    def matrix(self) -> NDArray[Any]:
        """Return the matrix itself, column-major."""
        return self._values

    def frame(self, names: Names) -> Any:  # noqa: ANN401 no types
        """Return a frame that looks into the matrix."""
        import pandas as pd

        return pd.DataFrame(self._values, columns=names.index, copy=False)

    def column(self, place: int) -> NDArray[Any]:
        """Return one column, contiguous."""
        return self._values[:, place]


class ArrowRows:
    """Rows that came as an Arrow stream of one batch, its buffers inside ``body``."""

    def __init__(self, body: bytearray | NDArray[np.uint8]) -> None:
        import pyarrow as pa

        self._batch = pa.ipc.open_stream(pa.py_buffer(body)).read_next_batch()

    def matrix(self) -> NDArray[Any]:
        """Return the columns side by side, column-major."""
        import numpy as np

        columns = [_values(column) for column in self._batch.columns]
        numeric = all(column.dtype.kind in "fiub" for column in columns)
        kind = np.float64 if numeric else object
        matrix: NDArray[Any] = np.empty((self._batch.num_rows, len(columns)), dtype=kind, order="F")
        for place, column in enumerate(columns):
            matrix[:, place] = column
        return matrix

    def frame(self, names: Names) -> Any:  # noqa: ANN401 no types
        """Return a frame whose columns have the types that they were sent with."""
        import pyarrow as pa

        batch = self._batch
        if any(pa.types.is_dictionary(kind) for kind in batch.schema.types):
            batch = pa.record_batch([_plain(column) for column in batch.columns], names=batch.schema.names)
        frame = batch.to_pandas(use_threads=False)  # as many threads as were granted: one
        frame.columns = names.index
        return frame

    def column(self, place: int) -> NDArray[Any]:
        """Return one column."""
        return _values(self._batch.column(place))


def _values(column: Any) -> NDArray[Any]:  # noqa: ANN401 pyarrow ships no types
    values: NDArray[Any] = _plain(column).to_numpy(zero_copy_only=False)
    return values


def _plain(column: Any) -> Any:  # noqa: ANN401 pyarrow ships no types
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
