"""The rows of a Parquet file, or of several that lie in one folder as if they were one, piece by piece.

Where several are read, one is open at a time, whatever their number, and what is wrong is told with the name of the one
that it is wrong with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class UnreadableError(Exception):
    """The file is not what it is said to be, or holds what no check can use."""


class ParquetParts:
    """Files whose rows follow each other in the order in which they are named.

    Parameters
    ----------
    path
        Of the file, or of the folder in which the parts lie.
    names
        Names of the parts; none where ``path`` is the file itself.
    """

    def __init__(self, path: str, names: Sequence[str]) -> None:
        self._paths = {name: f"{path}/{name}" for name in names} or {"": path}
        self._rows: dict[str, int] = {}
        self._open: tuple[str, Any] | None = None
        self._texts: set[str] = set()
        self.fields: list[tuple[str, Any]] = []
        first = ""
        for name in self._paths:
            with _told_of(name):
                file = self._file(name)
                fields = [(field.name, field.type) for field in file.schema_arrow]
                if not self._rows:
                    self.fields, first = fields, name
                elif fields != self.fields:
                    self._note_texts(fields, first)
                self._rows[name] = _counted(file.metadata)
        self.rows = sum(self._rows.values())

    def pieces(self, places: Sequence[int], rows: int, start: int) -> Iterator[tuple[int, Any]]:
        """Yield tables that follow each other, the first of which holds row ``start``, with the place of its row 0."""
        import pyarrow as pa

        names, at = [self.fields[place][0] for place in places], 0
        for part, there in self._rows.items():
            if at + there > start:  # a part that ends before is not opened
                with _told_of(part):
                    for place, batch in self._batches(part, names, rows, start - at):
                        batch.validate(full=True)
                        # By columns: whether a field may be missing is no part of what parts have in common.
                        columns = zip(names, batch.columns, strict=True)
                        arrays = [_coded(column) if name in self._texts else column for name, column in columns]
                        yield at + place, pa.Table.from_arrays(arrays, names=names)
            at += there

    def _note_texts(self, fields: list[tuple[str, Any]], first: str) -> None:
        """Note columns of text that parts keep in several ways, as pandas does with categories; refuse what differs.

        Raises
        ------
        UnreadableError
            The columns of a part are others than those of the first one.
        """
        import pyarrow as pa

        coded = pa.dictionary(pa.int32(), pa.string())
        pairs = zip(fields, self.fields, strict=False)
        texts = {name for (name, kind), (_, other) in pairs if kind != other and _is_text(kind) and _is_text(other)}
        found, known = (
            [(name, coded if name in texts else kind) for name, kind in one] for one in (fields, self.fields)
        )
        if found != known:
            raise UnreadableError(_difference(found, known, first))
        self.fields = known
        self._texts |= texts

    def _batches(self, part: str, names: list[str], rows: int, start: int) -> Iterator[tuple[int, Any]]:
        file, at = self._file(part), 0
        for group in range(file.metadata.num_row_groups):
            end = at + file.metadata.row_group(group).num_rows
            if end > start:  # a row group that ends before is not read
                # One by one: of several at once a file that lies of their lengths gives other rows than of each.
                for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=names):
                    yield at, batch.select(names)
                    at += batch.num_rows
                if at != end:
                    raise UnreadableError(f"row group {group} has {end - at} rows fewer than it says")
            at = end

    def _file(self, part: str) -> Any:  # noqa: ANN401 pyarrow ships no types
        """Return a part's file; the last one stays open until another is asked for."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._open is None or self._open[0] != part:
            if self._open is not None:
                self._open[1].close()
            path = self._paths[part]
            texts = [field.name for field in pq.read_schema(path) if pa.types.is_string(field.type)]
            # Text that is a dictionary in the file stays one: no row of it is hashed again.
            self._open = part, pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts)
        return self._open[1]


@contextmanager
def _told_of(part: str) -> Iterator[None]:
    """Tell what is wrong with a part by its name; with a file that stands for itself, as it is."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, UnreadableError) as error:
        if not part:
            raise
        raise UnreadableError(f"{part}: {str(error).partition(chr(10))[0]}") from error


def _counted(metadata: Any) -> int:  # noqa: ANN401 pyarrow ships no types
    """Return the number of rows, which a file tells twice."""
    rows: int = sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
    if rows != metadata.num_rows:
        raise UnreadableError(f"it says that it has {metadata.num_rows} rows, and {rows} in its row groups")
    return rows


def _difference(fields: list[tuple[str, Any]], first: list[tuple[str, Any]], where: str) -> str:
    """Return what sets the columns of a part apart from those of the first one."""
    found, known = dict(fields), dict(first)
    for name, kind in fields:
        if name not in known:
            return f"a column {name!r}, which {where} does not have"
        if kind != known[name]:
            return f"the column {name!r} is of type {_said(kind)}, and of type {_said(known[name])} in {where}"
    for name in known:
        if name not in found:
            return f"no column {name!r}, which {where} has"
    return f"its columns stand in another order than in {where}"


def _is_text(kind: Any) -> bool:  # noqa: ANN401 pyarrow ships no types
    import pyarrow.types as pt

    kind = kind.value_type if pt.is_dictionary(kind) else kind
    return bool(pt.is_string(kind) or pt.is_large_string(kind))


def _coded(column: Any) -> Any:  # noqa: ANN401 pyarrow ships no types
    """Return a column of text as codes of 32 bits into its different texts, however it was kept."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), column.dictionary.cast(pa.string()))


def _said(kind: Any) -> str:  # noqa: ANN401 pyarrow ships no types
    """Return a type as Arrow calls it; text that is kept as a dictionary is text."""
    return "string" if str(kind).startswith("dictionary<values=string, indices=int32, ordered=0") else str(kind)
