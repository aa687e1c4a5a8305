"""Read which types a skops file names, from its ``schema.json``, without skops."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.errors import BadDataError

MOST_ENTRIES = 20_000
MOST_DIRECTORY_BYTES = 16_000_000
MOST_SCHEMA_BYTES = 50_000_000

_END = struct.Struct("<4s4H2LH")
"""The record at a zip's end: its counts and sizes are looked at before anything is read by them."""


def skops_globals(file: BinaryIO, size: int) -> Iterator[Global]:
    """Yield every (module, name) that the file's schema names.

    Raises
    ------
    BadDataError
        It is no zip with a readable ``schema.json``, or larger than agreed.
    """
    _check_end(file, size)
    try:
        with zipfile.ZipFile(file) as archive, archive.open("schema.json") as entry:
            content = entry.read(MOST_SCHEMA_BYTES + 1)
        if len(content) > MOST_SCHEMA_BYTES:
            raise BadDataError(f"its schema.json has more than {MOST_SCHEMA_BYTES} bytes")
        schema = json.loads(content)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, RecursionError, RuntimeError, OSError) as err:
        raise BadDataError("it has no readable schema.json") from err
    if not isinstance(schema, dict) or "__class__" not in schema:
        raise BadDataError("its schema.json is not the one of skops")
    yield from named_types(schema)


def named_types(schema: object) -> Iterator[Global]:
    """Yield every (module, name) in a parsed schema."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "__class__" in node or "__module__" in node:
                yield Global(str(node.get("__module__")), str(node.get("__class__")))
            if "module_path" in node and "function" in node:
                yield Global(str(node["module_path"]), str(node["function"]))
            waiting.extend(reversed(node.values()))
        elif isinstance(node, list):
            waiting.extend(reversed(node))


def _check_end(file: BinaryIO, size: int) -> None:
    file.seek(max(0, size - 66_000))
    tail = file.read(66_000)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or place + _END.size > len(tail):
        raise BadDataError("it is no whole zip")
    entries, directory_bytes = _END.unpack_from(tail, place)[4:6]
    if entries > MOST_ENTRIES or directory_bytes > MOST_DIRECTORY_BYTES:
        raise BadDataError(f"it has {entries} entries, more than the {MOST_ENTRIES} that are read")
    file.seek(0)
