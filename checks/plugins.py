"""Checks by others: found by entry points, held to the rules of a check before their code is run, and refused by name.

A distribution names the module or package of its checks under the entry-point group ``proofbox.checks``; the entry
point's name is its family, and every id begins with it. Such code runs in the harness, as ours does: whoever installs
it trusts it. What is refused here is refused whole, with the distribution's name and the reason; all else goes on.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from pathlib import Path

GROUP = "proofbox.checks"
"""Entry-point group of packages of checks."""
POLICIES = "proofbox.policies"
"""Entry-point group of packages that hold policies as ``<family>-*.yaml``."""

JUDGING = frozenset({"threshold", "severity_level", "verdict", "passed", "failed", "compliant"})
AROUND = frozenset({"os", "time", "random", "logging", "datetime", "subprocess", "socket"})
"""Modules through which a check would read a clock, a file or the network, or say something on its own."""
_FAMILY = re.compile(r"[a-z][a-z0-9_]{1,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One entry point of a distribution."""

    family: str
    """First part of the ids of its checks."""
    package: str
    """Module or package in which they stand."""
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@cache
def plugins(group: str = GROUP) -> tuple[Plugin, ...]:
    """Return the entry points of a group, sorted; nothing of them is imported."""
    found = {
        Plugin(
            family=point.name,
            package=point.value.partition(":")[0].strip(),
            distribution=point.dist.name if point.dist else "?",
            version=point.dist.version if point.dist else "?",
        )
        for point in metadata.entry_points(group=group)
    }
    return tuple(sorted(found, key=lambda one: (one.family, one.distribution)))


def folder_of(package: str) -> Path | None:
    """Return the folder of a package, or the file of a module, without importing it; None where it is not found."""
    top, *below = package.split(".")
    try:
        spec = util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    place = Path(next(iter(spec.submodule_search_locations))) if spec.submodule_search_locations else None
    if place is None:
        return Path(spec.origin) if spec.origin and not below else None
    place = place.joinpath(*below)
    if place.is_dir():
        return place
    file = place.with_suffix(".py")
    return file if file.is_file() else None


def files_of(plugin: Plugin) -> tuple[Path, ...]:
    """Return the Python files of a plug-in, found without importing it."""
    place = folder_of(plugin.package)
    if place is None:
        return ()
    return tuple(sorted(place.rglob("*.py"))) if place.is_dir() else (place,)


def forbidden_in(source: str) -> Iterator[str]:
    """Yield what a file of checks must not do: judge, or read or tell anything outside what it is given."""
    tree = ast.parse(source)
    plain = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names = plain | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    imports: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports |= {(node.module or "").partition(".")[0], *(alias.name.partition(".")[0] for alias in node.names)}
    yield from (f"it imports {name}, which a check must not" for name in sorted(AROUND & imports))
    yield from (f"it uses the name {name}: checks measure, policies judge" for name in sorted(JUDGING & names))
    if reached := sorted({"print", "open", "__import__", "eval", "exec"} & plain):
        yield f"it uses {', '.join(reached)}, which a check must not"


def refusal(plugin: Plugin, taken: frozenset[str]) -> str:
    """Return why a plug-in is not loaded; empty if it may be.

    Parameters
    ----------
    taken
        Families that are ours or another plug-in's.
    """
    if not _FAMILY.fullmatch(plugin.family):
        return f"its family {plugin.family!r} is no name of small letters, digits and '_'"
    if plugin.family in taken:
        return f"its family '{plugin.family}' is taken: name one of its own"
    files = files_of(plugin)
    if not files:
        return f"the package {plugin.package} that it names is not there"
    for file in files:
        try:
            found = next(forbidden_in(file.read_text(encoding="utf-8")), "")
        except (SyntaxError, UnicodeDecodeError, ValueError) as err:
            found = f"it cannot be read: {err}"
        if found:
            return f"{file.name}: {found}"
    return ""


def imported(plugin: Plugin) -> str:
    """Import all modules of a plug-in; return why that failed, empty where it did not."""
    try:
        module = importlib.import_module(plugin.package)
        for info in pkgutil.walk_packages(getattr(module, "__path__", ()), prefix=f"{plugin.package}."):
            importlib.import_module(info.name)
    except Exception as err:  # noqa: BLE001 a stranger's module may raise anything, and must not take ours with it
        return f"{type(err).__name__}: {err}"
    return ""
