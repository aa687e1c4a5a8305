"""The JSON Schemas of this room's files, for editors and for readers in other languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from proofbox.policies import attestation_file, crosswalks, fixtures, waiver_file
from proofbox.policies.errors import MisuseError
from proofbox.policies.model import policy_schema
from proofbox.policies.record_json import assessment_schema


def _of(model: type[BaseModel], identity: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": identity} | schema


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "policy": policy_schema,
    "assessment": assessment_schema,
    "waivers": lambda: _of(waiver_file.Waivers, waiver_file.SCHEMA),
    "attestations": lambda: _of(attestation_file.Attestations, attestation_file.SCHEMA),
    "crosswalk": lambda: _of(crosswalks.Crosswalk, crosswalks.SCHEMA),
    "fixtures": lambda: _of(fixtures.Fixtures, fixtures.SCHEMA),
}


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
