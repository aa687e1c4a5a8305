"""Text without accents and case, so that ``Số điện thoại``, ``so dien thoai`` and ``SO_DIEN_THOAI`` are one word."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"[\u0300-\u036f]+")


def plain(text: str) -> str:
    """Return text in lower case without diacritics; ``đ`` becomes ``d``."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text.casefold().replace("đ", "d")))


def words_of(name: str) -> str:
    """Return a column's name as plain words with one blank between and around them: ``soDT`` becomes `` so dt ``."""
    spaced = re.sub(r"(?<=[a-zà-ỹ0-9])(?=[A-ZĐ])", " ", unicodedata.normalize("NFC", name))
    return " " + " ".join(re.findall(r"[a-z0-9]+", plain(spaced))) + " "
