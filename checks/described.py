"""Models of outside files whose fields are described by the docstring under each of them.

pydantic can read these docstrings itself (``use_attribute_docstrings``), but does so while the class is made, from the
source of its whole file: more than half of what our models cost at every start. They are wanted by a schema, by a page
of documentation and by the message about a missing key; here they are read then.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Described(BaseModel):
    """Base of models whose JSON Schema carries what stands under each field."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema that pydantic makes, with the descriptions."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, said in descriptions(cls).items():
            key = cls.model_fields[name].alias or name
            properties.get(key, properties.get(name, {})).setdefault("description", said)
        return schema


@cache
def descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """Return field -> what its ``Field`` or the docstring under it says of it; a field without either is absent."""
    written = {name: said for one in reversed(model.__mro__) for name, said in _docstrings(one).items()}
    found = {name: info.description or written.get(name, "") for name, info in model.model_fields.items()}
    return {name: said for name, said in found.items() if said}


def _docstrings(model: type) -> Mapping[str, str]:
    if not issubclass(model, BaseModel) or model is BaseModel:
        return {}
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    except OSError:
        return {}  # made without a file, as in a notebook or a test
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(said.value.value)
        for field, said in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant) and isinstance(said.value.value, str)
    }
