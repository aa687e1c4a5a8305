"""Read a ``.npy`` file's header: whether arrays of objects, which are pickles, follow, and whether the bytes are there.

Source of the layout: NEP 1, "A Simple File Format for NumPy Arrays", versions 1 to 3.
"""

from __future__ import annotations

import ast
import math
import re
import struct
from typing import Any

from proofbox.checks.artefacts.blobs import Blob, exactly
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MAGIC = b"\x93NUMPY"
MOST_HEADER_BYTES = 65_536
MOST_AXES = 64
_PLAIN = re.compile(r"[<>|=]?(?:([?bBhHiIlLqQefdgFDGpP])|([biufcSaUVmM])(\d{1,9})(?:\[[\w/]{1,20}\])?)")
_LETTERS = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "e": 2, "i": 4, "I": 4, "f": 4, "l": 8, "L": 8, "q": 8, "Q": 8}


def data_start(blob: Blob) -> tuple[int, bool]:
    """Return (where the data begin, whether they are a pickle).

    Raises
    ------
    BadDataError
        The header is damaged, or there are not as many bytes as it says.
    """
    magic = exactly(blob, 0, 8)
    wide = magic[6] in (2, 3)
    if magic[:6] != MAGIC or magic[6] not in (1, 2, 3):
        raise BadDataError(t("it is no array of numpy that is read"))
    place = 12 if wide else 10
    (length,) = struct.unpack("<I" if wide else "<H", exactly(blob, 8, place - 8))
    if length > MOST_HEADER_BYTES:
        raise TooMuchError(
            t("its header has {size} bytes, more than the {most} that are read", size=length, most=MOST_HEADER_BYTES)
        )
    header = _header(exactly(blob, place, length))
    start = place + length
    if _has_objects(header["descr"]):
        return start, True
    if math.prod(header["shape"]) * _item_bytes(header["descr"]) > blob.size - start:
        raise BadDataError(t("the array has fewer bytes than its header says"))
    return start, False


def _header(content: bytes) -> dict[str, Any]:
    try:
        found = ast.literal_eval(content.decode("latin-1").strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as err:
        raise BadDataError(t("its header is damaged")) from err
    shape = found.get("shape") if isinstance(found, dict) else None
    if not isinstance(found, dict) or "descr" not in found or not isinstance(shape, tuple) or len(shape) > MOST_AXES:
        raise BadDataError(t("its header is damaged"))
    if not all(type(length) is int and 0 <= length < 1 << 62 for length in shape):
        raise BadDataError(t("its header gives a shape that no array has"))
    return found


def _has_objects(descr: object) -> bool:
    if isinstance(descr, str):
        return "O" in descr
    return isinstance(descr, list | tuple) and any(_has_objects(part) for part in descr)


def _item_bytes(descr: object) -> int:
    """Return the bytes of one item, a lower bound where the type has parts."""
    if isinstance(descr, list):
        return sum(_item_bytes(part[1]) for part in descr if isinstance(part, tuple) and len(part) > 1)
    match = _PLAIN.fullmatch(descr) if isinstance(descr, str) else None
    if match is None:
        if isinstance(descr, tuple):
            return 0
        raise BadDataError(t("its header gives a type that is not known"))
    if match[1]:
        return _LETTERS.get(match[1], 8)
    return int(match[3]) * (4 if match[2] == "U" else 1)
