"""The pytest plug-in in sessions of its own: verdicts as outcomes, one assessment for all workers, no cost unasked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from proofbox.policies.loader import load_policy
from proofbox.policies.record_json import from_json
from proofbox.runners.commands.options import EXECUTORS as OFFERED
from proofbox.runners.errors import UsageError
from proofbox.runners.pytest_plugin import EXECUTORS
from proofbox.runners.pytest_plugin.fixture import DoesNotConformError, InProcess
from proofbox.runners.pytest_plugin.session import Session

pytest_plugins = ["pytester"]

RECORD = Path(__file__).parents[2] / "reports/records/model-a.json"
WITHOUT = ("-p", "no:hypothesispytest")
"""Plug-ins that inner sessions do without: this one rewrites and imports a large library anew in each of them."""

OUTCOMES = {
    "VN-FAIR-01.a": "FAILED",
    "VN-FAIR-01.b": "XFAIL",  # waived
    "VN-FAIR-02.a": "FAILED",  # inconclusive
    "VN-ROB-01.a": "PASSED",
    "VN-ROB-01.b": "XFAIL",  # an error of a should
    "VN-DAT-01.a": "FAILED",  # not run
    "VN-DAT-06.a": "PASSED",
    "VN-SEC-01.a": "SKIPPED",
}
CONFTEST = """
import json
from pathlib import Path
from proofbox.policies.record_json import from_json
from proofbox.runners.pytest_plugin.session import Session

def recorded(self):
    with Path("asked.txt").open("a") as file:
        file.write("once\\n")
    return from_json(json.loads(Path("record.json").read_text("utf-8")))

Session._assess = recorded
"""
POLICY = """\
schema: proofbox/policy/v1
id: vn-trusted-ai
version: "1"
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Some, vi: Một vài}
controls:
"""
CONTROL = """\
  - id: %s
    title: {en: T, vi: T}
    objective: {en: O, vi: O}
    references: []
    requirements:
"""
REQUIREMENT = """\
      - id: %s
        level: must
        check: performance.classification
        criterion: {measure: accuracy, at_least: 0.6, decision_rule: guarded, origin: default}
        remediation: {en: R, vi: R}
"""


def recorded():
    """The record of model A, with one finding of each verdict, and a waiver beside one failure."""
    record = json.loads(RECORD.read_text("utf-8"))
    found = next(item for item in record["findings"] if item["requirement"] == "VN-FAIR-01.b")
    found["waiver"] = {
        "id": "W-1", "status": "active", "signature": "verified", "approver": "B", "role": "head",
        "approved_on": "2026-11-20", "expires": "2027-01-31", "reason": "Retraining.",
    }  # fmt: skip
    return record


@pytest.fixture
def project(pytester):
    """A project whose policy has the requirements of that record."""
    text, control = POLICY, ""
    for name in OUTCOMES:
        if name.rpartition(".")[0] != control:
            control = name.rpartition(".")[0]
            text += CONTROL % control
        text += REQUIREMENT % name
    pytester.path.joinpath("policy.yaml").write_text(text, "utf-8")
    pytester.mkdir("sub").joinpath("submission.yaml").write_text("schema: proofbox/submission/v1\n")
    pytester.makepyfile(test_own="def test_own():\n    assert True\n")
    return pytester


@pytest.fixture
def asked(monkeypatch):
    """How often the recorded assessment was asked for, in this process."""
    times = []
    found = from_json(recorded())
    monkeypatch.setattr(Session, "_assess", lambda self: times.append(1) or found)
    return times


def session(pytester, *args):
    return pytester.runpytest_inprocess("-W", "error", "-rA", "-q", *WITHOUT, *map(str, args))


def outcomes(ended):
    found = re.findall(r"^(PASSED|FAILED|XFAIL) \S*::([\w.-]+)", ended.stdout.str(), re.MULTILINE)
    return {name: outcome for outcome, name in found}


GIVEN = ("--proofbox", "sub", "--proofbox-policy", "./policy.yaml")


def test_each_verdict_is_an_outcome_of_its_own(project, asked):
    ended = session(project, *GIVEN, "--junitxml", "j.xml")
    text = ended.stdout.str()
    assert ended.ret == 1, text
    ended.assert_outcomes(failed=3, passed=2, skipped=1, xfailed=2)
    assert outcomes(ended) == {name: one for name, one in OUTCOMES.items() if one != "SKIPPED"}
    assert asked == [1]
    # What is not met is told in words and not as a traceback of ours.
    assert "VN-FAIR-01.a (must) FAIL: Selection rates between groups" in text
    assert "What to do: Find the inputs that carry the group" in text
    assert "VN-FAIR-02.a (must) INCONCLUSIVE" in text
    assert "items.py" not in text.partition("short test summary")[0]
    assert "- waived: " in text
    assert "DOES NOT CONFORM: Mortgage screening, model A 1.0.0" in text
    cases = {case.get("name"): case for case in ElementTree.parse(project.path / "j.xml").iter("testcase")}
    assert set(cases) == set(OUTCOMES)
    assert "not applicable" in cases["VN-SEC-01.a"].find("skipped").get("message")
    properties = {one.get("name"): one.get("value") for one in cases["VN-FAIR-01.a"].iter("property")}
    assert properties == {
        "proofbox.verdict": "fail",
        "proofbox.level": "must",
        "proofbox.demographic_parity_ratio": "0.691702",
    }


def test_workers_share_one_assessment(project):
    (project.path / "record.json").write_text(json.dumps(recorded()), "utf-8")
    project.makeconftest(CONFTEST)
    ended = project.runpytest_subprocess("-W", "error", "-rA", "-q", *WITHOUT, "-n", "2", *GIVEN)
    ended.assert_outcomes(failed=3, passed=2, skipped=1, xfailed=2)
    assert (project.path / "asked.txt").read_text() == "once\n"
    assert "DOES NOT CONFORM" in ended.stdout.str()


def test_some_are_chosen_by_name_and_the_failed_ones_run_again(project, asked):
    session(project, *GIVEN, "-k", "VN-FAIR-01 or ROB", "--cache-clear").assert_outcomes(
        failed=1, passed=1, deselected=4, xfailed=2
    )
    again = session(project, *GIVEN, "--lf")
    assert set(outcomes(again)) == {"VN-FAIR-01.a"}, again.stdout.str()
    del asked[:]
    assert session(project, *GIVEN, "-k", "nothing").ret == 5
    assert asked == []


def test_stricter_on_demand_and_beside_own_tests(project, asked):
    ended = session(project, *GIVEN, "--proofbox-level", "should", "test_own.py", "-k", "own or ROB")
    assert outcomes(ended) == {"test_own": "PASSED", "VN-ROB-01.a": "PASSED", "VN-ROB-01.b": "FAILED"}
    # --runxfail says that nothing is expected to fail; a waiver is no pass then.
    assert outcomes(session(project, *GIVEN, "--runxfail"))["VN-FAIR-01.b"] == "FAILED"
    one = session(project, *GIVEN, "sub/submission.yaml::VN-ROB-01::VN-ROB-01.a")
    assert outcomes(one)["VN-ROB-01.a"] == "PASSED"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--proofbox", "sub"), "got no policy, expected --proofbox-policy"),
        (("--proofbox", "none", "--proofbox-policy", "baseline"), "--proofbox none: got nothing there"),
        (("--proofbox", "sub", "--proofbox-policy", "basline"), "no policy 'basline'"),
        ((*GIVEN, "--proofbox-out", "."), "--proofbox-out .: exists already"),
    ],
)
def test_mistakes_are_told_without_a_traceback(project, asked, args, said):
    ended = session(project, *args)
    told = ended.stdout.str() + ended.stderr.str()
    assert ended.ret != 0
    assert said in told
    assert "Traceback" not in told
    assert asked == []


def test_a_real_submission_is_measured_behind_walls(model_template, one_control, pytester):
    (pytester.path / "policy.yaml").write_text(one_control.format(threshold=0.6), "utf-8")
    given = ("--proofbox", model_template, "--proofbox-policy", "./policy.yaml", "--proofbox-out", "evidence")
    session(pytester, *given).assert_outcomes(passed=1)
    record = json.loads((pytester.path / "evidence/assessment.json").read_text("utf-8"))
    assert record["conclusion"] == "conforms"
    assert record["run"]["selfcheck"]["isolated"] is True


def test_a_submission_with_a_mistake_fails_each_item_with_its_words(model_template, one_control, pytester):
    (pytester.path / "policy.yaml").write_text(one_control.format(threshold=0.6), "utf-8")
    text = (model_template / "submission.yaml").read_text("utf-8").replace("target: approved", "target: aproved", 1)
    (pytester.path / "submission.yaml").write_text(text, "utf-8")
    ended = session(pytester, "--proofbox", ".", "--proofbox-policy", "./policy.yaml")
    ended.assert_outcomes(failed=1)
    assert "nothing was assessed:\nsubmission.yaml:" in ended.stdout.str()


def test_it_costs_nothing_where_it_is_not_asked_for(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import sys\n\ndef test_a():\n"
        "    found = {name for name in sys.modules if name.startswith('proofbox.')}\n"
        "    assert found == {'proofbox.runners', 'proofbox.runners.pytest_plugin'}\n"
    )
    argv = [sys.executable, "-X", "importtime", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if "|" in line}
    assert "_pytest.config" in imported
    assert not imported & {"numpy", "pydantic", "pyarrow", "click", "mlflow", "ruamel.yaml", "proofbox.policies"}


def test_the_executors_are_those_of_the_command():
    assert EXECUTORS == OFFERED


def test_the_fixture_measures_in_process(model_template, pytester):
    pytester.makepyfile(
        f"""
        import joblib
        import pandas as pd

        def test_parity(proofbox):
            data = pd.read_csv({str(model_template / "data/eval.csv")!r})
            model = joblib.load({str(model_template / "model/model.joblib")!r})
            found = proofbox.measure(
                "fairness.demographic_parity", model=model, data=data, target="approved", attribute="sex"
            )
            assert found["demographic_parity_ratio"] > 0.5
            assert found["demographic_parity_ratio"] < 0.5
        """
    )
    ended = session(pytester)
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["*assert 0.99* < 0.5"])


@pytest.fixture(scope="module")
def given(model_template):
    import joblib

    data = pd.read_csv(model_template / "data/eval.csv")
    return {"model": joblib.load(model_template / "model/model.joblib"), "data": data, "target": "approved"}


def test_assert_conforms_tells_what_is_not_met(given, one_control, tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(one_control.format(threshold=0.6), "utf-8")
    assert InProcess().assert_conforms(policy=str(path), **given).conclusion == "conforms"
    path.write_text(one_control.format(threshold=0.999), "utf-8")
    with pytest.raises(DoesNotConformError, match=r"not isolated:\n  ONE-01.a \[fail\] The accuracy is"):
        InProcess().assert_conforms(policy=str(path), **given)


def test_only_whole_families_and_known_controls_are_chosen(given):
    kept = InProcess().assert_conforms(policy="baseline", controls="BASE-PERF", **given)
    assert {item.control for item in kept.findings} == {"BASE-PERF"}
    with pytest.raises(UsageError, match="expected some of baseline"):
        InProcess().assert_conforms(policy="baseline", controls="NONE-*", **given)
    with pytest.raises(UsageError, match="unknown argument"):
        InProcess().assert_conforms(policy="baseline", atribute="sex", **given)
    families = load_policy("vn-trusted-ai").policy.families
    if families:
        control = families[0].requirements[0].rpartition(".")[0]
        with pytest.raises(UsageError, match="a part of the family"):
            InProcess().assert_conforms(policy="vn-trusted-ai", controls=control, sensitive=["sex"], **given)
