"""Find every check once, by walking this package; the file's docstring and signature are all there is to register."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from proofbox.checks.errors import BadCheckError, UnknownCheckError
from proofbox.checks.plugins import Plugin, imported, plugins, refusal
from proofbox.checks.spec import CheckSpec, Function, spec_of

_registered: dict[str, CheckSpec] = {}
_refused: dict[Plugin, str] = {}

OURS = frozenset(path.name for path in Path(__file__).parent.iterdir() if path.is_dir())
"""Families that nobody else may use."""


def check(check_id: str, streams: Iterable[str] = ()) -> Callable[[Function], Function]:
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

    def register(function: Function) -> Function:
        module = inspect.getmodule(function)
        if module is None:
            raise BadCheckError(f"{check_id}: a check must be defined in a module")
        if check_id.partition(".")[0] in OURS and not module.__name__.startswith("proofbox.checks."):
            raise BadCheckError(f"{check_id}: the family of a check by others is a name of its own")
        spec = spec_of(check_id, function, module, frozenset(streams))
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
