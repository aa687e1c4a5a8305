"""Read the submission's data files into Arrow tables, and say what was detected and merged on the way.

Text columns become dictionary columns whose categories are NFC-normalised and trimmed, so that ``Nữ`` typed in two
encodings is one group; what was merged is recorded. Nothing is dropped: an empty cell becomes a missing value.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from proofbox.runners.errors import BadSourceError
from proofbox.runners.parts import parts_in
from proofbox.runners.submitted.data import Csv
from proofbox.sandbox.errors import DataError
from proofbox.sandbox.reading import DataFile, FileSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.result import Json

_SAMPLE_BYTES = 1 << 16
_LONGEST_HEADER = 1 << 20
"""Bytes; the reader takes files of text apart in pieces of this size, and a line must fit into one."""
_MOST_NAMED = 50
"""A text column of more categories is no column of groups, and its categories are counted and not named."""

_DELIMITERS = (",", ";", "\t", "|")
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


OpenFile: TypeAlias = Callable[[FileSpec], DataFile]
"""Opens a submitted data file where it can do no harm."""


class UnreadableTableError(BadSourceError):
    """A data file cannot be read as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """A table and what was noticed while reading it."""

    table: pa.Table
    detail: Mapping[str, Json]


def read_table(path: Path, open_file: OpenFile, csv: Csv | None = None) -> ReadTable:
    """Read one data file.

    Parameters
    ----------
    path
        csv, parquet, arrow or jsonl, told apart by the file's ending; or a folder of Parquet parts.
    open_file
        Opens it behind the walls. This side looks at the first 64 KiB of a CSV file alone, as bytes.
    csv
        How a CSV file is written; ``auto`` is detected.

    Raises
    ------
    UnreadableTableError
        The file is empty, of another format, of another encoding, or has no rows or columns.
    """
    spec, detail = described(path, csv)
    try:
        with open_file(spec) as file:
            return held(file, detail)
    except DataError as err:
        raise unreadable(err, spec) from err


def described(path: Path, csv: Csv | None) -> tuple[FileSpec, dict[str, Json]]:
    """Return how a file is to be opened, by its ending and (where it is CSV) its first bytes, and what was detected."""
    if path.is_dir():
        return FileSpec(path=path, format="parquet", parts=parts_in(path)), {"format": "parquet"}
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise UnreadableTableError(
            f"a file ending in '{path.suffix}'", "one of " + ", ".join(sorted(_SUFFIXES)), "convert the file"
        )
    if path.stat().st_size == 0:
        raise UnreadableTableError("an empty file", "a header and at least one row", "export the data again")
    if kind != "csv":
        return FileSpec(path=path, format=kind), {"format": kind}
    form = _csv_form(path, csv or Csv())
    known = "utf8" if form["encoding"].startswith("utf-8") else form["encoding"]
    return FileSpec(path=path, format=kind, csv={**form, "encoding": known}), {"format": kind, **form}


def held(file: DataFile, detail: dict[str, Json]) -> ReadTable:
    """Return all rows of an open file."""
    table = file.table()
    table = table.rename_columns(check_columns(table.column_names, table.num_rows, str(detail["format"])))
    table, merged, forms = normalise_text(table)
    if merged:
        detail["merged_categories"] = merged
    if forms:
        detail["text_forms"] = forms
    return ReadTable(table=table, detail=detail)


def check_columns(header: Sequence[str], rows: int, kind: str) -> list[str]:
    """Return the cleaned names of the columns; refuse a table without rows or columns, and names that are no names."""
    if rows == 0 or not header:
        got = f"{rows} rows and {len(header)} columns"
        raise UnreadableTableError(got, "at least one row and one column", "export the data again")
    if kind == "csv" and any(not name.strip() for name in header):
        raise UnreadableTableError(
            "a column without a name", "a header that names every column", "check the first line and the delimiter"
        )
    names = [unicodedata.normalize("NFC", name).strip() for name in header] if kind == "csv" else list(header)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise UnreadableTableError(f"the column '{doubled[0]}' twice", "column names that differ", "rename one of them")
    return names


def unreadable(err: DataError, spec: FileSpec) -> UnreadableTableError:
    """Return the reader's word on a file as a mistake of the submission."""
    kind = spec.format
    if err.over_limit:
        got, hint = f"a file that is too large to be read ({err.what})", "submit fewer rows, or fewer columns"
        return UnreadableTableError(got, "a file that fits", hint)
    if kind == "csv":
        hint = "check the quotes and the number of fields in that row, or set data.*.csv in submission.yaml"
        return UnreadableTableError(f"a file that does not parse ({err.what})", "a CSV file", hint)
    if spec.parts:
        got, hint = f"parts that are not one table ({err.what})", "write that part again, like the first one"
        return UnreadableTableError(got, "Parquet files of the same columns, types and order of columns", hint)
    return UnreadableTableError(f"bytes that are not {kind} ({err.what})", f"a {kind} file", "write it again")


def _csv_form(path: Path, csv: Csv) -> dict[str, str]:
    """Return how a CSV file is written, as declared or as its first bytes show."""
    with path.open("rb") as file:
        head = file.readline(_LONGEST_HEADER)
        if len(head) == _LONGEST_HEADER and not head.endswith(b"\n") and b"\r" not in head:
            got, hint = f"a first line of more than {_LONGEST_HEADER} bytes", "check that lines end with a line feed"
            raise UnreadableTableError(got, "a line with the names of the columns", hint)
        head += file.read(_SAMPLE_BYTES)
    encoding = _encoding(head, csv)
    text = head.decode(encoding, errors="replace")
    delimiter = _delimiter(text, path) if csv.delimiter == "auto" else csv.delimiter
    decimal = _decimal(text, delimiter) if csv.decimal == "auto" else csv.decimal
    return {"delimiter": delimiter, "decimal": decimal, "encoding": encoding}


def _encoding(head: bytes, csv: Csv) -> str:
    if csv.encoding != "auto":
        return csv.encoding
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableTableError("text in UTF-16", "UTF-8", "save as UTF-8, or set csv: {encoding: utf-16}")
    if b"\x00" in head:
        raise UnreadableTableError("binary bytes", "text in UTF-8", "check that this is the CSV file")
    try:
        # A multi-byte letter may be cut at the sample's end; three bytes are the most that can be missing.
        head.decode("utf-8") if len(head) < _SAMPLE_BYTES else head[: head.rfind(b"\n")].decode("utf-8")
    except UnicodeDecodeError as err:
        line = head[: err.start].count(b"\n") + 1
        raise UnreadableTableError(
            f"a byte in line {line} that is not UTF-8", "UTF-8", "save as UTF-8, or set csv: {encoding: windows-1258}"
        ) from err
    return "utf-8-sig" if head.startswith(b"\xef\xbb\xbf") else "utf-8"


def _delimiter(text: str, path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    header = text.lstrip("\ufeff").partition("\n")[0]
    counts = {sign: header.count(sign) for sign in _DELIMITERS}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else ","


def _decimal(text: str, delimiter: str) -> str:
    """Return the decimal sign; a comma only where it does not separate fields and is more common than the point."""
    if delimiter == ",":
        return "."
    import re

    fields = [field.strip().strip('"') for line in text.splitlines()[1:200] for field in line.split(delimiter)]
    commas = sum(bool(re.fullmatch(r"[-+]?\d+,\d+", field)) for field in fields)
    points = sum(bool(re.fullmatch(r"[-+]?\d+\.\d+", field)) for field in fields)
    return "," if commas > points else "."


def normalise_text(table: pa.Table) -> tuple[pa.Table, dict[str, Json], dict[str, Json]]:
    """Dictionary-encode text columns, merge categories that differ only in form, and say what was done."""
    import pyarrow as pa

    merged: dict[str, Json] = {}
    forms: dict[str, Json] = {}
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column = column.dictionary_encode()  # noqa: PLW2901 - one column after the other
        if pa.types.is_dictionary(column.type):
            array, said, rewritten = _merge_categories(column.combine_chunks())
            columns.append(array)
            if rewritten:
                forms[name] = rewritten
            if said:
                merged[name] = said
        else:
            columns.append(column)
    return pa.table(columns, names=table.column_names), merged, forms


def _merge_categories(array: pa.Array) -> tuple[pa.Array, list[Json], dict[str, Json]]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(array, pa.ChunkedArray):
        array = array.unify_dictionaries().combine_chunks()
    values = array.dictionary.to_pylist()
    clean = [None if value is None else unicodedata.normalize("NFC", str(value)).strip() for value in values]
    if array.type == pa.dictionary(pa.int32(), pa.string()) and values == clean and all(clean):
        # Nothing to clean: the codes stay as they are, and no row is touched.
        return array, [], {}
    kept = sorted({value for value in clean if value})
    place = {value: index for index, value in enumerate(kept)}
    # The last code stands for "missing" and is turned into a null below.
    recode = np.array([place.get(value, len(kept)) if value else len(kept) for value in clean], dtype=np.int32)
    codes = pc.fill_null(array.indices.cast(pa.int32()), len(values)).to_numpy(zero_copy_only=False)
    counts = np.bincount(codes, minlength=len(values) + 1)
    codes = np.append(recode, np.int32(len(kept)))[codes]
    indices = pa.array(codes, mask=codes == len(kept))
    changed = [place for place, value in enumerate(values) if value is not None and str(value) != clean[place]]
    array = pa.DictionaryArray.from_arrays(indices, pa.array(kept, type=pa.string()))
    return array, _merged(values, clean, changed, len(kept)), _forms([str(values[i]) for i in changed], counts[changed])


def _merged(values: list[Any], clean: list[str | None], changed: list[int], kept: int) -> list[Json]:
    """Say which categories were written in several ways; only their number where a column holds more than groups."""
    again = {clean[place] for place in changed if clean[place]}
    ways: dict[str, set[str]] = {}
    for raw, new in zip(values, clean, strict=True):
        if new in again and new is not None:
            ways.setdefault(new, set()).add(str(raw))
    several = {category: forms for category, forms in ways.items() if len(forms) > 1}
    if several and kept > _MOST_NAMED:
        # The values of such a column may be names or numbers of people, which no record shows.
        return [{"categories_merged": len(several)}]
    return [
        {"category": category, "written_as": [form.encode("unicode_escape").decode() for form in sorted(forms)]}
        for category, forms in sorted(several.items())
    ]


def _forms(written: list[str], rows: Any) -> dict[str, Json]:  # noqa: ANN401 - counts, shape (values,)
    """Count the rows whose text was rewritten, by what was wrong with it."""
    kinds = {
        "not_nfc": [unicodedata.normalize("NFC", text) != text for text in written],
        "blanks_at_ends": [bool(text.strip()) and text != text.strip() for text in written],
        "only_blanks": [bool(text) and not text.strip() for text in written],
    }
    counted = {
        kind: sum(int(n) for n, is_so in zip(rows, which, strict=True) if is_so) for kind, which in kinds.items()
    }
    return {kind: count for kind, count in counted.items() if count}
