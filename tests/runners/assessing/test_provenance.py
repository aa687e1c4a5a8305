"""Provenance records through the command line: broken ones, whole ones, and the day of judgement."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema

Command = Callable[..., subprocess.CompletedProcess[str]]

WHOLE = """\
schema: proofbox/provenance/v1
name: Loan applications
date: 2026-01-01
license: CC-BY-4.0
lineage:
  - {id: register, kind: source, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
  - {id: train, kind: dataset, path: data/train.csv, from: [register]}
"""


def name_record(submission: Path, name: str, content: bytes) -> None:
    (submission / "data" / name).write_bytes(content)
    text = (submission / "submission.yaml").read_text()
    target = "training: {path: data/train.csv, target: approved"
    text = text.replace(target, f"{target}, provenance: data/{name}")
    (submission / "submission.yaml").write_text(
        text.replace("    sensitive: [sex]\n", f"    sensitive: [sex]\n    provenance: data/{name}\n")
    )


def values(result: subprocess.CompletedProcess[str]) -> dict[str, float]:
    assert result.returncode == 0, result.stderr
    return {item["measure"]: item["value"] for item in json.loads(result.stdout)["measurements"]}


def test_a_broken_record_is_told_with_its_place_and_the_rest_goes_on(
    submission: Path, quick: Command, tmp_path: Path
) -> None:
    name_record(submission, "bomb.yaml", b"schema: proofbox/provenance/v1\nname: &a [x]\ncreator: [*a, *a]\n")
    result = quick("run", submission, "--policy", "baseline", "--no-mlflow", "--out", tmp_path / "evidence")
    assert result.returncode == 0, result.stderr
    assessment = json.loads((tmp_path / "evidence" / "assessment.json").read_text())
    assert assessment["errors"] == []
    verdicts = {one["requirement"]: one["verdict"] for one in assessment["findings"]}
    assert (verdicts["BASE-PROV.c"], verdicts["BASE-PERF.a"]) == ("fail", "pass")
    measured = {item["check"] for item in assessment["measurements"]}
    assert {"provenance.record", "performance.classification", "fairness.demographic_parity"} <= measured
    told = next(item for item in assessment["measurements"] if item["measure"] == "required_fields_present")
    assert "data/bomb.yaml cannot be read: line 2, column 7: got an anchor 'a'" in told["detail"]["problem"]


def test_age_is_that_of_the_given_day(submission: Path, quick: Command) -> None:
    name_record(submission, "p.yaml", WHOLE.encode())
    asked = ("measure", submission, "--check", "provenance.freshness", "--json", "--as-of")
    assert values(quick(*asked, "2026-01-31"))["data_age_days"] == 30
    assert quick(*asked, "31/01/2026").returncode == 2


def test_every_static_check_of_provenance_runs_without_opening_the_model(submission: Path, quick: Command) -> None:
    name_record(submission, "p.yaml", WHOLE.encode())
    (submission / "model" / "model.joblib").write_bytes(b"\x80\x04\x95 this would not load")
    lineage = values(quick("measure", submission, "--check", "provenance.lineage", "--json"))
    assert lineage == {
        "nodes_in_cycles": 0, "nodes_with_digest": 1, "sources_reaching_model": 1, "unresolved_references": 0,
    }  # fmt: skip
    licence = values(quick("measure", submission, "--check", "provenance.licence", "--json"))
    assert (licence["licence_stated"], licence["licence_known"]) == (1, 1)


def test_the_published_schemas_are_printed(proofbox: Command) -> None:
    schemas = {
        name: json.loads(proofbox("schema", name).stdout) for name in ("provenance", "data-provenance-standards")
    }
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert schemas["provenance"]["properties"]["lineage"]["items"]
