"""Unpack a tar.gz as a stream: POSIX ustar and pax headers and GNU long names, read by hand so that all is bounded.

Sources: POSIX.1-2024 ``pax`` (ustar interchange format, extended header), the GNU tar manual ("Basic Tar Format").
"""

from __future__ import annotations

import zlib
from typing import IO, TYPE_CHECKING

from proofbox.sandbox.archive import refused

if TYPE_CHECKING:
    from proofbox.sandbox.store import Store

BLOCK = 512
CHUNK_BYTES = 256 * 1024
MAX_HEADER_BYTES = 64 * 1024
"""Of one extended header; a long name needs 4 KiB."""
FILE, FOLDER, PAX, PAX_GLOBAL, LONG_NAME = b"0", b"5", b"x", b"g", b"L"
KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a pipe",
    b"K": "a link with a long name",
    b"S": "a sparse file",
}
HARMLESS_KEYS = frozenset({"atime", "ctime", "mtime", "uid", "gid", "uname", "gname", "comment"})


class _Gunzip:
    """One gzip member, inflated no further than what is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(wbits=31)
        self._ready = b""

    def read(self, most: int) -> bytes:
        """Return up to ``most`` bytes, none at the end."""
        while not self._ready and not self._inflate.eof:
            compressed = self._inflate.unconsumed_tail or self._file.read(CHUNK_BYTES)
            if not compressed:
                raise refused("", "an archive that ends too early", "a whole .tar.gz")
            try:
                self._ready = self._inflate.decompress(compressed, CHUNK_BYTES)
            except zlib.error as error:
                raise refused("", "bytes that are no gzip", "a .tar.gz") from error
        given, self._ready = self._ready[:most], self._ready[most:]
        return given

    def exactly(self, size: int) -> bytes:
        """Return ``size`` bytes, which the caller has bounded."""
        parts = bytearray()
        while len(parts) < size:
            part = self.read(size - len(parts))
            if not part:
                raise refused("", "an archive that ends too early", "a whole .tar.gz")
            parts += part
        return bytes(parts)

    def expect_end(self) -> None:
        """Refuse anything but zeros up to the end, and anything after it."""
        left = 64 * 1024 * 1024
        while part := self.read(CHUNK_BYTES):
            left -= len(part)
            if part.strip(b"\0") or left < 0:
                raise refused("", "data after the end of the archive", "nothing after it")
        if self._inflate.unused_data or self._file.read(1):
            raise refused("", "data after the end of the compressed stream", "nothing after it")


def unpack(file: IO[bytes], store: Store) -> None:
    """Unpack the tar.gz in ``file``.

    Raises
    ------
    IntakeError
        It holds anything but regular files and folders, or is not exactly what its headers say.
    """
    stream = _Gunzip(file)
    long_name: str | None = None
    headers = 0
    while (header := stream.exactly(BLOCK)) != bytes(BLOCK):
        kind, size, name = _read_header(header)
        headers = headers + 1 if kind in {PAX, PAX_GLOBAL, LONG_NAME} else 0
        if headers > 2:
            raise refused("", "header upon header", "at most one extended header a file")
        if kind in {PAX, PAX_GLOBAL, LONG_NAME}:
            if size > MAX_HEADER_BYTES:
                raise refused(name, f"a header of {size} bytes", f"at most {MAX_HEADER_BYTES}")
            body = stream.exactly(_padded(size))[:size]
            if kind == LONG_NAME:
                long_name = _text(body.removesuffix(b"\0"))
            else:
                long_name = _pax_path(body, allowed=kind == PAX) or long_name
            continue
        _entry(stream, store, kind, size, name if long_name is None else long_name)
        long_name = None
    stream.expect_end()


def _entry(stream: _Gunzip, store: Store, kind: bytes, size: int, name: str) -> None:
    # "tar czf x.tar.gz -C folder ." writes every name with "./" before it, and one entry for "./" itself.
    path = name.removeprefix("./").removesuffix("/") if kind == FOLDER else name.removeprefix("./")
    if kind == FOLDER:
        if size:
            raise refused(name, "a folder with content", "an empty one")
        if path not in {"", "."}:
            store.folder(path)
        return
    left = size

    def read(most: int) -> bytes:
        nonlocal left
        part = stream.read(min(most, left)) if left else b""
        left -= len(part)
        return part

    store.file(path, read, size)
    stream.exactly(_padded(size) - size)


def _read_header(header: bytes) -> tuple[bytes, int, str]:
    told = _octal(header[148:156])
    if told != sum(header[:148]) + sum(b" " * 8) + sum(header[156:]):
        raise refused("", "a header whose checksum is wrong", "a .tar.gz made by tar")
    kind = header[156:157].replace(b"\0", FILE)
    name, prefix = _text(header[:100].partition(b"\0")[0]), ""
    if header[257:263] == b"ustar\0":
        prefix = _text(header[345:500].partition(b"\0")[0])
    path = f"{prefix}/{name}" if prefix else name
    if kind not in {FILE, FOLDER, PAX, PAX_GLOBAL, LONG_NAME}:
        raise refused(path, KINDS.get(kind, "an entry of an unknown kind"), "regular files and folders")
    return kind, _octal(header[124:136]), path


def _pax_path(body: bytes, *, allowed: bool) -> str | None:
    """Return the path that an extended header sets; a global one may set none."""
    found: str | None = None
    place = 0
    while place < len(body):
        digits, blank, _ = body[place : place + 12].partition(b" ")
        if not blank or not digits.isdigit() or int(digits) <= len(digits) + 1 or place + int(digits) > len(body):
            raise refused("", "an extended header that cannot be read", "records of 'length key=value'")
        record = body[place + len(digits) + 1 : place + int(digits)]
        place += int(digits)
        key, sign, value = _text(record).removesuffix("\n").partition("=")
        if not sign or not record.endswith(b"\n"):
            raise refused("", "an extended header that cannot be read", "records of 'length key=value'")
        if key == "path" and allowed and found is None:
            found = value
        elif key not in HARMLESS_KEYS and not key.startswith(("LIBARCHIVE.", "SCHILY.fflags")):
            raise refused("", f"the key {key[:40]!r} in an extended header", "a path and times only")
    return found


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        if digits:
            raise refused("", "a number in a header that is not octal", "a .tar.gz made by tar, files below 8 GiB")
        return 0
    return int(digits, 8)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused("", "a name that is not UTF-8", "UTF-8") from error


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
