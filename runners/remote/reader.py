"""The program that reads objects and writes their bytes down a pipe; ``reading.py`` starts it, nobody imports it.

A client of a cloud is native code that speaks with the network, keeps threads and may end its whole process (that of
Azure does, where it may not send a token): so it has a process of its own, which can be ended. What it writes are
frames: a letter, four bytes of length, and so many bytes. ``H`` tells of the object, ``D`` are its bytes, ``Z`` tells
of it once more when all are sent, ``L`` lists a folder, ``E`` is why it cannot be had: a word and a code, never the
client's own message, which may hold an address with a token in it.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from proofbox.runners.remote import stores

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

PIECE_BYTES = 8 * 1024 * 1024

_TOLD = {"versionid": "version", "generation": "version", "etag": "etag",
         "last-modified": "modified", "updated": "modified"}  # fmt: skip
"""What stores call it -> what the record calls it."""

_KINDS = (
    ("elsewhere", r"HTTP status (421|30[1278])|status code: 30[1278]|response 421|\b30[1278] |PermanentRedirect"
                  r"|PERMANENT_REDIRECT"),
    ("denied", r"ACCESS_DENIED|INVALID_ACCESS_KEY|INVALID_CLIENT_TOKEN|SIGNATURE|UNAUTHENTICATED|PERMISSION_DENIED"
               r"|HTTP status 40[13]|status code: 40[13]|\b40[13] |AuthenticationException|invalid_grant"),
    ("missing", r"NO_SUCH|NOT_FOUND|HTTP status 404|status code: 404|\b404 |does not exist"),
    ("unreachable", r"NETWORK_CONNECTION|Could not (resolve|connect)|CURL error|curlCode|[Tt]imed? ?out|UNAVAILABLE"
                    r"|Fail to get a new connection|\b50[0-9] |HTTP status 50|SERVICE_UNAVAILABLE|SLOW_DOWN"),
)  # fmt: skip
_CODE = re.compile(
    r"AWS Error (?!UNKNOWN)([A-Z_]{3,40})|Status\(([A-Z_]{3,40})|HTTP status (\d{3})|\b([1-5]\d\d) [A-Z]"
)


def main() -> None:
    """Do what the lines on stdin ask, the first of which names the object or folder; write to what stdout was."""
    wanted = json.loads(sys.stdin.readline())
    _end_with(wanted["parent"])
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a client prints goes nowhere: the pipe is for frames.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        for kind, body in _frames(wanted):
            _send(out, kind, body)
    except stores.BadSettingError as err:
        _send(out, b"E", _json({"kind": "setting", "code": str(err)}))
    except (ImportError, TypeError):  # a pyarrow without the client, or one too old for what it is told
        _send(out, b"E", _json({"kind": "unsupported", "code": ""}))
    except Exception as err:  # noqa: BLE001 - whatever a client raises is told by kind
        _send(out, b"E", _json(_why(err)))
    out.close()
    # Without the clients' own ends, which may wait for threads that still speak with the network.
    os._exit(0)


def _end_with(parent: int) -> None:
    """Have the kernel end this process with the harness, which may be killed while a store is silent."""
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    if os.getppid() != parent:
        os._exit(1)


def _frames(named: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    filesystem, path = stores.opened(named["scheme"], named["authority"], named["key"], os.environ)
    while line := sys.stdin.readline():
        wanted = json.loads(line)
        if "list" in wanted:
            yield b"L", _json({"files": _listed(filesystem, path, wanted["list"])})
        else:
            yield from _object(filesystem, f"{path}/{wanted['name']}" if wanted["name"] else path, wanted["most_bytes"])


def _listed(filesystem: FileSystem, path: str, most: int) -> list[tuple[str, int]]:
    """Return name and bytes of what lies in a folder, at most so many; the name of a folder ends with a slash."""
    from pyarrow import fs

    found = filesystem.get_file_info(fs.FileSelector(path))
    listed = (
        (f"{one.base_name}/", 0) if one.type == fs.FileType.Directory else (one.base_name, one.size) for one in found
    )
    return sorted(listed)[:most]


def _object(filesystem: FileSystem, path: str, most_bytes: int) -> Iterator[tuple[bytes, bytes]]:
    with filesystem.open_input_file(path) as file:
        size, told = file.size(), _told(file.metadata())
        yield b"H", _json({"size": size, "told": told})
        left = size if size <= most_bytes else 0
        while left and (piece := file.read(min(PIECE_BYTES, left))):
            left -= len(piece)
            yield b"D", piece
    # The pieces are requests of their own: was it one object all the while?
    with filesystem.open_input_file(path) as file:
        yield b"Z", _json({"size": file.size(), "told": _told(file.metadata())})


def _told(metadata: Mapping[str | bytes, bytes] | None) -> dict[str, str]:
    """Return what the store tells of an object's version, each in printable ASCII of at most 200 characters."""
    found = {}
    for name, value in (metadata or {}).items():
        word = _TOLD.get((name.decode("ascii", "replace") if isinstance(name, bytes) else name).lower())
        text = value.decode("ascii", "replace").strip('"')
        if word and text and len(text) <= 200 and text.isascii() and text.isprintable():
            found[word] = text
    return dict(sorted(found.items()))


def _why(err: Exception) -> dict[str, str]:
    text = str(err)
    code = next((part for found in [_CODE.search(text)] if found for part in found.groups() if part), "")
    if isinstance(err, FileNotFoundError):
        return {"kind": "missing", "code": code}
    if isinstance(err, PermissionError):
        return {"kind": "denied", "code": code}
    kind = next((kind for kind, pattern in _KINDS if re.search(pattern, text)), "failed")
    return {"kind": kind, "code": code}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def _send(out: BinaryIO, kind: bytes, body: bytes) -> None:
    view = memoryview(struct.pack(">cI", kind, len(body)) + body)
    while view:
        view = view[out.write(view) :]


if __name__ == "__main__":
    main()
