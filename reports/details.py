"""Read the detail of a measurement, which is JSON of any shape: what is not as expected is left out, never a crash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from proofbox.checks.result import Json
from proofbox.checks.text import Text, Value


def text_in(value: Json) -> Text | None:
    """Return the sentence that ``{template, values}`` stands for; None where it is none."""
    if not isinstance(value, dict) or not isinstance(value.get("template"), str):
        return None
    values = value.get("values")
    plain = {key: one for key, one in values.items() if _is_plain(one)} if isinstance(values, dict) else {}
    return Text(str(value["template"]), cast("dict[str, Value]", plain))


def texts_in(value: Json) -> Iterator[Text]:
    """Yield the sentences of a list."""
    for one in list_in(value):
        text = text_in(one)
        if text is not None:
            yield text


def list_in(value: Json) -> list[Json]:
    """Return a list; an empty one where it is none."""
    return value if isinstance(value, list) else []


def dicts_in(value: Json) -> Iterator[dict[str, Json]]:
    """Yield the objects of a list."""
    for one in list_in(value):
        if isinstance(one, dict):
            yield one


def number_in(value: Json) -> float | None:
    """Return a number; None where it is none."""
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def whole_in(value: Json) -> int | None:
    """Return a whole number; None where it is none."""
    return value if type(value) is int else None


def as_it_stands(value: Json) -> Text:
    """Return a value as a sentence that is not translated."""
    return Text("{x}", {"x": str(value)})


def _is_plain(value: Json) -> bool:
    return isinstance(value, str | int | float)
