"""From plain data to a pydantic model, every mistake told with its place, what was got and what would be valid."""

from __future__ import annotations

import contextlib
import difflib
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from proofbox.checks.described import descriptions
from proofbox.checks.documents.document import Data, Document, Path
from proofbox.checks.documents.problem import Problem

Model = TypeVar("Model", bound=BaseModel)

MOST_PROBLEMS = 200
"""Mistakes of one document that are told; whoever makes more has to come again anyway."""

_KINDS = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys with values",
    "mapping_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "string_too_short": "text that is not empty",
    "none_required": "nothing",
}


def wrong(expected: str, hint: str = "", *, got: str = "") -> PydanticCustomError:
    """Return the error for a model's own validators to raise: what was expected, and a hint."""
    context = {"expected": expected, "hint": hint, "got": got}
    return PydanticCustomError("proofbox", "expected {expected}", context)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the hint ``did you mean 'x'?`` for a misspelt name, or nothing."""
    by_folded = {item.casefold(): item for item in valid}
    near = difflib.get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f"did you mean '{by_folded[near[0]]}'?" if near else ""


def shown(value: object) -> str:
    """Return a value of a file as a message shows it: short, in one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return f"keys ({', '.join(map(str, list(value)[:5]))})" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...'"


def check(document: Document, model: type[Model]) -> tuple[Model | None, tuple[Problem, ...]]:
    """Return the model and no problems, or None and every problem in the order of the file."""
    data = document.data
    try:
        return model.model_validate(data), ()
    except ValidationError as err:
        details = err.errors(include_url=False)
    # YAML reads 1.10 and 0101234567 as numbers; where text is wanted, take them as they were written.
    wanted = {_path(detail["loc"], data) for detail in details if detail["type"] == "string_type"}
    texts = {path: document.texts[path] for path in wanted if path in document.texts and _is_number(_at(data, path))}
    if texts:
        data = _with(data, texts)
        try:
            return model.model_validate(data), ()
        except ValidationError as err:
            details = err.errors(include_url=False)
    return None, tuple(_problems(_Place(document, model, ()), data, details[:MOST_PROBLEMS]))


def problems_below(document: Document, path: Path, model: type[BaseModel], err: ValidationError) -> list[Problem]:
    """Return the problems of a validation of what stands at ``path`` of a document, such as a check's parameters."""
    details = err.errors(include_url=False)
    below = document.data
    with contextlib.suppress(LookupError, TypeError):
        below = _at(document.data, path)
    return _problems(_Place(document, model, path), below, details)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a document a model is validated."""

    document: Document
    model: type[BaseModel]
    base: Path

    def problem(self, path: Path, *, got: str, expected: str, hint: str = "") -> Problem:
        return self.document.problem((*self.base, *path), got=got, expected=expected, hint=hint)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(data: Data, path: Path) -> Data:
    for part in path:
        data = data[part]  # type: ignore[index]  # the path was taken from these data
    return data


def _with(data: Data, texts: Mapping[Path, str], path: Path = ()) -> Data:
    """Return a copy of ``data`` in which the values at the paths of ``texts`` are replaced."""
    if path in texts:
        return texts[path]
    if isinstance(data, dict):
        return {key: _with(value, texts, (*path, key)) for key, value in data.items()}
    if isinstance(data, list):
        return [_with(value, texts, (*path, index)) for index, value in enumerate(data)]
    return data


def _path(loc: Sequence[str | int], data: Data) -> Path:
    """Return the part of a pydantic location that is in the data (unions add names of their members to it)."""
    path: list[str | int] = []
    for part in loc:
        inside = isinstance(data, dict) and part in data
        if inside or (isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data)):
            data = data[part]  # type: ignore[index]  # just tested
            path.append(part)
    return tuple(path)


def _problems(place: _Place, data: Data, details: list[ErrorDetails]) -> list[Problem]:
    problems: dict[tuple[Path, str], Problem] = {}
    for detail in details:
        path = _path(detail["loc"], data)
        if detail["type"] == "too_short" and not _too_short(_at(data, path), detail):
            continue
        found = _problem(place, path, detail)
        known = problems.get((path, found.got))
        if known is not None and known.expected != found.expected:
            # Members of a union complain one by one about the same value.
            expected = " or ".join(dict.fromkeys([known.expected, found.expected]))
            found = place.problem(path, got=found.got, expected=expected, hint=known.hint or found.hint)
        problems[(path, found.got)] = found
    return sorted(problems.values(), key=lambda problem: (problem.line, problem.column))


def _too_short(value: Data, detail: ErrorDetails) -> bool:
    """Return whether a list itself is too short; pydantic says so as well where items were broken."""
    return not isinstance(value, list) or len(value) < detail.get("ctx", {}).get("min_length", 1)


def _problem(place: _Place, path: Path, detail: ErrorDetails) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing" and isinstance(detail["loc"][-1], int):
        return place.problem(path, got=shown(detail["input"]), expected="a longer list")
    if kind == "missing":
        key = str(detail["loc"][-1])
        about = _description(place.model, path, key)
        return place.problem(path, got=f"no key '{key}'", expected=f"'{key}'{about}", hint=f"add '{key}:'")
    if kind == "extra_forbidden":
        key = str(detail["loc"][-1])
        valid = _keys(place.model, path[:-1])
        hint = nearest(key, valid)
        return place.problem(path, got=f"the unknown key '{key}'", expected=_one_of(valid), hint=hint)
    got = context.get("got") or shown(detail["input"])
    if kind == "proofbox":
        return place.problem(path, got=got, expected=str(context["expected"]), hint=str(context["hint"]))
    hint = ""
    if kind == "literal_error":
        valid = [choice.strip("' ") for choice in str(context["expected"]).replace(" or ", ", ").split(", ")]
        hint = nearest(str(detail["input"]), valid)
    expected = _KINDS.get(kind)
    if kind == "too_short":
        expected = f"a list of at least {context['min_length']}"
    if expected is None:
        expected = str(context["expected"]) if kind == "literal_error" else _said(detail["msg"])
    return place.problem(path, got=got, expected=expected, hint=hint)


def _said(message: str) -> str:
    for start in ("Input should be ", "Value error, "):
        message = message.removeprefix(start)
    return message[:1].lower() + message[1:]


def _one_of(valid: Sequence[str]) -> str:
    return f"one of {', '.join(valid)}" if valid else "no keys here"


def _description(model: type[BaseModel], path: Path, key: str) -> str:
    for found in _models_at(model, path):
        for name, said in descriptions(found).items():
            if (found.model_fields[name].alias or name) == key:
                return f" ({said})"
    return ""


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    keys = [info.alias or name for found in _models_at(model, path) for name, info in found.model_fields.items()]
    return list(dict.fromkeys(keys))


def _models_at(model: type[BaseModel], path: Path) -> list[type[BaseModel]]:
    """Return the models that may stand at ``path``, following fields, list items and mapping values."""
    kinds: list[Any] = [model]
    for part in path:
        kinds = [inner for kind in kinds for inner in _step(kind, part)]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _step(kind: Any, part: str | int) -> list[Any]:  # noqa: ANN401  # annotations are any object
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields.items()
        return [inner for name, info in fields if (info.alias or name) == part for inner in _members(info.annotation)]
    arguments = [argument for argument in get_args(kind) if argument is not Ellipsis]
    if isinstance(part, int):
        return [inner for argument in arguments for inner in _members(argument)]
    return _members(arguments[-1]) if arguments and get_origin(kind) is not Literal else []


def _members(kind: Any) -> list[Any]:  # noqa: ANN401  # annotations are any object
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return [inner for member in get_args(kind) for inner in _members(member)]
    return [kind]
