"""What a check says of itself: its docstring and its signature, read into one value."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Literal, cast

from pydantic import ValidationError

from proofbox.checks.asked.asking import Asking
from proofbox.checks.errors import BadCheckError, BadParamsError
from proofbox.checks.params import CheckParams
from proofbox.checks.result import Result

INPUTS = frozenset(
    {
        "subject",
        "model",
        "data",
        "training",
        "decisions",
        "counts",
        "timed",
        "isolation",
        "behaviour",
        "opinions",
        "params",
        "rng",
        "as_of",
        "varies",
    }
)
"""What a check may ask for by naming it in its signature; ``counts`` alone is served without holding all rows.
``as_of`` is the day to judge by, as ``2026-11-22``: a check reads no clock."""

AFTERWARDS = frozenset({"isolation", "behaviour"})
"""What is known once the sandbox is closed again."""

SECTIONS = ("Measures", "Method", "Limits", "References")
"""The headings of every check's module docstring, in this order."""

Function = Callable[..., Result | Asking[Result]]
"""A check as it is written."""
Better = Literal["higher", "lower", "neither"]

_MEASURE_LINE = re.compile(
    r"^- `(?P<name>[a-z][a-z0-9_]*)`: (?P<range>\[[^]]*[])]|\([^)]*[])])"
    r", (?:(?P<better>higher|lower) is better|neither way is better)"
    r", (?:(?P<perfect>[-+.\d]+) is perfect|no value is perfect)\.(?: (?P<about>.+))?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec:
    """What a check's docstring says about one measure."""

    name: str
    range: str
    """The possible values as written, for example ``[0, 1]``."""
    better: Better
    perfect: str | None
    """The value that means perfect, as written; None where there is none."""
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """One registered check."""

    id: str
    """``<family>.<name>``, equal to the file's path below this package."""
    summary: str
    """First line of the module docstring."""
    doc: str
    """The whole module docstring: its documentation page, in Markdown."""
    measures: Mapping[str, MeasureSpec]
    needs: frozenset[str]
    """The names in the function's signature, a subset of :data:`INPUTS`."""
    asks: bool = False
    """Whether it asks the model about rows of its own making: it is a generator, run by the broker."""
    optional: frozenset[str] = frozenset()
    """Those of them that have a default: what the check can do without where rows are too many to hold."""
    streams: frozenset[str] = frozenset()
    """Those of ``data`` and ``training`` that it reads in batches itself, so that they need not be held."""
    params_type: type[CheckParams]
    run: Function
    module: str
    origin: str | None = None
    """Distribution and version of a check by others; None for ours."""

    @property
    def static(self) -> bool:
        """Whether it runs before the sandbox opens, without the model."""
        return not self.asks and not self.needs & ({"model", "timed", "decisions", "counts"} | AFTERWARDS)

    @property
    def timings(self) -> bool:
        """Whether its figures are timings and host facts, which differ between two runs with one seed."""
        return "timed" in self.needs

    @property
    def closing(self) -> bool:
        """Whether it runs after all others, once the sandbox is closed again."""
        return bool(self.needs & AFTERWARDS)

    def params(self, given: Mapping[str, object]) -> CheckParams:
        """Validate parameters.

        Raises
        ------
        BadParamsError
            Something is unknown, missing or of the wrong type; the message names the key and the valid ones.
        """
        try:
            return self.params_type.model_validate(dict(given))
        except ValidationError as err:
            first = err.errors()[0]
            key = ".".join(str(part) for part in first["loc"]) or "with"
            valid = ", ".join(sorted(self.params_type.model_fields))
            got = "nothing" if first["type"] == "missing" else repr(first["input"])
            message = f"{self.id}: parameter '{key}': {first['msg'].lower()} (got {got}; parameters are: {valid})"
            raise BadParamsError(message) from err


def spec_of(check_id: str, function: Function, module: ModuleType, streams: frozenset[str]) -> CheckSpec:
    """Read what a check says of itself.

    Raises
    ------
    BadCheckError
        The file breaks the shape of a check: docstring sections, signature or id.
    """
    doc = inspect.cleandoc(module.__doc__ or "")
    signature = inspect.signature(function).parameters
    needs = frozenset(signature)
    if unknown := needs - INPUTS:
        raise BadCheckError(f"{check_id}: asks for {sorted(unknown)}; a check may ask for {sorted(INPUTS)}")
    if not streams <= needs & {"data", "training"}:
        raise BadCheckError(
            f"{check_id}: streams {sorted(streams)}; got of these {sorted(needs & {'data', 'training'})}"
        )
    if needs & AFTERWARDS and needs & {"model", "decisions"}:
        raise BadCheckError(f"{check_id}: asks for {sorted(needs & AFTERWARDS)}, when the model is gone already")
    return CheckSpec(
        id=check_id,
        summary=doc.partition("\n")[0],
        doc=doc,
        measures=measures_of(check_id, doc),
        needs=needs,
        asks=inspect.isgeneratorfunction(function),
        optional=frozenset(name for name, one in signature.items() if one.default is not inspect.Parameter.empty),
        streams=streams,
        params_type=_params_type(check_id, function),
        run=function,
        module=module.__name__,
    )


def _params_type(check_id: str, function: Function) -> type[CheckParams]:
    if "params" not in inspect.signature(function).parameters:
        return CheckParams
    namespace = dict(vars(inspect.getmodule(function)))
    annotation = function.__annotations__["params"]
    found = namespace.get(annotation) if isinstance(annotation, str) else annotation
    if not (isinstance(found, type) and issubclass(found, CheckParams)):
        raise BadCheckError(f"{check_id}: 'params' must be annotated with a subclass of CheckParams")
    return found


def measures_of(check_id: str, doc: str) -> Mapping[str, MeasureSpec]:
    """Return what a module docstring says under its first heading, by the name of each measure.

    Raises
    ------
    BadCheckError
        A heading is missing or out of order, a line is of another form, or there is no measure.
    """
    places = [doc.find(f"\n## {section}\n") for section in SECTIONS]
    if -1 in places or places != sorted(places):
        raise BadCheckError(f"{check_id}: the module docstring needs the sections {SECTIONS}, in this order")
    body = doc[places[0] : places[1]].partition(SECTIONS[0])[2]
    measures = {}
    # An item may run over several lines; continuation lines are indented.
    for item in re.sub(r"\n {2,}", " ", body).splitlines():
        if not item.startswith("- "):
            continue
        match = _MEASURE_LINE.match(item)
        if match is None:
            raise BadCheckError(f"{check_id}: cannot read the measure line {item!r} (docs/checks.md shows the form)")
        measures[match["name"]] = MeasureSpec(
            name=match["name"],
            range=match["range"],
            better=cast("Better", match["better"] or "neither"),
            perfect=match["perfect"],
            about=match["about"] or "",
        )
    if not measures:
        raise BadCheckError(f"{check_id}: the docstring names no measure")
    return measures
