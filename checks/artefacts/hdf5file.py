"""Look into an HDF5 file for what reaches outside of it: external links, external storage, virtual sources.

The file's metadata are never compressed (but for a group's heap, which is then named), so that every message that
names another file stands in its bytes as it is. They are found by their form and not by a walk from the
root: a walk can be led astray, a message that is not where a reader looks only makes the answer stricter.
Source of the layout: "HDF5 File Format Specification Version 3.0", IV.A.2 (messages) and III.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator

from proofbox.checks.artefacts.blobs import Blob
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.kerasfile import look_at_layers
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MAGIC = b"\x89HDF\r\n\x1a\n"
MOST_BYTES = 2_000_000_000
MOST_TRIES = 64
_STEP, _KEEP = 1 << 24, 1 << 22

# Link message: version 1, flags that say "a type is given", the type: 64 is external.
_LINK = re.compile(rb"\x01([\x08-\x0f\x18-\x1f])\x40", re.DOTALL)
# External data files: version 1, three reserved bytes, slots, slots in use, address of a heap with their names.
_STORAGE = re.compile(rb"(?=\x01\x00\x00\x00(..)(..)(.{8}))", re.DOTALL)
# Layout of a data set: version 4, class 3, address of a heap with its sources.
_VIRTUAL = re.compile(rb"(?=\x04\x03(.{8}))", re.DOTALL)
_FILTERED_HEAP = re.compile(rb"FRHP\x00..(..)", re.DOTALL)
_CLASS_NAME = re.compile(rb'"class_name"\s*:')
# Printable ASCII as an escape: no writer of JSON does that.
_ESCAPED = re.compile(rb"\\u00[2-7][0-9a-fA-F]")


def is_hdf5(blob: Blob) -> bool:
    """Return whether a superblock stands at the beginning or behind a user's block."""
    return any(blob.at(place, 8) == MAGIC for place in (0, 512, 1024, 2048, 4096))


def look_at_hdf5(blob: Blob, look: Look) -> None:
    """Note what reaches outside, and layers of Keras that hold code.

    Raises
    ------
    BadDataError
        It has more bytes than are looked through, or a description of layers that cannot be read.
    """
    if blob.size > MOST_BYTES:
        raise TooMuchError(
            t(
                "it has {file_size} bytes, more than the {most} that are looked through",
                file_size=blob.size,
                most=MOST_BYTES,
            )
        )
    look.budget.unpack(blob.size)
    done = 0
    for place, content in _windows(blob):
        _links(content, place, look)
        _storage(blob, content, place, look)
        for match in _FILTERED_HEAP.finditer(content):
            if match[1] != b"\0\0" and match.start() < _STEP:
                raise BadDataError(t("a group's list of links is compressed, so that they cannot be seen"))
        done = _configs(content, place, done, look)


def _windows(blob: Blob) -> Iterator[tuple[int, bytes]]:
    for place in range(0, blob.size, _STEP):
        yield place, blob.at(place, _STEP + _KEEP)


def _links(content: bytes, place: int, look: Look) -> None:
    for match in _LINK.finditer(content):
        if match.start() >= _STEP:
            return
        if (target := _target(content, match)) is not None:
            said = t("a link leads out of the file, to {target}", target=shown(target, 120))
            look.found("hdf5", "path-outside", "refused", said, f"offset {place + match.start()}")


def _target(content: bytes, match: re.Match[bytes]) -> str | None:
    """Return the file that an external link names, if what begins here is a link message and whole."""
    flags = match[1][0]
    at = match.end() + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    wide = 1 << (flags & 3)
    length = int.from_bytes(content[at : at + wide], "little")
    name = content[at + wide : at + wide + length]
    at += wide + length
    if not 0 < length <= 4096 or len(name) != length or not _readable(name):
        return None
    (size,) = struct.unpack("<H", content[at : at + 2].ljust(2, b"\0"))
    value = content[at + 2 : at + 2 + size]
    file, end, rest = value[1:].partition(b"\0")
    if len(value) != size or size < 4 or value[0] != 0 or not end or not rest.endswith(b"\0") or not _readable(file):
        return None
    return file.decode("utf-8", "replace")


def _readable(name: bytes) -> bool:
    try:
        return bool(name) and name.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _storage(blob: Blob, content: bytes, place: int, look: Look) -> None:
    for match in _STORAGE.finditer(content):
        slots, used, heap = (int.from_bytes(part, "little") for part in match.groups())
        if match.start() < _STEP and 0 < used <= slots and _heap_at(blob, heap, b"HEAP"):
            said = t("a data set keeps its numbers in another file, whatever that is on the reader's computer")
            look.found("hdf5", "path-outside", "refused", said, f"offset {place + match.start()}")
    for match in _VIRTUAL.finditer(content):
        if match.start() < _STEP and _heap_at(blob, int.from_bytes(match[1], "little"), b"GCOL"):
            said = t("a data set is put together from other files, whatever those are on the reader's computer")
            look.found("hdf5", "path-outside", "refused", said, f"offset {place + match.start()}")


def _heap_at(blob: Blob, address: int, magic: bytes) -> bool:
    return address < blob.size and any(blob.at(base + address, 4) == magic for base in (0, 512, 1024, 2048, 4096))


def _configs(content: bytes, place: int, done: int, look: Look) -> int:
    """Look into descriptions of layers; return up to where in the file they have been looked into."""
    if _ESCAPED.search(content):
        raise BadDataError(t("its description of layers is written in escapes, so that it is not found"))
    for match in _CLASS_NAME.finditer(content):
        if place + match.start() >= done and match.start() < _STEP:
            done = place + _described(content, match.start(), look)
    return done


def _described(content: bytes, at: int, look: Look) -> int:
    """Look into the JSON object that holds what stands ``at``; return where it ends."""
    stop = content.find(b"\0", at)
    start = at
    for _ in range(MOST_TRIES):
        start = content.rfind(b"{", max(0, at - _KEEP), start)
        if start < 0:
            break
        # One character a byte: the names that matter are ASCII, and places stay places.
        text = content[start : stop if stop >= 0 else len(content)].decode("latin-1")
        look.budget.parse(len(text))
        try:
            value, length = json.JSONDecoder().raw_decode(text)
        except RecursionError as err:
            raise TooMuchError(t("its description of layers is nested too deeply")) from err
        except ValueError:
            continue
        if start + length > at:
            look_at_layers(value, look)
            return start + int(length)
    raise BadDataError(t("its description of layers cannot be parsed"))
