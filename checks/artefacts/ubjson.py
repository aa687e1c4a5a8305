"""Parse UBJSON, in which XGBoost writes models: bounded in bytes, items and depth.

Source of the layout: ubjson.org, "Universal Binary JSON Specification, Draft 12".
"""

from __future__ import annotations

import struct
from typing import Any

from proofbox.checks.artefacts.budget import Budget
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_DEPTH = 64
_NUMBERS = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q", b"d": "f", b"D": "d"}
_FIXED: dict[bytes, Any] = {b"Z": None, b"T": True, b"F": False, b"N": None}


def parsed(content: bytes, budget: Budget) -> Any:  # noqa: ANN401 whatever it holds
    """Return the value.

    Raises
    ------
    BadDataError
        It is none, breaks off, is nested too deeply or has more items than are looked at.
    """
    budget.parse(len(content))
    reader = _Reader(content, budget)
    try:
        return reader.value(reader.take(1), 0)
    except (struct.error, UnicodeDecodeError, ValueError) as err:
        raise BadDataError(t("its UBJSON cannot be parsed")) from err


class _Reader:
    def __init__(self, content: bytes, budget: Budget) -> None:
        self._content = content
        self._budget = budget
        self._place = 0

    def take(self, size: int) -> bytes:
        found = self._content[self._place : self._place + size]
        if len(found) != size or size < 0:
            raise BadDataError(t("its UBJSON breaks off"))
        self._place += size
        return found

    def value(self, kind: bytes, depth: int) -> Any:  # noqa: ANN401 whatever it holds
        self._budget.item()
        if depth > MOST_DEPTH:
            raise TooMuchError(t("its UBJSON is nested too deeply"))
        if kind in _NUMBERS:
            form = struct.Struct(f">{_NUMBERS[kind]}")
            return form.unpack(self.take(form.size))[0]
        if kind in _FIXED:
            return _FIXED[kind]
        if kind in (b"S", b"H"):
            return self.take(self._length()).decode("utf-8")
        if kind == b"C":
            return self.take(1).decode("latin-1")
        if kind == b"[":
            return self._array(depth)
        if kind == b"{":
            return self._object(depth)
        raise BadDataError(t("its UBJSON cannot be parsed"))

    def _length(self) -> int:
        kind = self.take(1)
        if kind not in _NUMBERS or kind in b"dD":
            raise BadDataError(t("its UBJSON cannot be parsed"))
        form = struct.Struct(f">{_NUMBERS[kind]}")
        length = int(form.unpack(self.take(form.size))[0])
        if length < 0:
            raise BadDataError(t("its UBJSON cannot be parsed"))
        return length

    def _head(self) -> tuple[bytes | None, int | None]:
        """Return the type and number of what a container holds, as far as they are given."""
        kind = self.take(1) if self._next(b"$") else None
        return kind, self._length() if self._next(b"#") else None

    def _next(self, mark: bytes) -> bool:
        if self._content[self._place : self._place + 1] != mark:
            return False
        self._place += 1
        return True

    def _array(self, depth: int) -> list[Any]:
        kind, count = self._head()
        if kind in _NUMBERS and count is not None:
            form = _NUMBERS[kind]
            self._budget.item(count // 16)
            return list(struct.unpack(f">{count}{form}", self.take(count * struct.calcsize(f">{form}"))))
        found: list[Any] = []
        if count is not None:
            self._budget.item(count)
            return [self.value(kind or self._mark(), depth + 1) for _ in range(count)]
        while not self._next(b"]"):
            found.append(self.value(self._mark(), depth + 1))
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        kind, count = self._head()
        found: dict[str, Any] = {}
        left = count
        while left != 0 if left is not None else not self._next(b"}"):
            key = self.take(self._length()).decode("utf-8")
            if key in found:
                raise BadDataError(t("its UBJSON gives a key twice"))
            found[key] = self.value(kind or self._mark(), depth + 1)
            left = None if left is None else left - 1
        return found

    def _mark(self) -> bytes:
        mark = self.take(1)
        while mark == b"N":
            mark = self.take(1)
        return mark
