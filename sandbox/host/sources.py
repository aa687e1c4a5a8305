"""The files that can be read inside, each as columns that are sent whole or piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .parquetparts import ParquetParts, UnreadableError

_MOST_WORDS = (1 << 31) - 1
"""Distinct texts of a column: as many as a code of 32 bits can tell apart."""
_BLOCK_BYTES = 1 << 24
"""Bytes of a CSV file that are read at once where it is read in batches."""


class Whole:
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


class Parts:
    """A file that is read piece by piece, as often as asked: Parquet, one or in parts, and Arrow."""

    def __init__(self, file: ParquetParts | Batches) -> None:
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


class Batches:
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


class Lines:
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


Source: TypeAlias = Whole | Parts | Lines


def opened(config: Mapping[str, Any]) -> Source:
    """Open the file that ``config`` names.

    Raises
    ------
    UnreadableError, pyarrow.ArrowException, OSError, ValueError, LookupError
        It is not what it is said to be.
    """
    kind, path = config["format"], config["path"]
    if kind == "parquet":
        return Parts(ParquetParts(path, config["parts"]))
    if kind == "arrow":
        return Parts(Batches(path))
    if kind == "jsonl":
        import pyarrow.json as pj

        return Whole(pj.read_json(path))
    import pyarrow.csv as pc

    csv = config["csv"]
    if "read" in csv:
        return Lines(path, csv)
    return Whole(
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
