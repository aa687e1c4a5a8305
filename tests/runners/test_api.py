"""`assess` and `measure` from Python: an object in process is never called isolated, a path runs behind the walls."""

from __future__ import annotations

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import joblib
import pandas as pd
import pytest

from proofbox.runners import api
from proofbox.runners.errors import UsageError


@pytest.fixture(scope="module")
def trained(model_template: Path):
    return joblib.load(model_template / "model/model.joblib"), pd.read_csv(model_template / "data/eval.csv")


@pytest.fixture(scope="module")
def found(trained):
    model, frame = trained
    product = {"name": "<script>alert(1)</script>", "version": "1"}
    return api.assess(model, frame, target="approved", sensitive=["sex"], product=product, policy="baseline")


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_an_object_is_assessed_and_never_called_isolated(found):
    assert found.isolated_ is False
    assert found.conclusion_ in ("does-not-conform", "undetermined")
    verdicts = found.verdicts()
    assert verdicts["BASE-PERF.a"] == "pass"
    isolation = [one for one in found.findings_ if one.check == "security.isolation"]
    assert isolation
    assert all(one.verdict != "pass" for one in isolation)
    assert "The model was not isolated." in str(found)
    assert found.to_json()["run"]["selfcheck"]["isolated"] is False


@pytest.mark.parametrize(("language", "said"), [("en", "The model was not isolated."), ("vi", "không được cách ly")])
def test_a_notebook_shows_it_whole_escaped_and_in_both_languages(found, language, said):
    shown = api.AssessmentResult(assessed=found.assessed, language=language)._repr_html_()
    assert said in shown
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    page = Balanced()
    page.feed(shown)
    assert page.open == []
    assert page.tags <= {"div", "p", "strong", "br", "table", "thead", "tbody", "tr", "th", "td"}
    assert "http" not in shown
    assert shown.count("<tr>") == len(found.findings_) + 1


def test_one_thing_is_measured_by_its_name(trained):
    model, frame = trained
    got = api.measure(model, frame, target="approved", check="performance.classification", language="vi")
    assert got["accuracy"] == pytest.approx((model.predict(frame[["income", "debt"]]) == frame["approved"]).mean())
    shown = got._repr_html_()
    assert "Chỉ số" in shown or "Độ đo" in shown
    rates = api.measure(
        model, frame, target="approved", sensitive=["sex"], check="fairness.group_rates", params={"attribute": "sex"}
    )
    assert 0 < rates.of("selection_rate", sex="female") < 1


def test_a_path_runs_behind_the_walls(submission: Path, tmp_path: Path):
    shutil.copy(submission / "model/model.joblib", tmp_path / "model.pkl")
    made = api.measure(tmp_path / "model.pkl", submission / "data/eval.csv", check="security.isolation")
    assert made["isolation_level"] >= 1
    assert {path.name for path in tmp_path.iterdir()} == {"model.pkl", "submission"}
    whole = api.measure(submission, check="performance.classification")
    assert whole["accuracy"] > 0.6


def test_what_has_no_meaning_is_refused(trained, tmp_path: Path):
    model, frame = trained
    for call, said in (
        (lambda: api.assess(model, frame, taget="approved"), "got taget=, expected one of"),
        (lambda: api.assess(model), "data: got none"),
        (lambda: api.assess("here", target="x"), "whose submission.yaml says it"),
        (lambda: api.assess("model.pkl", frame), "expected a path too"),
    ):
        with pytest.raises(UsageError, match=said):
            call()


def test_importing_it_is_quick():
    heavy = "{'numpy', 'pydantic', 'mlflow'}"
    program = f"import sys; from proofbox.runners import api; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
