"""Parse JSON of a stranger: bounded in bytes, and a failure is an error of ours with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from proofbox.checks.artefacts.budget import Budget
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_JSON_BYTES = 100_000_000


def parsed(content: bytes, budget: Budget) -> Any:  # noqa: ANN401 whatever the text holds
    """Return the value of a JSON text.

    Raises
    ------
    BadDataError
        It is none, is longer than is read, is nested too deeply, or gives a key twice.
    """
    if len(content) > MOST_JSON_BYTES:
        raise TooMuchError(
            t("its JSON has {size} bytes, more than the {most} that are read", size=len(content), most=MOST_JSON_BYTES)
        )
    budget.parse(len(content))
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_each_once)
    except RecursionError as err:
        raise TooMuchError(t("its JSON is nested too deeply")) from err
    except ValueError as err:
        raise BadDataError(t("its JSON cannot be parsed")) from err


def nodes(value: object, budget: Budget) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (path, object) for every object inside a parsed value, the outer ones first."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        path, node = waiting.pop()
        budget.item()
        if isinstance(node, dict):
            yield path, node
            waiting.extend((f"{path}/{key}"[:300], inner) for key, inner in reversed(node.items()) if _holds(inner))
        elif isinstance(node, list):
            waiting.extend((f"{path}/{place}"[:300], inner) for place, inner in enumerate(node) if _holds(inner))


def _holds(value: object) -> bool:
    return isinstance(value, dict | list)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadDataError(t("its JSON gives a key twice, so that two readers may read two things"))
    return found
