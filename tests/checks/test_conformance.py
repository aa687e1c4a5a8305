"""What every registered check owes, whoever wrote it; new checks are held to it without being named here."""

import ast
import inspect
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from proofbox.checks import registry
from proofbox.checks.holding import Behaviour, Isolation
from proofbox.checks.registry import INPUTS, SECTIONS, all_checks
from proofbox.checks.result import Inapplicable, Measured
from proofbox.checks.subject import ReferenceShare, Unit
from proofbox.checks.text import Text

TESTS = Path(__file__).parent
ROOM = Path(registry.__file__).parent
FAMILIES = ("performance", "fairness", "robustness", "provenance", "security", "data", "privacy", "transparency")

PARAMS = {
    "fairness.group_rates": {"attribute": "sex"},
    "fairness.demographic_parity": {"attribute": "sex"},
    "fairness.equalized_odds": {"attribute": "sex"},
    "fairness.calibration": {"attribute": "sex"},
    "fairness.counterfactual_flip": {"attribute": "sex"},
    "fairness.decisions_only": {"attribute": "sex"},
    "fairness.equal_opportunity": {"attribute": "sex"},
    "fairness.group_accuracy": {"attribute": "sex"},
    "fairness.group_performance": {"attribute": "sex", "resamples": 40},
    "fairness.multiclass": {"attribute": "sex"},
    "fairness.predictive_parity": {"attribute": "sex"},
    "fairness.ranking": {"attribute": "sex"},
    "fairness.regression_gap": {"attribute": "sex"},
    "data.representativeness": {"attribute": "sex"},
    "privacy.sensitive_use": {"attribute": "sex"},
}
"""Parameters without a default."""

RECORD = b'{"schema": "proofbox/provenance/v1", "date": "2026-01-01", "source": "a register"}'
"""A provenance record of which every check of provenance can say something."""

OF_NUMBERS = {"fairness.regression_gap", "performance.regression"}
"""Checks of answers that are numbers and no decisions between classes."""

checks = pytest.mark.parametrize("spec", all_checks().values(), ids=all_checks())


@pytest.fixture
def given(data, model, timed, subject, spec):
    """Return inputs on which every check of today can measure everything that it names."""

    def given_of(rows: int):
        rng = np.random.default_rng(11)
        columns = {
            "sex": rng.choice(["f", "m"], rows),
            "age": rng.integers(18, 80, rows),
            "pay": rng.normal(10, 3, rows),
            "y": rng.integers(0, 2, rows),
            "person": np.arange(rows) + 1_000,
            "year": rng.integers(2020, 2026, rows),
        }

        others = columns | {"pay": rng.normal(10, 3, rows)}

        def score(table):
            pay = table.column("pay").to_numpy().astype(float)
            female = np.array([value == "f" for value in table.column("sex").to_pylist()], dtype=float)
            return 1 / (1 + np.exp(10 - pay + 2 * female))

        asked = model(score, ("sex", "age", "pay"))
        files = {"model.onnx": b"\x08\x07", "eval.csv": b"x", "train.csv": b"y", "p.json": RECORD}
        files |= {"card.md": b"| measure | value |\n|---|---|\n| recall | 90 % |", "bom.json": b"{}"}
        rest = {"features": asked.features, "target": "y", "id_columns": ("person",), "time": "year"}
        claims = {
            "monotone": {"pay": "increasing"},
            "irrelevant": ("age",),
            "units": (Unit(feature="pay", unit="sex", factors={"f": 1.0, "m": 100.0}),),
        }
        evaluation = data(columns, sensitive=("sex",), **rest, **claims)
        return {
            "subject": subject(
                files,
                declared=[
                    ("model", "model.onnx", None),
                    ("evaluation", "eval.csv", None),
                    ("training", "train.csv", None),
                ],
                model="model.onnx",
                model_format="onnx",
                provenance={"evaluation": "p.json", "training": "p.json"},
                quasi_identifiers=("sex", "age"),
                documents={"model_card": "card.md", "system_card": "card.md", "bom": "bom.json"},
                reference=tuple(ReferenceShare(attribute="sex", category=one, share=0.5) for one in ("f", "m")),
            ),
            "model": asked,
            "timed": timed(),
            "data": evaluation,
            "training": data(others, role="training", **rest),
            "decisions": decided(asked.predict(evaluation.feature_table())),
            "isolation": Isolation(executor="bubblewrap", level=2, attempts={"network.tcp": True}),
            "behaviour": Behaviour(batches=1, denied_calls={}, denied_calls_at_start={"mkdir": 1}, output_bytes=9),
        }

    def decided(decisions):
        return replace(decisions, classes=(), positive_label="") if spec.id in OF_NUMBERS else decisions

    return given_of


@checks
def test_the_id_is_the_files_path(spec):
    assert spec.module == f"proofbox.checks.{spec.id}"
    assert spec.run.__name__ == spec.id.rpartition(".")[2]


@checks
def test_it_has_a_test_file_of_its_name(spec):
    family, _, name = spec.id.partition(".")
    assert (TESTS / family / f"test_{name}.py").is_file()


@checks
def test_its_docstring_is_its_page(spec):
    headings = re.findall(r"^## (.+)$", spec.doc, re.MULTILINE)
    assert tuple(headings) == SECTIONS
    assert spec.summary.endswith(".")
    for _, body in _sections(spec.doc):
        assert body.strip(), "a section is empty"
    assert all(measure.about.endswith(".") for measure in spec.measures.values())


@checks
def test_it_asks_for_what_a_check_may_ask_and_no_more(spec):
    assert spec.needs <= INPUTS
    returned = "Asking[Result]" if spec.asks else "Measured | Inapplicable"
    assert inspect.signature(spec.run).return_annotation == returned


@checks
def test_it_returns_every_measure_that_it_names_and_no_other(spec, given, run):
    result = run(spec.id, params=PARAMS.get(spec.id), **given(120))
    assert isinstance(result, Measured), result
    assert {found.measure for found in result.measurements} == set(spec.measures)
    assert {case.measure for case in result.counterexamples} <= set(spec.measures)


@checks
def test_what_it_returns_can_be_recorded_and_lies_in_its_range(spec, given, run):
    result = run(spec.id, params=PARAMS.get(spec.id), **given(120))
    json.dumps(asdict(result), allow_nan=False)
    for found in result.measurements:
        low, high = (float(end) for end in re.findall(r"-?inf|[-\d.]+", spec.measures[found.measure].range))
        assert low <= found.value <= high
        assert found.sample_size > 0
        assert type(found.value) is float
        assert type(found.sample_size) is int
        if found.interval is not None:
            assert low <= found.interval.low <= found.interval.high <= high
            assert found.interval.confidence == 0.95
    for case in result.counterexamples:
        assert isinstance(case.summary, Text)
        assert all(len(row.values) == len(case.columns) for row in case.rows)
        assert set(case.changed) <= set(case.columns)
    for table in result.tables:
        assert re.fullmatch(r"[a-z0-9-]+", table.name)
        assert len({len(column) for column in table.columns.values()}) == 1


@checks
def test_two_runs_with_one_seed_agree(spec, given, run):
    first, second = (run(spec.id, params=PARAMS.get(spec.id), seed=3, **given(120)) for _ in range(2))
    assert first == second


@checks
def test_what_it_reads_in_batches_gives_the_same_values(spec, given, run, in_batches):
    """Files that are too long to hold: the same measures with the same values, or why there are none."""
    if not spec.streams:
        return
    inputs = given(120)
    params = PARAMS.get(spec.id)
    held = run(spec.id, params=params, **inputs)
    read = run(spec.id, params=params, **inputs | {name: in_batches(inputs[name], 50, 30) for name in spec.streams})
    assert isinstance(held, Measured)
    assert isinstance(read, Measured)
    values = [[(one.measure, dict(one.group), one.value) for one in result.measurements] for result in (held, read)]
    assert values[0] == values[1]


@checks
def test_confidence_reaches_the_interval(spec, given, run):
    params = PARAMS.get(spec.id, {})
    result = run(spec.id, params=params | {"confidence": 0.8}, **given(120))
    assert {found.interval.confidence for found in result.measurements if found.interval} <= {0.8}


@checks
def test_no_rows_are_inapplicable_and_no_crash(spec, given, run):
    if not spec.needs & {"data", "decisions", "counts"}:
        return
    result = run(spec.id, params=PARAMS.get(spec.id), **given(0))
    assert isinstance(result, Inapplicable)
    assert str(result.reason)


@checks
def test_it_judges_nothing_and_reads_nothing_of_its_surroundings(spec):
    tree = ast.parse(Path(inspect.getfile(spec.run)).read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    imports = {alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
               for alias in node.names} | {
        (node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }  # fmt: skip
    judging = {"threshold", "severity_level", "verdict", "passed", "failed", "compliant"}
    assert not judging & names
    assert not {"os", "time", "random", "logging", "datetime", "subprocess", "socket"} & imports
    assert "print" not in names


def test_every_file_of_a_family_is_one_check():
    files = {
        f"{family}.{path.stem}"
        for family in FAMILIES
        for path in (ROOM / family).glob("*.py")
        if path.stem != "__init__"
    }
    assert files == set(all_checks())


def test_importing_the_room_loads_nothing_heavy():
    import subprocess
    import sys

    program = (
        "import sys; from proofbox.checks.registry import all_checks; assert len(all_checks()) > 10; "
        "print(sorted({'pandas', 'sklearn', 'scipy', 'mlflow', 'matplotlib', 'fairlearn'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[]"


def _sections(doc: str):
    parts = re.split(r"^## (.+)$", doc, flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2], strict=True)
