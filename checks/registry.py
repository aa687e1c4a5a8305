"""Find every check once, by walking this package; the file's docstring and signature are all there is to register."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Literal, cast

from pydantic import ValidationError

from proofbox.checks.asked.asking import Asking
from proofbox.checks.errors import BadCheckError, BadParamsError, UnknownCheckError
from proofbox.checks.params import CheckParams
from proofbox.checks.plugins import Plugin, imported, plugins, refusal
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

_Function = Callable[..., Result | Asking[Result]]
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
    run: Callable[..., Result | Asking[Result]]
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


_registered: dict[str, CheckSpec] = {}
_refused: dict[Plugin, str] = {}

OURS = frozenset(path.name for path in Path(__file__).parent.iterdir() if path.is_dir())
"""Families that nobody else may use."""


def check(check_id: str, streams: Iterable[str] = ()) -> Callable[[_Function], _Function]:
    """Register the decorated function as the check of that id.

    Parameters
    ----------
    streams
        Those of its inputs ``data`` and ``training`` that it reads by :meth:`Dataset.batches` alone.

    Raises
    ------
    BadCheckError
        The file breaks the shape of a check: docstring sections, signature or id.
    """

    def register(function: _Function) -> _Function:
        module = inspect.getmodule(function)
        if module is None:
            raise BadCheckError(f"{check_id}: a check must be defined in a module")
        if check_id.partition(".")[0] in OURS and not module.__name__.startswith("proofbox.checks."):
            raise BadCheckError(f"{check_id}: the family of a check by others is a name of its own")
        spec = _spec(check_id, function, module, frozenset(streams))
        known = _registered.get(check_id)
        if known is not None and known.module != spec.module:
            raise BadCheckError(f"{check_id}: registered twice, by {known.module} and {spec.module}")
        _registered[check_id] = spec
        return function

    return register


@cache
def all_checks() -> Mapping[str, CheckSpec]:
    """Return every check by id, sorted; the package is walked once, and then what plug-ins bring."""
    package = importlib.import_module("proofbox.checks")
    for info in pkgutil.walk_packages(package.__path__, prefix="proofbox.checks."):
        importlib.import_module(info.name)
    _plug_in()
    return dict(sorted(_registered.items()))


def find_check(check_id: str) -> CheckSpec | None:
    """Return one check, None where there is none; of ours its own module alone is imported, which its id names."""
    family, _, name = check_id.partition(".")
    if family not in OURS:
        _plug_in()
    elif name.isidentifier() and Path(__file__).parent.joinpath(family, f"{name}.py").is_file():
        importlib.import_module(f"proofbox.checks.{family}.{name}")
    return _registered.get(check_id)


@cache
def _plug_in() -> None:
    taken = set(OURS)
    for plugin in plugins():
        if reason := refusal(plugin, frozenset(taken)) or imported(plugin) or _strange(plugin):
            _refused[plugin] = reason
        for check_id, spec in _of(plugin).items():
            if plugin in _refused:
                del _registered[check_id]
            else:
                _registered[check_id] = replace(spec, origin=str(plugin))
        taken.add(plugin.family)


def refused_plugins() -> Mapping[Plugin, str]:
    """Return the plug-ins whose checks are not used, and why."""
    all_checks()
    return dict(_refused)


def _of(plugin: Plugin) -> Mapping[str, CheckSpec]:
    """Return what the modules of a plug-in have registered."""
    inside = f"{plugin.package}."
    return {name: spec for name, spec in _registered.items() if f"{spec.module}.".startswith(inside)}


def _strange(plugin: Plugin) -> str:
    """Return why what a plug-in registered is not taken; empty where it is."""
    found = _of(plugin)
    if strange := sorted(name for name in found if not name.startswith(f"{plugin.family}.")):
        return f"it registers '{strange[0]}', which is not of its family '{plugin.family}'"
    return "" if found else "it registers no check"


def get_check(check_id: str) -> CheckSpec:
    """Return one check.

    Raises
    ------
    UnknownCheckError
        There is none of that id; the message names the nearest ones.
    """
    found = find_check(check_id)
    if found is None:
        near = difflib.get_close_matches(check_id, all_checks(), n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        refused = next((f"{one} was refused: {why}" for one, why in _refused.items()
                        if one.family == check_id.partition(".")[0]), "")  # fmt: skip
        said = f"; {refused}" if refused else hint
        raise UnknownCheckError(f"unknown check '{check_id}'{said} ('proofbox checks list' shows all)")
    return found


def _spec(check_id: str, function: _Function, module: ModuleType, streams: frozenset[str]) -> CheckSpec:
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
        measures=_measures(check_id, doc),
        needs=needs,
        asks=inspect.isgeneratorfunction(function),
        optional=frozenset(name for name, one in signature.items() if one.default is not inspect.Parameter.empty),
        streams=streams,
        params_type=_params_type(check_id, function),
        run=function,
        module=module.__name__,
    )


def _params_type(check_id: str, function: _Function) -> type[CheckParams]:
    if "params" not in inspect.signature(function).parameters:
        return CheckParams
    namespace = dict(vars(inspect.getmodule(function)))
    annotation = function.__annotations__["params"]
    found = namespace.get(annotation) if isinstance(annotation, str) else annotation
    if not (isinstance(found, type) and issubclass(found, CheckParams)):
        raise BadCheckError(f"{check_id}: 'params' must be annotated with a subclass of CheckParams")
    return found


def _measures(check_id: str, doc: str) -> Mapping[str, MeasureSpec]:
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
