"""What two assessments of one subject with one seed have in common, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping

from proofbox.checks.result import Json

TIMED = "timed"
"""Key of a measurement's detail which says that its figures are timings or host facts."""


def comparable(document: Mapping[str, Json]) -> dict[str, Json]:
    """Return an assessment's JSON without what may differ between two runs with one seed.

    Left out are ``run``, the measurements that are marked as timed, what of a finding rests on one of these, and then
    the conclusion as well, which may turn with it.
    """
    measurements = document.get("measurements")
    listed = measurements if isinstance(measurements, list) else []
    timed = {str(one["id"]) for one in listed if isinstance(one, dict) and _is_timed(one)}
    kept = {name: value for name, value in document.items() if name not in ("run", "measurements", "findings")}
    kept["measurements"] = [one for one in listed if not (isinstance(one, dict) and str(one.get("id")) in timed)]
    findings = document.get("findings")
    kept["findings"] = [_without(one, timed) for one in (findings if isinstance(findings, list) else [])]
    if any(_rests_on(one, timed) for one in (findings if isinstance(findings, list) else [])):
        kept.pop("conclusion", None)
    return kept


def _is_timed(measurement: Mapping[str, Json]) -> bool:
    detail = measurement.get("detail")
    return isinstance(detail, dict) and detail.get(TIMED) is True


def _rests_on(finding: Json, timed: set[str]) -> bool:
    ids = finding.get("measurements") if isinstance(finding, dict) else None
    return isinstance(ids, list) and bool(timed & set(map(str, ids)))


def _without(finding: Json, timed: set[str]) -> Json:
    if not isinstance(finding, dict) or not _rests_on(finding, timed):
        return finding
    return {name: finding.get(name) for name in ("policy", "control", "requirement", "level", "check")}
