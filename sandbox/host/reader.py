"""Read one data file inside: its columns go out as raw typed buffers, never as Arrow.

A stranger's CSV, Parquet, Arrow or JSON file is parsed by native code that was not written for strangers. Here that
code can do no harm; what leaves is numbers of a fixed width, and texts as codes into a list of distinct ones. The
layout is that of ``proofbox/sandbox/reading.py``; a test holds the two together.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .channel import BATCH, COLUMNS, DONE, PIECE, TABLE, TEXT, WORDS, Channel
from .parquetparts import ParquetParts, UnreadableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLAIN = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double")
DATED = ("date32[day]", "timestamp[s]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]")
NULL, WORD = "null", "text"
_MOST_WORDS = (1 << 31) - 1
"""Distinct texts of a column: as many as a code of 32 bits can tell apart."""
_WHOLE_DIGITS = 18
"""Digits of a decimal number without places that 64 bits hold, whatever the digits."""
_BLOCK_BYTES = 1 << 24
"""Bytes of a CSV file that are read at once where it is read in batches."""


def serve(channel: Channel, config: Mapping[str, Any]) -> None:
    """Tell the columns of the file that ``config`` names, then send those that are asked for, as often as asked."""
    import pyarrow as pa

    # The environment says one thread, for models whose speed is measured; reading may use them all.
    pa.set_cpu_count(len(os.sched_getaffinity(0)))
    try:
        source = _opened(config)
        kinds = [_kind(name, type_) for name, type_ in source.fields]
    except (pa.ArrowException, OSError, ValueError, LookupError, UnreadableError) as error:
        channel.refuse("load", str(error).partition("\n")[0][:300])
        return
    channel.texts(TABLE, [[name for name, _ in source.fields], kinds, [str(source.rows)]])
    while (request := channel.receive()) is not None and request.kind == COLUMNS:
        wanted = json.loads(request.body)  # from the harness: the trusted direction
        try:
            _send(channel, source, kinds, wanted)
        except (pa.ArrowException, OSError, ValueError, UnreadableError) as error:
            channel.refuse("load", str(error).partition("\n")[0][:300])


class _Whole:
    """A file of which all rows are held: CSV and JSON, whose types are known only once all of it has been read."""

    def __init__(self, table: Any) -> None:  # noqa: ANN401 pyarrow ships no types
        # A stranger's file may hold offsets that point anywhere; they are checked before anything follows them.
        table.validate(full=True)
        self._table = table
        self.fields = [(field.name, field.type) for field in table.schema]
        self.rows = table.num_rows

    def whole(self, places: Sequence[int]) -> Any:  # noqa: ANN401 pyarrow ships no types
        """Return those columns with all rows."""
        return self._table.select(list(places))

    def pieces(self, places: Sequence[int], rows: int, start: int) -> Iterator[tuple[int, Any]]:
        """Yield tables that follow each other, the first of which holds row ``start``, with the place of its row 0."""
        yield 0, self.whole(places)


class _Parts:
    """A file that is read piece by piece, as often as asked: Parquet, one or in parts, and Arrow."""

    def __init__(self, file: ParquetParts | _Batches) -> None:
        self._file = file
        self.fields, self.rows, self.pieces = file.fields, file.rows, file.pieces

    def whole(self, places: Sequence[int]) -> Any:  # noqa: ANN401 pyarrow ships no types
        """Return those columns with all rows."""
        import pyarrow as pa

        found = [table for _, table in self.pieces(places, 1 << 17, 0)]
        # Not concat_tables of none; and columns are given by place, since names may not differ.
        return pa.concat_tables(found) if found else self._empty(places)

    def _empty(self, places: Sequence[int]) -> Any:  # noqa: ANN401 pyarrow ships no types
        import pyarrow as pa

        return pa.table([pa.array([], self.fields[place][1]) for place in places], names=[str(p) for p in places])


class _Batches:
    """The record batches of an Arrow file."""

    def __init__(self, path: str) -> None:
        import pyarrow as pa

        self._file = pa.ipc.open_file(pa.memory_map(path))
        self.rows = sum(self._file.get_batch(place).num_rows for place in range(self._file.num_record_batches))
        self.fields = [(field.name, field.type) for field in self._file.schema]

    def pieces(self, places: Sequence[int], rows: int, start: int) -> Iterator[tuple[int, Any]]:
        """Yield tables that follow each other, the first of which holds row ``start``, with the place of its row 0."""
        import pyarrow as pa

        at = 0
        for number in range(self._file.num_record_batches):
            batch = self._file.get_batch(number)
            if at + batch.num_rows > start:
                wanted = batch.select(list(places))
                wanted.validate(full=True)
                yield at, pa.Table.from_batches([wanted])
            at += batch.num_rows


class _Lines:
    """A CSV file that is read piece by piece: its types are found by reading on until nothing contradicts them."""

    def __init__(self, path: str, csv: Mapping[str, Any]) -> None:
        import pyarrow as pa

        self._path, self._csv = path, csv
        self.fields: list[tuple[str, Any]] = []
        wider = {"null": pa.float64(), "int64": pa.float64()}
        text = pa.dictionary(pa.int32(), pa.string())
        with self._reader(()) as reader:
            kinds = [wider["null"] if pa.types.is_null(field.type) else field.type for field in reader.schema]
            kinds = [text if pa.types.is_string(kind) else kind for kind in kinds]
            self.fields = list(zip(reader.schema.names, kinds, strict=True))
        for _ in range(2 * len(kinds) + 1):
            try:
                with self._reader(()) as reader:
                    self.rows = sum(batch.num_rows for batch in reader)
                return
            except pa.ArrowInvalid as error:
                found = re.search(r"In CSV column #(\d+): CSV conversion error", str(error))
                if found is None:
                    raise
                name, kind = self.fields[int(found[1])]
                self.fields[int(found[1])] = (name, wider.get(str(kind), text))
        raise UnreadableError("its columns change their type from row to row")

    def whole(self, places: Sequence[int]) -> Any:  # noqa: ANN401 pyarrow ships no types
        """Return those columns with all rows."""
        import pyarrow as pa

        with self._reader(places) as reader:
            return pa.Table.from_batches(list(reader), reader.schema)

    def pieces(self, places: Sequence[int], rows: int, start: int) -> Iterator[tuple[int, Any]]:
        """Yield tables that follow each other, the first of which holds row ``start``, with the place of its row 0."""
        import pyarrow as pa

        at = 0
        with self._reader(places) as reader:
            for batch in reader:  # lines have to be parsed to be passed over
                if at + batch.num_rows > start:
                    yield at, pa.Table.from_batches([batch])
                at += batch.num_rows

    def _reader(self, places: Sequence[int]) -> Any:  # noqa: ANN401 pyarrow ships no types
        import pyarrow.csv as pc

        # Columns are read by names of our own, which differ even where those of the file do not.
        names = [f"c{place}" for place in range(len(self.fields))]
        return pc.open_csv(
            self._path,
            read_options=pc.ReadOptions(
                encoding=self._csv["encoding"],
                block_size=_BLOCK_BYTES,
                column_names=names or None,
                skip_rows=1 if names else 0,
            ),
            parse_options=pc.ParseOptions(delimiter=self._csv["delimiter"], newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                decimal_point=self._csv["decimal"],
                strings_can_be_null=False,
                column_types={f"c{place}": kind for place, (_, kind) in enumerate(self.fields)},
                include_columns=[f"c{place}" for place in places] or None,
            ),
        )


def _opened(config: Mapping[str, Any]) -> _Whole | _Parts | _Lines:
    kind, path = config["format"], config["path"]
    if kind == "parquet":
        return _Parts(ParquetParts(path, config["parts"]))
    if kind == "arrow":
        return _Parts(_Batches(path))
    if kind == "jsonl":
        import pyarrow.json as pj

        return _Whole(pj.read_json(path))
    import pyarrow.csv as pc

    csv = config["csv"]
    if "read" in csv:
        return _Lines(path, csv)
    return _Whole(
        pc.read_csv(
            path,
            read_options=pc.ReadOptions(encoding=csv["encoding"]),
            parse_options=pc.ParseOptions(delimiter=csv["delimiter"], newlines_in_values=True),
            # Text becomes a dictionary while it is parsed; to encode it afterwards would import all of pyarrow.compute.
            convert_options=pc.ConvertOptions(
                decimal_point=csv["decimal"],
                strings_can_be_null=False,
                auto_dict_encode=True,
                auto_dict_max_cardinality=_MOST_WORDS,
            ),
        )
    )


def _kind(name: str, type_: Any) -> str:  # noqa: ANN401 pyarrow ships no types
    """Return how a column of that type is sent."""
    import pyarrow.types as pt

    if str(type_) in {*PLAIN, "date32[day]", NULL}:
        return str(type_)
    if pt.is_timestamp(type_):
        return f"timestamp[{type_.unit}]"
    if pt.is_decimal(type_) and type_.scale == 0 and type_.precision <= _WHOLE_DIGITS:
        return "int64"
    ways = (
        ("float", (pt.is_float16,)),
        ("double", (pt.is_decimal,)),
        ("date32[day]", (pt.is_date64,)),
        (WORD, (pt.is_dictionary, pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_time, pt.is_duration)),
    )
    bytes_only = pt.is_dictionary(type_) and (pt.is_binary(type_.value_type) or pt.is_large_binary(type_.value_type))
    for kind, tests in ways:
        if not bytes_only and any(test(type_) for test in tests):
            return kind
    said = type_.value_type if bytes_only else type_
    raise UnreadableError(f"the column {name!r} holds values of type {said}; numbers, text and dates can be used")


def _cut(source: _Whole | _Parts | _Lines, places: Sequence[int], wanted: Mapping[str, Any]) -> Iterator[Any]:
    """Yield tables of exactly ``wanted["rows"]`` rows, the last one perhaps of fewer, from one row up to another.

    Where a block begins and ends follows from its number alone, never from how the file is laid out: who reads half of
    the blocks reads the same ones.
    """
    import pyarrow as pa

    rows, start, stop = wanted["rows"], wanted["start"], wanted["stop"]
    held, there = [], 0
    for at, piece in source.pieces(places, rows, start):
        if at >= stop:
            break
        left = piece.slice(max(0, start - at), stop - max(at, start))
        while left.num_rows:
            part = left.slice(0, rows - there)
            left = left.slice(part.num_rows)
            held.append(part)
            there += part.num_rows
            if there == rows:
                yield pa.concat_tables(held)
                held, there = [], 0
    if there:
        yield pa.concat_tables(held)


def _send(channel: Channel, source: _Whole | _Parts | _Lines, kinds: Sequence[str], wanted: Mapping[str, Any]) -> None:
    places = wanted["columns"]
    words: list[_Words | None] = [_Words() if kinds[place] == WORD else None for place in places]
    for table in _cut(source, places, wanted) if wanted["rows"] else [source.whole(places)]:
        channel.frame(BATCH, 0, len(places), table.num_rows, ())
        for place, column, known in zip(places, table.columns, words, strict=True):
            if known is not None:
                _send_words(channel, known, column)
            elif kinds[place] != NULL:
                _send_plain(channel, kinds[place], column)
    channel.frame(DONE, 0, 0, 0, ())


def _send_plain(channel: Channel, kind: str, column: Any) -> None:  # noqa: ANN401 pyarrow ships no types
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


def _send_words(channel: Channel, known: _Words, column: Any) -> None:  # noqa: ANN401 pyarrow ships no types
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


class _Words:
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
