"""Submissions large enough to be shared among workers, a policy that asks little, and how two bundles are compared."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

# It tries to reach out, prints, and falls over a row that is in the middle of the data.
WICKED = """\
import os, socket

def out():
    try:
        socket.socket()
    except OSError:
        pass

out()

def predict(rows):
    out()
    print("looking at", len(rows["a"]), "rows")
    if max(rows["a"]) > 6.0:
        os._exit(3)
    return [1 if v > 0 else 0 for v in rows["a"]]
"""
YAML = """\
schema: proofbox/submission/v1
product:
  name: Large
  version: 1.0.0
  provider: {name: Example Ltd, id: "0101234567", country: VN, contact: ai@example.vn}
  sector: credit
  risk_tier: medium
  intended_purpose: Advice to a loan officer
model: {path: model, task: binary-classification, features: [a, b], output: label, positive_label: 1}
data:
  evaluation: {path: e.parquet, target: y, sensitive: [sex], weight: w}
"""
POLICY = """\
schema: proofbox/policy/v1
id: shared-work
version: 1.0.0
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Shared work, vi: Chia việc}
controls:
  - id: C
    title: {en: C, vi: C}
    objective: {en: C, vi: C}
    references: [{framework: none, clause: "1", relation: supports}]
    requirements:
"""
REQUIREMENT = """\
      - id: C.{number}
        level: must
        check: {check}
        {params}criterion: {{measure: {measure}, {bound}, decision_rule: simple, origin: default}}
        remediation: {{en: Look, vi: Xem}}
"""
ASKED = (
    (
        "fairness.demographic_parity",
        "demographic_parity_difference",
        "at_most: 0.1",
        "with: {attribute: each-sensitive}\n        ",
    ),
    ("performance.classification", "balanced_accuracy", "at_least: 0.5", ""),
    ("robustness.missing_values", "missing_flip_rate", "at_most: 0.9", ""),
    ("security.behaviour", "denied_calls", "at_most: 0", ""),
    ("security.behaviour", "output_bytes", "at_most: 1000000", ""),
    ("security.isolation", "isolation_level", "at_least: 1", ""),
)
STEADY = "def predict(rows):\n    return [1 if v > 0 else 0 for v in rows['a']]\n"


def write_large(folder: Path, code: str = STEADY, rows: int = 120_000, extreme: float = 0.0) -> Path:
    """Write a submission whose model is a Python function, with so many rows."""
    (folder / "model").mkdir(parents=True)
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows), "w": rng.random(rows)})
    frame["sex"] = np.where(rng.random(rows) < 0.5, "female", "male")
    frame.loc[rows * 5 // 8, "a"] = extreme
    frame["y"] = (frame["a"] + frame["b"] > 0).astype(int)
    frame.to_parquet(folder / "e.parquet", row_group_size=50_000)
    (folder / "model/predict.py").write_text(code, encoding="utf-8")
    (folder / "submission.yaml").write_text(YAML, encoding="utf-8")
    return folder


def in_parts(one: Path, folder: Path) -> Path:
    """Write the submission of one Parquet file once more, with its rows in five parts of which one is empty."""
    shutil.copytree(one, folder, ignore=shutil.ignore_patterns("e.parquet"))
    table = pq.read_table(one / "e.parquet")
    (folder / "e.parquet").mkdir()
    (folder / "e.parquet/_SUCCESS").write_bytes(b"")
    cuts = (0, 7, 50_001, 50_001, 90_000, table.num_rows)
    for number, (first, end) in enumerate(pairwise(cuts)):
        part = folder / f"e.parquet/part-{number}.parquet"
        pq.write_table(table.slice(first, end - first), part, row_group_size=33_333)
    return folder


def without_the_data_s_own(found: dict[str, object]) -> dict[str, object]:
    """Evidence without what tells data in parts from one file: path, digest, and the list of files."""
    record = json.loads(str(found["record"]))
    for key in ("digest", "files"):
        del record["subject"][key]
    for key in ("path", "sha256"):
        del record["subject"]["data"]["evaluation"][key]
    return {**found, "record": record}


def evidence(bundle: Path) -> dict[str, object]:
    """What must not depend on who did the work: all of the record but ``run``, tables, counterexamples and policies."""
    record = json.loads((bundle / "assessment.json").read_bytes())
    del record["run"]
    files = {
        path.relative_to(bundle).as_posix(): path.read_bytes()
        for path in sorted(bundle.rglob("*"))
        if path.is_file() and path.parent != bundle
    }
    return {"record": json.dumps(record, sort_keys=True), **files}


def run_of(bundle: Path) -> dict[str, object]:
    """What the record says of the run."""
    return json.loads((bundle / "assessment.json").read_bytes())["run"]


def policy_text() -> str:
    """A policy of a few requirements: on what is shared, what is asked of one host, and what is seen of hosts."""
    asked = (
        REQUIREMENT.format(number=number, check=check, measure=measure, bound=bound, params=params)
        for number, (check, measure, bound, params) in enumerate(ASKED)
    )
    return POLICY + "".join(asked)
