"""Records with the numbers of the demo, so that this room is tested without the others.

``records/model-a.json`` is model A; the others are made from it.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from proofbox.checks.result import CountTable
from proofbox.checks.text import t
from proofbox.policies.record import Assessment
from proofbox.policies.record_json import from_json
from proofbox.reports.bundle import write_bundle

HERE = Path(__file__).parent
HOSTILE = (
    "<img src=x onerror=alert(1)>\"'&\u202egnp.exe\x1b[31m$x^{$ **bold** [a](javascript:1) {{7*7}} www.evil.example"
)


def pytest_addoption(parser):
    parser.addoption("--update-goldens", action="store_true", help="write the golden files anew")


@pytest.fixture
def update_goldens(request) -> bool:
    return bool(request.config.getoption("--update-goldens", default=False))


@pytest.fixture
def goldens() -> Path:
    return HERE / "goldens"


@pytest.fixture
def hostile_text() -> str:
    return HOSTILE


@pytest.fixture
def model_a() -> Assessment:
    return assessment_a()


@pytest.fixture
def model_b() -> Assessment:
    return assessment_b()


@pytest.fixture
def hostile() -> Assessment:
    return assessment_hostile()


@pytest.fixture
def bundle_a(model_a, tmp_path) -> Path:
    """Model A as a whole bundle on disk, without its pages."""
    out = tmp_path / "bundle"
    write_bundle(out, model_a, policy_sources=[("vn-trusted-ai", b"id: x\n")], submission_yaml=b"x: 1\n", languages=())
    return out


@pytest.fixture
def tables() -> dict[str, CountTable]:
    columns = {"white": ("0", "1"), "true_positive": (71, 581), "false_positive": (7, 36), "note": (None, "đủ")}
    return {"fairness.group_rates-confusion": CountTable(name="confusion", columns=columns)}


def assessment_a() -> Assessment:
    return from_json(json.loads((HERE / "records" / "model-a.json").read_text("utf-8")))


def assessment_b() -> Assessment:
    """Model B: nothing failed, but something could not be concluded."""
    base = assessment_a()
    found = tuple(
        dataclasses.replace(item, verdict="pass", counterexamples=()) if item.verdict == "fail" else item
        for item in base.findings
    )
    product = {**base.subject.product, "name": "Mortgage screening, model B"}
    subject = dataclasses.replace(base.subject, product=product)
    return dataclasses.replace(base, conclusion="undetermined", subject=subject, findings=found, counterexamples=())


def assessment_hostile() -> Assessment:
    """Model A with every outside text full of markup, bidirectional and control characters."""
    base = assessment_a()
    found = base.counterexamples[0]
    case = dataclasses.replace(
        found.case,
        columns=(HOSTILE, *found.case.columns[1:]),
        changed=(HOSTILE,),
        summary=t("{x} flips", x=HOSTILE),
        rows=tuple(dataclasses.replace(row, decision=HOSTILE) for row in found.case.rows),
    )
    return dataclasses.replace(
        base,
        subject=_hostile_subject(base),
        policies=tuple(
            dataclasses.replace(
                policy,
                title={"en": HOSTILE, "vi": HOSTILE},
                controls=tuple(
                    dataclasses.replace(item, title={"en": HOSTILE}, objective={"en": HOSTILE})
                    for item in policy.controls
                ),
            )
            for policy in base.policies
        ),
        findings=tuple(dataclasses.replace(item, reason=t("{name} is wrong", name=HOSTILE)) for item in base.findings),
        measurements=tuple(
            dataclasses.replace(item, group={HOSTILE: item.group["white"] + HOSTILE}) if item.group else item
            for item in base.measurements
        ),
        counterexamples=(dataclasses.replace(found, case=case),),
        run=dataclasses.replace(base.run, selfcheck={HOSTILE: HOSTILE, "rows": [{"probe": HOSTILE}]}, platform=HOSTILE),
    )


def _hostile_subject(base: Assessment):
    return dataclasses.replace(
        base.subject,
        product={
            "name": HOSTILE,
            "version": HOSTILE,
            "provider": {"name": HOSTILE},
            "sector": HOSTILE,
            HOSTILE: HOSTILE,
        },
        files=({"path": HOSTILE, "size": 1, "sha256": "00" * 32},),
        model={HOSTILE: HOSTILE},
        data={HOSTILE: {"rows": [HOSTILE, 1], "sha256": "11" * 32}},
    )
