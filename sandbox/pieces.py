"""Columns built from the raw buffers that a reader sends: a number in them may be anything, and none is an offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proofbox.sandbox.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

KINDS: dict[str, tuple[int, str]] = {
    "bool": (1, "u1"),
    "int8": (1, "i1"),
    "int16": (2, "<i2"),
    "int32": (4, "<i4"),
    "int64": (8, "<i8"),
    "uint8": (1, "u1"),
    "uint16": (2, "<u2"),
    "uint32": (4, "<u4"),
    "uint64": (8, "<u8"),
    "float": (4, "<f4"),
    "double": (8, "<f8"),
    "date32[day]": (4, "<i4"),
    "timestamp[s]": (8, "<i8"),
    "timestamp[ms]": (8, "<i8"),
    "timestamp[us]": (8, "<i8"),
    "timestamp[ns]": (8, "<i8"),
    "text": (4, "<i4"),
    "null": (0, ""),
}
"""Kind of column -> bytes of one value, and how numpy reads it."""

MAX_WORD_BYTES = 1 << 31
"""Bytes of the distinct texts of one column in one batch."""

FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""Days from 1970 to the first of January of year 1 and to the last day of year 9999: what Python's dates can hold."""

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
MOST_ROWS = 1 << 48


def width(kind: str) -> int:
    """Return the bytes of one value."""
    return KINDS[kind][0]


def count(text: str) -> int:
    """Return a number of rows that was told as text.

    Raises
    ------
    ModelError
        ``garbage``: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) <= MOST_ROWS):
        raise ModelError("garbage", "the reader told a number of rows that is none")
    return int(text)


def column(kind: str, body: bytearray, rows: int, *, nullable: bool) -> pa.Array:
    """Return one column of plain values.

    Parameters
    ----------
    body
        With ``nullable``: one byte a row, 0 where the value is missing; then the values, little-endian.

    Raises
    ------
    ModelError
        ``garbage``: dates that no calendar has.
    """
    import numpy as np
    import pyarrow as pa

    values = np.frombuffer(body, dtype=KINDS[kind][1], offset=rows if nullable else 0)
    missing = ~np.frombuffer(body, dtype="u1", count=rows).astype(bool) if nullable else None
    if kind == "bool":
        return pa.array(values.astype(bool), mask=missing)
    if kind == "date32[day]" or kind.startswith("timestamp"):
        _check_dates(kind, values if missing is None else values[~missing])
        type_ = pa.date32() if kind == "date32[day]" else pa.timestamp(kind[10:-1])
        return pa.array(values, mask=missing).cast(type_)
    return _plain(values, missing)


def _plain(values: NDArray[Any], missing: NDArray[np.bool_] | None) -> pa.Array:
    import pyarrow as pa

    # from_buffers, because pa.array would take NaN for missing or copy.
    validity = None if missing is None else pa.array(~missing).buffers()[1]
    nulls = 0 if missing is None else int(missing.sum())
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [validity, pa.py_buffer(values)], nulls
    )


def _check_dates(kind: str, values: NDArray[Any]) -> None:
    if not len(values):
        return
    factor = 1 if kind == "date32[day]" else 86_400 * UNITS[kind[10:-1]]
    if int(values.min()) < FIRST_DAY * factor or int(values.max()) >= (LAST_DAY + 1) * factor:
        raise ModelError("garbage", "a date lies before the year 1 or after the year 9999")


def nulls(rows: int) -> pa.Array:
    """Return a column in which every value is missing."""
    import pyarrow as pa

    return pa.nulls(rows)


def empty(kind: str) -> pa.Array:
    """Return a column of that kind without rows."""
    if kind == "null":
        return nulls(0)
    words = Words()
    return words.column(bytearray()) if kind == "text" else column(kind, bytearray(), 0, nullable=False)


class Words:
    """The distinct texts of one column, as they come, and columns of codes into them."""

    def __init__(self) -> None:
        self._parts: list[pa.Array] = []
        self._known = 0
        self.bytes = 0
        """Bytes held."""
        self._joined: pa.Array | None = None

    def add(self, body: bytearray, texts: int) -> None:
        """Take further texts: ``texts`` lengths (32-bit little-endian), then the bytes of all, in UTF-8.

        Raises
        ------
        ModelError
            ``garbage``: lengths that do not fit, or bytes that are no text.
        """
        import numpy as np
        import pyarrow as pa

        if not texts and not body:
            return
        if texts * 4 > len(body):
            raise ModelError("garbage", "the reader sent texts without their lengths")
        lengths = np.frombuffer(body, dtype="<u4", count=texts).astype(np.int64)
        offsets = np.zeros(texts + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        if int(offsets[-1]) != len(body) - texts * 4:
            raise ModelError("garbage", "the reader sent texts of other lengths than it told")
        held = pa.py_buffer(body).slice(texts * 4)
        part = pa.Array.from_buffers(pa.large_string(), texts, [None, pa.py_buffer(offsets), held])
        try:
            part.validate(full=True)
            self._parts.append(part.cast(pa.string()))
        except pa.ArrowException as error:
            raise ModelError("garbage", "the reader sent bytes that are no text") from error
        self._known += texts
        self.bytes += len(body)
        self._joined = None

    def column(self, body: bytearray) -> pa.DictionaryArray:
        """Return a column of codes, one 32-bit number a row; -1 stands for missing.

        Raises
        ------
        ModelError
            ``garbage``: a code of no text.
        """
        import numpy as np
        import pyarrow as pa

        codes = np.frombuffer(body, dtype="<i4")
        if len(codes) and (int(codes.min()) < -1 or int(codes.max()) >= self._known):
            raise ModelError("garbage", "the reader sent a code of no text")
        missing = codes < 0
        indices = _plain(codes, missing if bool(missing.any()) else None)
        if self._joined is None:
            self._joined = pa.concat_arrays(self._parts) if self._parts else pa.array([], pa.string())
        return pa.DictionaryArray.from_arrays(indices, self._joined)
