"""The JSON Schemas of this room's files, for editors and for readers in other languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proofbox.policies.errors import MisuseError
from proofbox.policies.model import policy_schema
from proofbox.policies.record_json import assessment_schema

SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {"policy": policy_schema, "assessment": assessment_schema}


def schema(name: str) -> dict[str, Any]:
    """Return one JSON Schema (2020-12).

    Raises
    ------
    MisuseError
        There is none of that name; the message says which there are.
    """
    if name not in SCHEMAS:
        raise MisuseError(f"no schema '{name}' (there are: {', '.join(SCHEMAS)})")
    return SCHEMAS[name]()
