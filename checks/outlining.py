"""Make ``outlines.json`` from the checks.

python -m proofbox.checks.outlining
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from proofbox.checks.outline import FILE, Plain
from proofbox.checks.params import CheckParams, as_columns
from proofbox.checks.registry import all_checks
from proofbox.checks.spec import CheckSpec


def outlines() -> str:
    """Return what ``outlines.json`` has to hold: one line for each check of ours."""
    checks = sorted((name, spec) for name, spec in all_checks().items() if spec.origin is None)
    lines = (f"{json.dumps(name)}: {json.dumps(_outline(spec), ensure_ascii=False)}" for name, spec in checks)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _outline(spec: CheckSpec) -> dict[str, Any]:
    fields = spec.params_type.model_fields
    return {
        "static": spec.static,
        "required": sorted(name for name, info in fields.items() if info.is_required()),
        "plain": _plain_ones(spec.params_type),
        "measures": {name: [measure.range, measure.better] for name, measure in spec.measures.items()},
    }


def _plain_ones(params: type[CheckParams]) -> Mapping[str, Plain] | None:
    rules = params.__pydantic_decorators__
    if rules.model_validators or rules.root_validators or rules.validators:
        return None
    ruled = {name for rule in rules.field_validators.values() for name in rule.info.fields}
    found = {name: _plain(info) for name, info in params.model_fields.items() if name not in ruled and "*" not in ruled}
    return {name: plain for name, plain in found.items() if plain is not None}


def _plain(info: FieldInfo) -> Plain | None:
    """Return what a parameter may be; None where something is asked of it that an outline has no word for."""
    ends: dict[type, Any] = {type(one): one for one in info.metadata}
    if get_origin(info.annotation) is Literal and not ends:
        choices = get_args(info.annotation)
        return {"one_of": list(choices)} if all(isinstance(one, str) for one in choices) else None
    if info.annotation is bool and not ends:
        return {"flag": True}
    if info.annotation in (int, float) and ends.keys() <= {Ge, Gt, Le, Lt}:
        return _range(ends, whole=info.annotation is int)
    columns = ends.pop(BeforeValidator, None)
    if columns is not None and columns.func is not as_columns:
        return None  # as_columns leaves a list as it is; another function may not
    if info.annotation == tuple[str, ...] and ends.keys() <= {MinLen, MaxLen}:
        return {"texts": [getattr(ends.get(MinLen), "min_length", None), getattr(ends.get(MaxLen), "max_length", None)]}
    return None


def _range(ends: Mapping[type, Any], *, whole: bool) -> Plain:
    low = ends[Ge].ge if Ge in ends else ends[Gt].gt if Gt in ends else None
    high = ends[Le].le if Le in ends else ends[Lt].lt if Lt in ends else None
    if not whole:
        return {"between": [low, high]}
    return {"whole": [ends[Gt].gt + 1 if Gt in ends else low, ends[Lt].lt - 1 if Lt in ends else high]}


if __name__ == "__main__":
    FILE.write_text(outlines(), encoding="utf-8")
