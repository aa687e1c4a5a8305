"""``proofbox checks test``: hold the checks of a plug-in to the laws, and tell each one that is broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proofbox.checks.plugins import Plugin, plugins
from proofbox.checks.registry import all_checks, refused_plugins
from proofbox.checks.spec import CheckSpec
from proofbox.runners.conformance.laws import LAWS, Trial, broken_laws
from proofbox.runners.errors import UsageError
from proofbox.sandbox.scratch import scratch


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One law that one check breaks."""

    check: str
    law: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the suite found for one plug-in."""

    plugin: Plugin
    refused: str
    """Why it is not loaded at all; empty where it is."""
    checks: tuple[str, ...]
    broken: tuple[Broken, ...]

    @property
    def conforms(self) -> bool:
        """Whether there are checks and all of them keep all laws."""
        return not self.refused and bool(self.checks) and not self.broken


def try_plugins(name: str) -> tuple[Tested, ...]:
    """Hold every check of a plug-in to the laws.

    Parameters
    ----------
    name
        Its distribution, family or package, as installed here.

    Raises
    ------
    UsageError
        No plug-in of that name is installed.
    """
    wanted = [one for one in plugins() if name in (one.distribution, one.family, one.package)]
    if not wanted:
        there = ", ".join(f"{one.distribution} ({one.family})" for one in plugins()) or "none"
        raise UsageError(f"no plug-in '{name}' is installed; there are: {there} (docs/plugins.md)")
    return tuple(_tested(one) for one in wanted)


def _tested(plugin: Plugin) -> Tested:
    if reason := refused_plugins().get(plugin, ""):
        return Tested(plugin=plugin, refused=reason, checks=(), broken=())
    specs = [spec for spec in all_checks().values() if spec.id.startswith(f"{plugin.family}.")]
    with scratch("conformance") as folder:
        broken = tuple(one for spec in specs for one in _broken(spec, folder))
    return Tested(plugin=plugin, refused="", checks=tuple(spec.id for spec in specs), broken=broken)


def _broken(spec: CheckSpec, folder: Path) -> Iterator[Broken]:
    fields = spec.params_type.model_fields
    tried = getattr(sys.modules[spec.module], "TRIED_WITH", {})
    params = {**({"attribute": "sex"} if "attribute" in fields else {}), **dict(tried)}
    for law, said in broken_laws(spec, Trial(root=folder, params=params)):
        yield Broken(check=spec.id, law=law, said=said)


def tested_lines(tested: Tested) -> Iterator[str]:
    """Yield what is said of one plug-in."""
    if tested.refused:
        yield f"{tested.plugin}: refused: {tested.refused}"
        return
    for check in tested.checks:
        found = [one for one in tested.broken if one.check == check]
        laws = len({one.law for one in found})
        yield f"{check}: {f'breaks {laws} of {len(LAWS)} laws' if found else 'keeps all laws'}"
        yield from (f"  {one.law}: {one.said}" for one in found)
    yield f"{tested.plugin}: {'conforms' if tested.conforms else 'does not conform'}"
