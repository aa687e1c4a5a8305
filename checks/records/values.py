"""What single values of a record say, however they are wrapped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from proofbox.checks.documents.document import Data
from proofbox.checks.records.model import PersonalData, Places

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_EMPTY_WORDS = frozenset(
    {"", "-", "?", "n/a", "na", "none", "null", "tbd", "todo", "unknown", "xxx", "..."}
    | {"không rõ", "chưa rõ", "không có", "chưa có", "chưa xác định", "không xác định", "đang cập nhật"}
)
"""In English and Vietnamese, in Unicode form NFC and folded to one case."""
_DENIALS = frozenset(
    {"no", "none", "false", "not applicable", "no personal data", "none present", "nothing"}
    | {"không", "không có", "không có dữ liệu cá nhân", "không chứa dữ liệu cá nhân"}
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
"""Croissant 1.1 has names and descriptions by language: ``{"en": ..., "vi": ...}``."""
_TELLING_KEYS = ("@value", "$", "name", "title", "description", "code", "country", "@id", "id", "url")
"""Of an object, the first of these that is filled stands for it."""


def is_sha256(text: str) -> bool:
    """Return whether a text is 64 hex digits; an MD5 or a truncated digest is not."""
    return _SHA256.fullmatch(text) is not None


def folded(text: str) -> str:
    """Return a text in Unicode form NFC, without blanks at its ends and folded to one case, to be compared."""
    return unicodedata.normalize("NFC", text).strip().casefold()


def is_filled(value: Data) -> bool:
    """Return whether a value says anything: not empty, and no placeholder."""
    if value is None:
        return False
    if isinstance(value, str):
        return folded(value) not in _EMPTY_WORDS
    if isinstance(value, list):
        return any(is_filled(item) for item in value)
    if isinstance(value, dict):
        return any(is_filled(item) for key, item in value.items() if key not in ("@type", "@context"))
    return True


def personal_data(value: Data) -> PersonalData:
    """Return whether a value declares personal data, denies them (``false``, ``none``), or says nothing."""
    said = items(value)
    if said and all(one is False or (isinstance(one, str) and folded(one).rstrip(".") in _DENIALS) for one in said):
        return "denied"
    return "declared" if is_filled(value) else "unsaid"


def texts(value: Data) -> tuple[str, ...]:
    """Return the texts of a value: itself, those of its items, or what stands for an object; placeholders left out."""
    return tuple(_texts(value))


def first_text(value: Data) -> str:
    """Return the first text of a value; empty where there is none."""
    return next(_texts(value), "")


def first_filled(data: Mapping[str, Data], keys: Iterable[str]) -> Data:
    """Return the value of the first of the keys that is filled; None where none is."""
    return next((data[key] for key in keys if is_filled(data.get(key))), None)


def items(value: Data) -> Sequence[Data]:
    """Return a list's items, a value alone as the only one, and nothing for nothing."""
    if value is None:
        return ()
    return value if isinstance(value, list) else [value]


def objects(value: Data) -> Iterator[dict[str, Data]]:
    """Yield the objects of a list, or a value itself where it is one."""
    yield from (one for one in items(value) if isinstance(one, dict))


def _texts(value: Data) -> Iterator[str]:
    if isinstance(value, dict):
        telling = next((value[key] for key in _TELLING_KEYS if is_filled(value.get(key))), None)
        by_language = all(_LANGUAGE.fullmatch(key) for key in value)
        yield from _texts([*value.values()] if telling is None and by_language else telling)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif is_filled(value) and not isinstance(value, bool):
        yield str(value).strip()


def places(said: Mapping[str, Data], use: str) -> Places:
    """Return the countries of a use (``processing``, ``storage``) under our own names of the keys."""
    return Places(named=texts(said.get(f"{use}_countries")), excluded=texts(said.get(f"{use}_excluded")))
