"""Columns on their way out: numbers of a fixed width, and texts as codes into a list of distinct ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .channel import PIECE, TEXT, WORDS, Channel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def send_plain(channel: Channel, kind: str, column: Any) -> None:  # noqa: ANN401 pyarrow ships no types
    """Send a column of numbers, dates or truth values as ``kind``; a byte for each row says which are missing."""
    import pyarrow as pa

    wire = {"bool": pa.uint8(), "date32[day]": pa.int32(), "float": pa.float32(), "double": pa.float64()}.get(kind)
    if pa.types.is_decimal(column.type):
        # By way of text, as a CSV file has it: Arrow's own way misses the nearest number for up to a third of them.
        wire, column = (pa.int64(), column) if kind == "int64" else (wire, column.cast(pa.string()))
    if kind == "date32[day]":
        column = column.cast(pa.date32())
    elif kind.startswith("timestamp"):
        wire = pa.int64()
        column = column.cast(pa.timestamp(column.type.unit))
    if wire is not None and column.type != wire:
        column = column.cast(wire)
    parts: list[memoryview] = []
    if column.null_count:
        parts += [_held(chunk.is_valid().cast(pa.uint8())) for chunk in column.chunks]
        column = column.fill_null(0)
    nulls = int(bool(parts))
    parts += [_held(chunk) for chunk in column.chunks]
    channel.frame(PIECE, 0, nulls, len(column), parts)


def send_words(channel: Channel, known: Words, column: Any) -> None:  # noqa: ANN401 pyarrow ships no types
    """Send the texts of a column that were not sent before, then a code for each row."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    else:
        column = (column if pa.types.is_string(column.type) else column.cast(pa.string())).dictionary_encode()
        column = column.unify_dictionaries()
    if not column.num_chunks:
        column = pa.chunked_array([pa.array([], column.type)])
    recode, count, body = known.fresh(column.chunk(0).dictionary)
    channel.frame(WORDS, TEXT, 0, count, body)
    codes = []
    for chunk in column.chunks:
        places = chunk.indices
        if places.type != pa.int32():
            places = places.cast(pa.int32())
        if places.null_count:
            places = places.fill_null(len(recode) - 1)
        codes.append(recode[np.frombuffer(_held(places), "<i4")])
    channel.frame(PIECE, 0, 0, len(column), [_view(part) for part in codes])


class Words:
    """The distinct texts of one column that were sent already."""

    def __init__(self) -> None:
        self._sent: list[str] = []
        self._place: dict[str, int] = {}

    def fresh(self, dictionary: Any) -> tuple[NDArray[np.int32], int, list[memoryview]]:  # noqa: ANN401 no types
        """Return each text's code (shape (distinct + 1,), the last is a missing one's), and the texts not yet sent."""
        import pyarrow as pa

        if not self._sent and pa.types.is_string(dictionary.type) and not dictionary.null_count:
            return self._first(dictionary)
        return self._further(dictionary.to_pylist())

    def _first(self, dictionary: Any) -> tuple[NDArray[np.int32], int, list[memoryview]]:  # noqa: ANN401 no types
        import numpy as np

        count, (_, offsets, data) = len(dictionary), dictionary.buffers()
        places = np.frombuffer(offsets, "<i4", count + 1, dictionary.offset * 4) if count else np.zeros(1, "<i4")
        body = memoryview(data)[int(places[0]) : int(places[-1])] if data is not None else memoryview(b"")
        # Only a column that comes in several pieces needs to know them again.
        self._sent = dictionary
        return np.append(np.arange(count, dtype="<i4"), np.int32(-1)), count, [_view(np.diff(places)), body]

    def _further(self, values: Sequence[object]) -> tuple[NDArray[np.int32], int, list[memoryview]]:
        import numpy as np

        if not self._place:
            self._place = {text: code for code, text in reversed(list(enumerate(_texts(self._sent))))}
            self._codes = len(self._sent)
        fresh: list[bytes] = []
        recode = np.full(len(values) + 1, -1, dtype="<i4")
        for index, value in enumerate(values):
            if value is None:
                continue
            text = value if isinstance(value, str) else str(value)
            code = self._place.get(text)
            if code is None:
                code = self._place[text] = self._codes
                self._codes += 1
                fresh.append(text.encode("utf-8", "replace"))
            recode[index] = code
        lengths = np.array([len(text) for text in fresh], dtype="<i4")
        return recode, len(fresh), [_view(lengths), memoryview(b"".join(fresh))]


def _held(array: Any) -> memoryview:  # noqa: ANN401 pyarrow ships no types
    """Return the values of an array without nulls as they lie in memory; ``to_numpy`` would import all of pandas."""
    width, values = array.type.bit_width // 8, array.buffers()[1]
    return memoryview(values)[array.offset * width :][: len(array) * width] if len(array) else memoryview(b"")


def _view(array: Any) -> memoryview:  # noqa: ANN401 numpy's arrays are no buffers to mypy
    return memoryview(array).cast("B") if array.nbytes else memoryview(b"")


def _texts(sent: Any) -> list[str]:  # noqa: ANN401 an array or an empty list
    return sent.to_pylist() if hasattr(sent, "to_pylist") else list(sent)
