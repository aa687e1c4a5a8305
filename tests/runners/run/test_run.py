"""The main job through the installed command: what is written, what is the same twice, what is kept out."""

from __future__ import annotations

import json
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def assessment(result: subprocess.CompletedProcess[str]) -> dict:
    assert result.returncode in (0, 1, 3), result.stderr
    return json.loads(result.stdout)


def bundle(command: Path, out: Path, *args: object) -> Path:
    """Run the installed command; the bundle it left."""
    argv = [str(command), "run", *map(str, args), "--no-mlflow", "--out", str(out)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd=out.parent)
    assert done.returncode in (0, 1, 3), done.stderr
    (out.parent / "said.txt").write_text(done.stdout, encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def evidence(model_template: Path, command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle under the baseline, with seed 5, made once."""
    out = tmp_path_factory.mktemp("run") / "evidence"
    return bundle(command, out, model_template, "--policy", "baseline", "--seed", 5)


def test_the_same_seed_gives_the_same_assessment_outside_run(
    evidence: Path, model_template: Path, command: Path, tmp_path: Path
) -> None:
    again = bundle(command, tmp_path / "again", model_template, "--policy", "baseline", "--seed", 5)
    texts = []
    for out in (evidence, again):
        document = json.loads((out / "assessment.json").read_bytes())
        assert document.pop("run")["seed"] == 5
        texts.append(json.dumps(document, sort_keys=True))
    assert texts[0] == texts[1]


def test_another_seed_is_another_measurement(submission: Path, quick: Command) -> None:
    first, second = (
        assessment(quick("measure", submission, "--check", "robustness.noise", "--seed", seed, "--json"))
        for seed in (1, 2)
    )
    assert first["measurements"] != second["measurements"]


def test_the_bundle_holds_what_the_contract_names_and_no_weights(evidence: Path, model_template: Path) -> None:
    out = evidence
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"assessment.json", "manifest.json", "submission.yaml", "report.html", "report.vi.html"} <= names
    assert any(name.startswith("policy/") for name in names)
    assert not any(name.endswith((".joblib", ".csv", ".onnx", ".skops")) for name in names)
    assert (out / "submission.yaml").read_bytes() == (model_template / "submission.yaml").read_bytes()


def test_folder_file_and_archives_are_one_subject(
    submission: Path, quick: Command, tmp_path: Path, small_policy: Path
) -> None:
    as_zip, as_tar = tmp_path / "s.zip", tmp_path / "s.tar.gz"
    files = sorted(path for path in submission.rglob("*") if path.is_file())
    with zipfile.ZipFile(as_zip, "w") as archive:
        for path in files:
            archive.write(path, path.relative_to(submission).as_posix())
    with tarfile.open(as_tar, "w:gz") as archive:
        for path in files:
            archive.add(path, path.relative_to(submission).as_posix())
    sources = (submission, submission / "submission.yaml", as_zip, as_tar)
    digests = {
        assessment(quick("run", source, "--policy", small_policy, "--no-mlflow", "--json"))["subject"]["digest"]
        for source in sources
    }
    assert len(digests) == 1


def test_recorded_decisions_need_no_model_and_no_sandbox(submission: Path, quick: Command) -> None:
    file = submission / "submission.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    start, end = lines.index("model:"), lines.index("data:")
    text = "\n".join(lines[:start] + lines[end:]) + "\n"
    file.write_text(text.replace("target: approved\n    sens", "prediction: approved\n    sens"), encoding="utf-8")
    document = assessment(quick("measure", submission, "--check", "fairness.demographic_parity", "--json"))
    assert {item["measure"] for item in document["measurements"]} == {
        "demographic_parity_difference",
        "demographic_parity_ratio",
    }
    labelled = assessment(quick("measure", submission, "--check", "fairness.equalized_odds", "--json"))
    assert labelled["measurements"] == []
    assert labelled["inapplicable"]


def test_a_failed_gate_keeps_the_model_unloaded(submission: Path, proofbox: Command) -> None:
    """A pickle that would leave a mark when it is loaded; the gate is on its format, so it never is."""
    (submission / "model/model.joblib").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    result = proofbox("run", submission, "--policy", "vn-trusted-ai", "--no-mlflow", "--json")
    document = assessment(result)
    assert result.returncode == 1
    assert document["run"]["executor"].startswith("none")
    assert "not-run" in {finding["verdict"] for finding in document["findings"]}


def test_measure_prints_the_contract_document(submission: Path, proofbox: Command) -> None:
    args = ("--check", "fairness.group_rates", "--set", "attribute=sex", "--json")
    document = assessment(proofbox("measure", submission, *args))
    assert set(document) == {"measurements", "inapplicable", "errors"}
    item = next(item for item in document["measurements"] if item["measure"] == "selection_rate")
    assert set(item) >= {"id", "check", "params", "measure", "value", "interval", "sample_size", "group", "detail"}
    assert set(item["interval"]) >= {"low", "high", "confidence", "method"}


def test_json_is_one_document_and_nothing_else(
    submission: Path, proofbox: Command, tmp_path: Path, small_policy: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    result = proofbox("run", submission, "--policy", small_policy, "--json", "--tracking-uri", store)
    assert assessment(result)["policies"][0]["id"] == "one-control"
    assert (tmp_path / "store.db").is_file()


def test_a_tracking_server_that_fails_never_loses_the_assessment(
    submission: Path, proofbox: Command, tmp_path: Path, small_policy: Path
) -> None:
    out = tmp_path / "evidence"
    store = tmp_path / "store.db"
    store.mkdir()  # where a database would be: it cannot be opened, and the ledger beside it can
    uri = f"sqlite:///{store}"
    result = proofbox("run", submission, "--policy", small_policy, "--tracking-uri", uri, "--out", out)
    assert result.returncode in (0, 1, 3), result.stderr
    assert "not logged to MLflow" in result.stderr
    assert f"send it later: proofbox publish {out} --tracking-uri {uri}" in result.stderr
    assert (out / "manifest.json").is_file()


LEVEL = """\
schema: proofbox/policy/v1
id: level-{level}
version: 1.0
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {{en: Walls, vi: Cách ly}}
controls:
  - id: ISO
    title: {{en: Walls, vi: Cách ly}}
    objective: {{en: The model is isolated., vi: Mô hình được cách ly.}}
    references: [{{framework: proofbox-baseline, clause: isolation, relation: supports}}]
    requirements:
      - id: ISO.a
        level: must
        check: security.isolation
        criterion: {{measure: isolation_level, at_least: {level}, decision_rule: simple, origin: default}}
        remediation: {{en: Use another executor., vi: Dùng cơ chế khác.}}
"""


@pytest.fixture(scope="module")
def levels(model_template: Path, command: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the bundle of a run by an executor, under a policy for each level of isolation; each is made once."""
    made: dict[str, Path] = {}

    def run(executor: str) -> Path:
        if executor not in made:
            folder = tmp_path_factory.mktemp(executor)
            args: list[object] = [model_template, "--executor", executor]
            for level in (1, 2):
                policy = folder / f"level-{level}.yaml"
                policy.write_text(LEVEL.format(level=level), encoding="utf-8")
                args += ["-p", policy]
            made[executor] = bundle(command, folder / "evidence", *args)
        return made[executor]

    return run


def test_what_was_not_isolated_says_so_in_every_view(levels: Callable[[str], Path]) -> None:
    out = levels("unsafe-none")
    assert "was not isolated" in (out.parent / "said.txt").read_text(encoding="utf-8")
    assert "was not isolated" in (out / "report.html").read_text(encoding="utf-8")
    assert "không được cách ly" in (out / "report.vi.html").read_text(encoding="utf-8")
    document = json.loads((out / "assessment.json").read_bytes())
    assert (document["run"]["executor"], document["run"]["selfcheck"]["isolated"]) == ("unsafe-none", False)


def test_schemas_are_json_schemas(quick: Command, submission: Path, evidence: Path) -> None:
    import jsonschema
    from ruamel.yaml import YAML

    for name in ("submission", "policy", "assessment"):
        schema = json.loads(quick("schema", name).stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        if name == "submission":
            data = YAML(typ="safe").load((submission / "submission.yaml").read_text(encoding="utf-8"))
            jsonschema.validate(data, schema)
        if name == "assessment":
            jsonschema.validate(json.loads((evidence / "assessment.json").read_bytes()), schema)


def test_doctor_proves_the_walls(proofbox: Command) -> None:
    result = proofbox("doctor", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert document["isolates"] is True
    assert all(row["held"] for row in document["selfcheck"]["rows"])
    tried = document["tried"]
    assert [(one["executor"], one["level"], one["works"]) for one in tried[:2]] == [
        ("bubblewrap", 2, True),
        ("landlock", 1, True),
    ]
    assert [(one["executor"], one["level"]) for one in tried[2:]] == [("container", 2), ("gvisor", 3)]
    assert all(one["reason"] and (one["works"] or one["advice"]) for one in tried)
    assert proofbox("doctor", "--executor", "unsafe-none").returncode == 4


def test_doctor_proves_the_fallback_too(proofbox: Command) -> None:
    result = proofbox("doctor", "--executor", "landlock")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "works landlock Landlock ABI " in result.stdout
    assert "executor: landlock, level 1\n" in result.stdout
    assert "  denied system calls: counted by name and answered by the harness\n" in result.stdout
    assert "  memory over all processes is held by: " in result.stdout
    assert "  runs as: " in result.stdout
    assert "held  files.shadow: denied EACCES (enforced by Landlock)" in result.stdout


def test_a_policy_demands_a_level_of_isolation(levels: Callable[[str], Path]) -> None:
    found = {}
    for executor in ("unsafe-none", "landlock", "bubblewrap"):
        document = json.loads((levels(executor) / "assessment.json").read_bytes())
        verdicts = {finding["policy"]: finding["verdict"] for finding in document["findings"]}
        found[executor] = (document["conclusion"], verdicts)
    assert found == {
        "unsafe-none": ("does-not-conform", {"level-1": "fail", "level-2": "fail"}),
        "landlock": ("does-not-conform", {"level-1": "pass", "level-2": "fail"}),
        "bubblewrap": ("conforms", {"level-1": "pass", "level-2": "pass"}),
    }


@pytest.mark.parametrize(("pack", "requirement"), [("baseline", "BASE-ISO.a"), ("vn-trusted-ai", "VN-SEC-06.a")])
def test_no_shipped_policy_is_satisfied_without_walls(
    levels: Callable[[str], Path], quick: Command, pack: str, requirement: str
) -> None:
    document = assessment(quick("judge", levels("unsafe-none"), "-p", pack, "--json"))
    finding = next(item for item in document["findings"] if item["requirement"] == requirement)
    assert finding["verdict"] == "fail"
    assert document["conclusion"] == "does-not-conform"


def test_isolation_is_measured_alone(submission: Path, quick: Command) -> None:
    document = assessment(
        quick("measure", submission, "--check", "security.isolation", "--executor", "landlock", "--json")
    )
    found = {item["measure"]: item["value"] for item in document["measurements"]}
    assert found["isolation_level"] == 1
    assert found["attempts_held"] > 40
    assert found["attempts_through"] == 0


KNOCKING = """
import os, socket
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict_proba(self, rows):
        for attempt in (socket.socket, os.fork):
            try:
                attempt()
            except OSError:
                pass
        print("knock", flush=True)
        return np.full((len(rows), 2), 0.5)
"""


class FromSource:
    def __reduce__(self):
        return eval, (f"(lambda names: (exec({KNOCKING!r}, names), names['Model']())[1])({{}})",)


def test_what_the_model_itself_attempted_is_measured(submission: Path, quick: Command) -> None:
    import pickle

    (submission / "model/model.joblib").write_bytes(pickle.dumps(FromSource()))
    document = assessment(quick("measure", submission, "--check", "security.behaviour", "--json"))
    found = {item["measure"]: item for item in document["measurements"]}
    calls = found["denied_calls"]["detail"]["calls"]
    assert calls["socket"] == 1
    assert found["denied_calls"]["value"] == 2
    assert found["denied_calls_at_start"]["value"] == 0
    assert found["output_bytes"]["value"] == len("knock\n")
    assert found["violations"]["value"] == 0


def hosting(program: str) -> bytes:
    import pickle

    class Program:
        def __reduce__(self):
            return eval, (f"(lambda names: (exec({program!r}, names), names['Model']())[1])({{}})",)

    return pickle.dumps(Program())


DYING = """
import os
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict_proba(self, rows):
        os._exit(3)
"""


def test_a_model_that_ends_itself_is_reported_with_what_it_took(submission: Path, quick: Command) -> None:
    model = submission / "model/model.joblib"
    model.write_bytes(hosting(DYING))
    document = assessment(quick("measure", submission, "--check", "security.behaviour", "--json"))
    found = {item["measure"]: item for item in document["measurements"]}
    assert found["violations"]["value"] == 1
    assert found["violations"]["detail"]["kinds"] == ["crash"]
    # Not even loaded: what it did is measured all the same, and so are the walls.
    model.write_bytes(hosting("import os, socket\ntry:\n    socket.socket()\nexcept OSError:\n    os._exit(4)\n"))
    for check, measure, value in (
        ("security.behaviour", "violations", 1),
        ("security.behaviour", "denied_calls_at_start", 1),
        ("security.isolation", "isolation_level", 2),
    ):
        document = assessment(quick("measure", submission, "--check", check, "--json"))
        found = {item["measure"]: item["value"] for item in document["measurements"]}
        assert found[measure] == value
        assert document["errors"] == []
