"""Which files of a folder are the parts of a data set: what is no part and no mark of the writer is refused.

Spark, Dask, DuckDB and pandas write a table as a folder of Parquet files, with marks beside them (``_SUCCESS``,
``_metadata``, ``.part-0.parquet.crc``) that hold no rows. Folders within it mean that its rows are not the rows of its
files: columns whose values are names of folders, a table whose log says which files count, a write that was broken off.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proofbox.checks.dataparts import holds_rows
from proofbox.runners.errors import BadSourceError
from proofbox.sandbox.names import key, printable

MOST_PARTS = 1_000
"""Parts of one data set; fewer and larger ones are read faster, too."""
SUFFIX = ".parquet"

_LOGS = {"_delta_log": "Delta", ".hoodie": "Hudi", "metadata": "Iceberg"}
"""Folder -> the kind of table that keeps its log there."""


class BadFolderError(BadSourceError):
    """A folder is no data set in parts."""


def part_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the parts in the order in which they are read: character by character.

    Parameters
    ----------
    names
        Paths of all files below the folder, relative to it, with ``/``; a folder without files may end with ``/``.

    Raises
    ------
    BadFolderError
        Something in it is neither a part nor a mark, it holds folders, or there are too many parts or none.
    """
    given = sorted(names)
    if inner := next((name for name in given if "/" in name), None):
        raise _nested(inner.partition("/")[0])
    found = tuple(name for name in given if holds_rows(name))
    if stranger := next((name for name in found if not name.endswith(SUFFIX)), None):
        raise BadFolderError(
            f"the file '{printable(stranger)}' in a folder of data",
            f"Parquet files alone, named *{SUFFIX}; names that begin with '_' or '.' are passed over",
            "take it out of the folder, or name one file",
        )
    if not found:
        raise BadFolderError(f"a folder without a file named *{SUFFIX}", "at least one part", "write the data again")
    if len(found) > MOST_PARTS:
        got = f"a folder of {len(found)} parts"
        raise BadFolderError(got, f"at most {MOST_PARTS}", "write fewer and larger parts ('coalesce', 'repartition')")
    if len({key(name) for name in found}) < len(found):
        got = "names of parts that are the same to some systems or readers"
        raise BadFolderError(got, "names that differ in more than case or form", "rename one of the two")
    return found


def parts_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the parts in a folder of the copy, which :func:`part_names` has let pass."""
    return tuple(sorted(path.name for path in folder.iterdir() if holds_rows(path.name)))


def _nested(name: str) -> BadFolderError:
    shown, expected = f"the folder '{printable(name)}' in a folder of data", "Parquet files side by side"
    if "=" in name:
        hint = "a column whose values are names of folders is not read: write the data without partitioning"
    elif name in _LOGS:
        hint = f"this is a table of {_LOGS[name]}, whose log says which files count: export its rows as plain Parquet"
    elif name == "_temporary":
        hint = "writing it was broken off, so parts are missing: write the data again"
    else:
        hint = "move its files, or name the inner folder"
    return BadFolderError(shown, expected, hint)
