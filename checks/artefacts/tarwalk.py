"""Look into a tar: headers of 512 bytes, regular files and folders only, nothing extracted.

Source of the layout: POSIX.1-2017 ``pax``; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

from collections.abc import Iterator

from proofbox.checks.artefacts.blobs import Blob, exactly, part_of
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.names import leaves
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_NAME_BYTES = 65_536
_BLOCK = 512


def is_tar(head: bytes) -> bool:
    """Return whether 512 bytes are the header of a tar's first member."""
    return len(head) >= _BLOCK and head[257:262] == b"ustar"


def members_of(blob: Blob, look: Look) -> Iterator[tuple[str, Blob]]:
    """Yield (name, content) of every regular file; links, devices and names that leave the folder are noted.

    Raises
    ------
    BadDataError
        It breaks off, or a header is damaged.
    """
    place, long_name = 0, ""
    while place + _BLOCK <= blob.size:
        header = exactly(blob, place, _BLOCK)
        if header == bytes(_BLOCK):
            return
        look.budget.item()
        size, kind = _number(header[124:136]), header[156:157]
        if _number(header[148:156]) != sum(header) - sum(header[148:156]) + 8 * 32:
            raise BadDataError(t("the header of a member fails its checksum"))
        start, place = place + _BLOCK, place + _BLOCK + -(-size // _BLOCK) * _BLOCK
        if start + size > blob.size:
            raise BadDataError(t("a member breaks off"))
        if kind in (b"L", b"x", b"g", b"K"):
            if size > MOST_NAME_BYTES:
                raise TooMuchError(t("the name of a member is longer than is read"))
            long_name = _long_name(kind, exactly(blob, start, size)) or long_name
            continue
        name, long_name = long_name or _name(header), ""
        _check(name, kind, look)
        if kind in (b"0", b"\0", b"7"):
            yield name, part_of(blob, start, size)


def _check(name: str, kind: bytes, look: Look) -> None:
    if leaves(name):
        said = t("the archive's entry {member} would be written or read outside of it", member=shown(name, 80))
        look.found("tar", "path-outside", "refused", said)
    if kind not in (b"0", b"\0", b"5", b"7"):
        said = t("the archive's entry {member} is a link or a device", member=shown(name, 80))
        look.found("tar", "path-outside", "refused", said)


def _name(header: bytes) -> str:
    name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
    whole = prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name
    return whole.decode("utf-8", "replace")


def _long_name(kind: bytes, content: bytes) -> str:
    if kind == b"L":
        return content.rstrip(b"\0").decode("utf-8", "replace")
    if kind == b"x":
        for line in content.split(b"\n"):
            key, _, value = line.partition(b" ")[2].partition(b"=")
            if key == b"path":
                return value.decode("utf-8", "replace")
    return ""


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.split(b"\0")[0].strip()
    if not digits:
        return 0
    if not digits.isdigit():
        raise BadDataError(t("the header of a member is damaged"))
    return int(digits, 8) if not digits.strip(b"01234567") else _damaged()


def _damaged() -> int:
    raise BadDataError(t("the header of a member is damaged"))
