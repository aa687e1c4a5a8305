"""Look into a zip by its own central directory: each entry once, bounded, refused where two readers could differ.

Python's ``zipfile`` is not used: it repairs. Here a name or size that the local header contradicts, bytes that belong
to two entries, or bytes in front of the first one are findings: by each of them a scanner has been shown one thing and
a loader another.
Source of the layout: PKWARE APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from proofbox.checks.artefacts.blobs import MOST_IN_MEMORY, Blob, Bytes, exactly, part_of
from proofbox.checks.artefacts.bytesources import FEW_BYTES, MOST_RATIO
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.names import leaves
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_ENTRIES = 20_000
MOST_DIRECTORY_BYTES = 16_000_000
LOCAL, CENTRAL, END, END64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"
_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_WIDE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the central directory."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    offset: int
    is_link: bool

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder."""
        return self.name.endswith("/")


def is_zip(blob: Blob) -> bool:
    """Return whether a zip reader would find a directory, wherever the file begins."""
    return _end_of(blob) is not None


def entries_of(blob: Blob, look: Look) -> tuple[Entry, ...]:
    """Return what the directory lists; what is wrong with it is noted.

    Raises
    ------
    BadDataError
        It breaks off, or is larger than is read.
    """
    place = _end_of(blob)
    if place is None:
        raise BadDataError(t("it is no whole zip"))
    count, size, offset = _directory(blob, place)
    if count > MOST_ENTRIES or size > MOST_DIRECTORY_BYTES:
        raise TooMuchError(
            t("it lists {count} entries, more than the {most} that are read", count=count, most=MOST_ENTRIES)
        )
    look.budget.item(count)
    entries = tuple(_listed(exactly(blob, offset, size), count))
    _check_names(entries, look)
    _check_places(blob, entries, look)
    return entries


def content_of(blob: Blob, entry: Entry, look: Look) -> Blob:
    """Return what an entry holds: the very bytes where they are stored, unpacked into memory otherwise.

    Raises
    ------
    BadDataError
        It is encrypted, packed in another way, larger than it says, or fails its checksum.
    """
    start = _data_start(blob, entry)
    if entry.flags & 0x2041:
        raise BadDataError(t("an entry is encrypted"))
    if entry.method == _STORED:
        if entry.packed != entry.size or start + entry.size > blob.size:
            raise BadDataError(t("an entry breaks off"))
        return part_of(blob, start, entry.size)
    if entry.method != _DEFLATED:
        raise BadDataError(t("an entry is packed by method {method}, which is not read", method=entry.method))
    if entry.size > max(entry.packed * MOST_RATIO, FEW_BYTES) or entry.size > MOST_IN_MEMORY:
        raise TooMuchError(t("an entry unpacks to {size} bytes, more than is read", size=entry.size))
    look.budget.unpack(entry.size)
    inflater = zlib.decompressobj(-15)
    try:
        content = inflater.decompress(exactly(blob, start, entry.packed), entry.size + 1)
    except zlib.error as err:
        raise BadDataError(t("an entry cannot be unpacked")) from err
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise BadDataError(t("an entry is not of the size or checksum that the directory says"))
    return Bytes(content)


def _end_of(blob: Blob) -> int | None:
    """Return where the record of the directory's end stands."""
    from_ = max(0, blob.size - 66_000)
    tail = blob.at(from_, 66_000)
    found = tail.rfind(END)
    return from_ + found if found >= 0 and found + _END.size <= len(tail) else None


def _directory(blob: Blob, end: int) -> tuple[int, int, int]:
    """Return (entries, bytes, offset) of the directory."""
    *_, count, size, offset, _ = _END.unpack(exactly(blob, end, _END.size))
    if count == 0xFFFF or _WIDE in (size, offset):
        magic, disk, place, disks = struct.unpack("<4sLQL", exactly(blob, end - 20, 20))
        if magic != b"PK\x06\x07" or disk or disks > 1:
            raise BadDataError(t("its directory cannot be found"))
        record = exactly(blob, place, 56)
        if record[:4] != END64:
            raise BadDataError(t("its directory cannot be found"))
        count, size, offset = struct.unpack("<3Q", record[32:56])
    if offset + size > end:
        raise BadDataError(t("its directory lies outside of it"))
    return count, size, offset


def _listed(directory: bytes, count: int) -> Iterator[Entry]:
    place = 0
    for _ in range(count):
        if place + _CENTRAL.size > len(directory) or directory[place : place + 4] != CENTRAL:
            raise BadDataError(t("its directory breaks off"))
        fields = _CENTRAL.unpack_from(directory, place)
        flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        name_bytes, extra_bytes, comment_bytes = fields[10:13]
        place += _CENTRAL.size
        name = directory[place : place + name_bytes].decode("utf-8" if flags & 0x800 else "cp437", "replace")
        extra = directory[place + name_bytes : place + name_bytes + extra_bytes]
        size, packed, offset = _wide(extra, [size, packed, fields[16]])
        place += name_bytes + extra_bytes + comment_bytes
        yield Entry(
            name=name,
            method=method,
            flags=flags,
            crc=crc,
            packed=packed,
            size=size,
            offset=offset,
            is_link=stat.S_ISLNK(fields[15] >> 16),
        )


def _wide(extra: bytes, numbers: list[int]) -> list[int]:
    """Return the numbers with those that did not fit into 32 bits taken from the zip64 field."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1:
            field = extra[place + 4 : place + 4 + length]
            for index, value in enumerate(numbers):
                if value == _WIDE and len(field) >= 8:
                    numbers[index] = struct.unpack("<Q", field[:8])[0]
                    field = field[8:]
        place += 4 + length
    return numbers


def _check_names(entries: tuple[Entry, ...], look: Look) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.name in seen:
            said = t("the archive lists {member} twice, so that two readers may read two things", member=_cut(entry))
            look.found("zip", "ambiguous-archive", "refused", said)
        if leaves(entry.name) or entry.is_link:
            said = t("the archive's entry {member} would be written or read outside of it", member=_cut(entry))
            look.found("zip", "path-outside", "refused", said)
        seen.add(entry.name)


def _check_places(blob: Blob, entries: tuple[Entry, ...], look: Look) -> None:
    """Note bytes in front of the first entry, bytes of two entries, and headers that contradict the directory."""
    end = 0
    for place, entry in enumerate(sorted(entries, key=lambda one: one.offset)):
        header = exactly(blob, entry.offset, _LOCAL.size)
        if header[:4] != LOCAL:
            raise BadDataError(t("an entry does not stand where the directory says"))
        fields = _LOCAL.unpack(header)
        name = exactly(blob, entry.offset + _LOCAL.size, fields[9])
        if place == 0 and entry.offset > 0:
            said = t(
                "{count} bytes stand in front of the archive, so that it is two things at once", count=entry.offset
            )
            look.found("zip", "ambiguous-archive", "refused", said)
        listed = name.decode("utf-8" if entry.flags & 0x800 else "cp437", "replace")
        if listed != entry.name or fields[3] != entry.method or (fields[2] ^ entry.flags) & 0x2041:
            said = t("the archive's directory and its entry {member} contradict each other", member=_cut(entry))
            look.found("zip", "ambiguous-archive", "refused", said)
        if entry.offset < end:
            said = t("the bytes of {member} belong to another entry as well, as in a zip bomb", member=_cut(entry))
            look.found("zip", "ambiguous-archive", "refused", said)
        end = _data_start(blob, entry) + entry.packed


def _data_start(blob: Blob, entry: Entry) -> int:
    fields = _LOCAL.unpack(exactly(blob, entry.offset, _LOCAL.size))
    return int(entry.offset + _LOCAL.size + fields[9] + fields[10])


def _cut(entry: Entry) -> str:
    return str(shown(entry.name, 80))
