"""What this machine can isolate with: the table behind ``proofbox doctor``."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.runners.remote.stores import readable
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.executor import Executor, choose, in_order
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.scratch import sweep
from proofbox.sandbox.selfcheck import prove_walls

if TYPE_CHECKING:
    from proofbox.checks.result import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """The walls of one executor, proven on this machine."""

    executor: str
    isolates: bool
    selfcheck: Mapping[str, Json]
    advice: str
    """What to do where the walls do not stand; empty where they do."""
    swept: tuple[str, ...] = ()
    """Folders that killed runs had left behind and that are removed now."""
    tried: tuple[Mapping[str, Json], ...] = ()
    """Every executor that builds walls, in the order of ``auto``: whether it works here, why, and what would help."""

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``proofbox doctor --json``."""
        return {
            "executor": self.executor,
            "isolates": self.isolates,
            "selfcheck": dict(self.selfcheck),
            "advice": self.advice,
            "tried": [dict(one) for one in self.tried],
            "swept": list(self.swept),
            "extras": dict(installed_extras()),
            "data_by_address": dict(readable()),
            "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        }


EXTRAS: Mapping[str, tuple[str, str]] = {
    "xgboost": ("xgboost", "models of XGBoost"),
    "lightgbm": ("lightgbm", "models of LightGBM"),
    "catboost": ("catboost", "models of CatBoost"),
    "scanners": ("picklescan", "second opinions on model files"),
    "papers": ("typst", "papers as PDF, DOCX and XLSX"),
    "pkcs11": ("pkcs11", "keys on a token"),
    "timestamps": ("rfc3161_client", "time stamps"),
    "pades": ("pyhanko", "signatures inside a PDF"),
    "ray": ("ray", "more than one machine"),
    "postgres": ("psycopg2", "an office's database"),
    "office": ("flask_wtf", "passwords on an office's MLflow"),
    "s3": ("boto3", "MLflow artifacts in a bucket, written by its own client"),
}
"""Extra of the distribution -> a module that it brings, and what it is for."""


def installed_extras() -> dict[str, bool]:
    """Return extra -> whether it is there; nothing is imported."""
    return {extra: find_spec(module) is not None for extra, (module, _) in EXTRAS.items()}


def kubernetes_job() -> str:
    """Return the template of a Kubernetes Job that assesses one submission."""
    return (Path(__file__).parent.parent / "templates/kubernetes-job.yaml").read_text(encoding="utf-8")


def check_up(name: str) -> Checkup:
    """Try the executor by doing, never by a version or a setting."""
    tried = tuple(_tried(executor) for executor in in_order())
    swept = tuple(str(folder) for folder in sweep())
    try:
        executor = choose(name)
        selfcheck = cast("Mapping[str, Json]", prove_walls(executor, Limits()).to_json())
    except IsolationError as err:
        return Checkup(executor=name, isolates=False, selfcheck={}, advice=str(err), tried=tried, swept=swept)
    isolates = executor.level > 0
    advice = "" if isolates else "unsafe-none isolates nothing: use it for debugging only"
    return Checkup(
        executor=executor.name, isolates=isolates, selfcheck=selfcheck, advice=advice, tried=tried, swept=swept
    )


def _tried(executor: Executor) -> dict[str, Json]:
    found = executor.probe()
    return {
        "executor": executor.name,
        "level": executor.level,
        "works": found.available,
        "reason": found.reason,
        "version": found.version,
        "advice": list(found.advice),
    }


def checkup_lines(checkup: Checkup) -> Iterator[str]:
    """Yield the lines of ``proofbox doctor``."""
    for one in checkup.tried:
        mark = "works" if one["works"] else "no   "
        version = f" {one['version']}" if one["version"] else ""
        yield f"{mark} {one['executor']}{version}, level {one['level']}: {one['reason']}"
        yield from (f"        {advice}" for advice in cast("list[str]", one["advice"]))
    yield from (f"removed what a killed run left behind: {folder}" for folder in checkup.swept)
    level = checkup.selfcheck.get("level")
    yield f"executor: {checkup.executor}" + ("" if level is None else f", level {level}")
    if checkup.isolates:
        backend = cast("Mapping[str, Json]", checkup.selfcheck["backend"])
        limits = cast("Mapping[str, Mapping[str, Json]]", checkup.selfcheck["limits"])
        yield f"  runs as: {backend['runs_as']}"
        yield f"  denied system calls: {checkup.selfcheck['denied_calls']}"
        yield f"  memory over all processes is held by: {limits['resident_bytes']['enforced_by']}"
    for row in cast("list[Mapping[str, Json]]", checkup.selfcheck.get("rows", [])):
        mark = "held" if row.get("held") else "OPEN"
        yield f"  {mark}  {row.get('probe')}: {row.get('got')} (enforced by {row.get('enforced_by')})"
    for extra, there in installed_extras().items():
        hint = "installed" if there else f"not installed: pip install 'proofbox[{extra}]'"
        yield f"  {EXTRAS[extra][1]}: {hint}"
    for scheme, there in readable().items():
        yield f"  data by {scheme}:// address: {'can be read' if there else 'not in the pyarrow that is installed'}"
    yield "a submitted model can be isolated here" if checkup.isolates else f"no isolation: {checkup.advice}"
