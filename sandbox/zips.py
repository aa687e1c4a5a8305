"""Unpack a zip whose two tables of names agree to the byte and whose entries lie one after the other.

Source: PKWARE APPNOTE 6.3.10. Read by hand: an archive that two programs read differently is refused.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from proofbox.sandbox.archive import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from proofbox.sandbox.store import Store

END = struct.Struct("<4s4H2LH")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
CHUNK_BYTES = 256 * 1024
MAX_TABLE_BYTES = 4 * 1024 * 1024
ENCRYPTED, DESCRIPTOR, PATCHED, STRONG, UTF8, MASKED = 1, 1 << 3, 1 << 5, 1 << 6, 1 << 11, 1 << 13
STORED, DEFLATED = 0, 8
ZIP64, UNICODE_PATH = 0x0001, 0x7075
UNIX = 3
MAX_DESCRIPTOR_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    """Unix mode, 0 where the archive was made elsewhere."""


def unpack(file: IO[bytes], store: Store) -> None:
    """Unpack the zip in ``file``.

    Raises
    ------
    IntakeError
        It holds anything but regular files and folders, or its tables do not agree.
    """
    entries, end = _table(file)
    place = 0
    for entry in sorted(entries, key=lambda one: one.offset):
        gap = entry.offset - place
        if gap < 0:
            raise refused(entry.name, "entries that overlap", "entries one after the other")
        if gap > 0:
            raise refused(entry.name, f"{gap} bytes that belong to no entry", "entries one after the other")
        place = _unpack_one(file, store, entry, end)
    if place != end:
        raise refused("", "bytes between the last entry and the table of names", "none")


def _table(file: IO[bytes]) -> tuple[list[_Entry], int]:
    size = file.seek(0, os.SEEK_END)
    if size < END.size + LOCAL.size:
        raise refused("", "too few bytes for a zip with a file in it", "a .zip")
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise refused("", "a file that does not begin with a zip's first entry", "a .zip with nothing before it")
    file.seek(size - END.size)
    magic, disk, first_disk, here, count, length, start, comment = END.unpack(file.read(END.size))
    if magic != b"PK\x05\x06" or comment:
        raise refused("", "a comment or other bytes at the end, or no end at all", "a whole .zip without a comment")
    if disk or first_disk or here != count or start + length != size - END.size or length > MAX_TABLE_BYTES:
        raise refused("", "a table of names that is not where it should be", "a .zip in one part, below 4 GiB")
    file.seek(start)
    table = file.read(length)
    entries, place = [], 0
    while place < len(table):
        entry, place = _central(table, place)
        entries.append(entry)
    if len(entries) != count:
        raise refused("", f"{len(entries)} entries where {count} were told", "tables that agree")
    return entries, start


def _central(table: bytes, place: int) -> tuple[_Entry, int]:
    if len(table) - place < CENTRAL.size:
        raise refused("", "a table of names that ends too early", "a whole .zip")
    fields = CENTRAL.unpack_from(table, place)
    magic, made_by, _, flags, method, _, _, crc, packed, size, names, extras, comments, disk, _, attributes, offset = (
        fields
    )
    after = place + CENTRAL.size
    raw = table[after : after + names]
    extra = table[after + names : after + names + extras]
    place = after + names + extras + comments
    if magic != b"PK\x01\x02" or place > len(table) or comments or disk:
        raise refused("", "a table of names that cannot be read, or comments in it", "a whole .zip without comments")
    name = _decoded(raw, flags)
    if flags & (ENCRYPTED | STRONG | MASKED | PATCHED):
        raise refused(name, "an encrypted or patched entry", "plain entries")
    if method not in {STORED, DEFLATED}:
        raise refused(name, f"the compression method {method}", "stored or deflate")
    for kind in _extra_kinds(extra, name):
        if kind in {ZIP64, UNICODE_PATH}:
            raise refused(name, "a second size or name in an extra field", "one name and one size")
    mode = attributes >> 16 if made_by >> 8 == UNIX else 0
    entry = _Entry(
        name=name, raw_name=raw, flags=flags, method=method, crc=crc, packed=packed, size=size, offset=offset, mode=mode
    )
    return entry, place


def _unpack_one(file: IO[bytes], store: Store, entry: _Entry, end: int) -> int:
    """Unpack one entry and return the place of the byte after it."""
    _check_kind(entry)
    if entry.offset + LOCAL.size > end:
        raise refused(entry.name, "an entry outside the archive", "tables that agree")
    file.seek(entry.offset)
    fields = LOCAL.unpack(file.read(LOCAL.size))
    magic, _, flags, method, _, _, crc, packed, size, names, extras = fields
    raw, extra = file.read(names), file.read(extras)
    if magic != b"PK\x03\x04" or raw != entry.raw_name or flags != entry.flags or method != entry.method:
        raise refused(entry.name, "two tables of names that do not agree", "tables that agree")
    if UNICODE_PATH in _extra_kinds(extra, entry.name):
        raise refused(entry.name, "a second name in an extra field", "one name")
    later = bool(flags & DESCRIPTOR)
    if not later and (crc, packed, size) != (entry.crc, entry.packed, entry.size):
        raise refused(entry.name, "two tables of sizes that do not agree", "tables that agree")
    data = file.tell()
    after = data + entry.packed
    if after > end:
        raise refused(entry.name, "an entry that reaches into the table of names", "entries one after the other")
    if entry.name.endswith("/"):
        if entry.size or entry.packed:
            raise refused(entry.name, "a folder with content", "an empty one")
        store.folder(entry.name.removesuffix("/"))
    else:
        store.file(entry.name, _reader(file, entry), entry.size)
    return after + (_descriptor(file, entry, after, end) if later else 0)


def _check_kind(entry: _Entry) -> None:
    kind = stat.S_IFMT(entry.mode)
    wanted = stat.S_IFDIR if entry.name.endswith("/") else stat.S_IFREG
    if kind not in {0, wanted}:
        got = "a symbolic link" if kind == stat.S_IFLNK else "a special file"
        raise refused(entry.name, got, "regular files and folders")


def _reader(file: IO[bytes], entry: _Entry) -> Callable[[int], bytes]:
    """Return a function that reads the entry's content; at its end the checksum has been compared."""
    inflate = zlib.decompressobj(-15) if entry.method == DEFLATED else None
    left, crc, ended = entry.packed, 0, False
    pending = b""

    def more(most: int) -> bytes:
        nonlocal left, pending
        if not pending and left:
            pending = file.read(min(CHUNK_BYTES, left))
            if not pending:
                raise refused(entry.name, "an entry that ends too early", "a whole .zip")
            left -= len(pending)
        if inflate is None:
            part, pending = pending[:most], pending[most:]
            return part
        part = inflate.decompress(pending, most)
        pending = inflate.unconsumed_tail
        return part

    def read(most: int) -> bytes:
        nonlocal crc, ended
        part = b""
        try:
            while not part and (left or pending or (inflate is not None and not inflate.eof)):
                before = (left, pending)
                part = more(most)
                if not part and (left, pending) == before:
                    break
        except zlib.error as error:
            raise refused(entry.name, "bytes that cannot be inflated", "a whole .zip") from error
        crc = zlib.crc32(part, crc)
        if not part and not ended:
            ended = True
            whole = inflate is None or (inflate.eof and not inflate.unused_data)
            if crc != entry.crc or left or not whole:
                raise refused(entry.name, "content that does not match its checksum", "a whole .zip")
        return part

    return read


def _descriptor(file: IO[bytes], entry: _Entry, place: int, end: int) -> int:
    """Return the length of the data descriptor at ``place``, whose numbers must be those of the table."""
    file.seek(place)
    raw = file.read(min(MAX_DESCRIPTOR_BYTES, end - place))
    numbers = struct.pack("<3L", entry.crc, entry.packed, entry.size)
    wide = struct.pack("<LQQ", entry.crc, entry.packed, entry.size)
    for form in (b"PK\x07\x08" + wide, b"PK\x07\x08" + numbers, wide, numbers):
        if raw.startswith(form):
            return len(form)
    raise refused(entry.name, "sizes after the content that do not agree with the table", "tables that agree")


def _extra_kinds(extra: bytes, name: str) -> list[int]:
    kinds, place = [], 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        kinds.append(kind)
        place += 4 + length
    if place != len(extra):
        raise refused(name, "an extra field that cannot be read", "a .zip made by zip")
    return kinds


def _decoded(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & UTF8 else "ascii")
    except UnicodeDecodeError as error:
        raise refused("", "a name that is not UTF-8", "UTF-8, and marked so") from error
    if "\0" in name:
        raise refused(name, "a zero byte in a name", "names only")
    return name
