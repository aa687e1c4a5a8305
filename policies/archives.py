"""Zip containers that we write: the same content gives the same bytes, whenever it is written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip archive can hold."""


def without_times(raw: bytes, instead: Mapping[str, bytes] | None = None) -> bytes:
    """Return a zip archive with every entry's time set to one moment.

    Parameters
    ----------
    instead
        Entry -> the content that it gets instead of its own.
    """
    given, out = instead or {}, io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as made, zipfile.ZipFile(out, "w") as again:
        for entry in made.infolist():
            plain = zipfile.ZipInfo(entry.filename, date_time=EPOCH)
            plain.compress_type = zipfile.ZIP_DEFLATED
            again.writestr(plain, given.get(entry.filename, made.read(entry)))
    return out.getvalue()
