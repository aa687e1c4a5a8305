"""The CI files: each fits its own schema, and the shell in them is executed as far as that can be done here."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples/ci"


def read(path):
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def fits(document, schema):
    folder = resources.files("check_jsonschema").joinpath("builtin_schemas/vendor")
    loaded = json.loads(folder.joinpath(f"{schema}.json").read_text("utf-8"))
    # The schemas tell YAML's 1.1 booleans apart by text; a round through JSON makes plain data of ours.
    jsonschema.Draft7Validator(loaded).validate(json.loads(json.dumps(document)))


@pytest.fixture(scope="module")
def workspace(model_template, one_control, tmp_path_factory):
    """A checked-out project of a start-up, with a blank in its name."""
    folder = tmp_path_factory.mktemp("check out")
    shutil.copytree(model_template, folder / "my app")
    (folder / "policy.yaml").write_text(one_control.format(threshold=0.6), "utf-8")
    (folder / "strict.yaml").write_text(
        one_control.format(threshold=0.999).replace("one-control", "strict").replace("ONE-", "TWO-"), "utf-8"
    )
    return folder


@pytest.fixture
def checkout(workspace, tmp_path):
    return Path(shutil.copytree(workspace, tmp_path / "check out"))


def execute(command, script, folder, shell=("bash", "-e", "-o", "pipefail"), **variables):
    """Run a script as the service would: its own shell, the installed command first on the path."""
    environment = {
        "PATH": f"{command.parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "CI": "true",
        "LANG": "C.UTF-8",
        **{name: str(value) for name, value in variables.items()},
    }
    path = folder / ".step.sh"
    path.write_text(script, "utf-8")
    return subprocess.run(
        [*shell, str(path)], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def action():
    return read(ROOT / "action.yml")


def step_of_the_action(command, folder, **given):
    """Execute the step that assesses, its inputs filled in by the action's own words."""
    inputs = {name: one.get("default", "") for name, one in action()["inputs"].items()} | given
    step = next(one for one in action()["runs"]["steps"] if one.get("id") == "assess")
    variables = {}
    for name, value in step["env"].items():
        variables[name] = re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], value)
    files = {"GITHUB_OUTPUT": folder / "output.txt", "GITHUB_STEP_SUMMARY": folder / "job.md"}
    files["GITHUB_STEP_SUMMARY"].write_text("# Before\n")
    ended = execute(command, step["run"], folder, **variables, **files)
    told = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines() if files["GITHUB_OUTPUT"].exists() else []
    return ended, dict(line.split("=", 1) for line in told), files["GITHUB_STEP_SUMMARY"].read_text("utf-8")


def test_the_action_fits_githubs_schema_and_takes_inputs_as_variables():
    document = action()
    fits(document, "github-actions")
    for step in document["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert set(step["env"].values()) <= {f"${{{{ inputs.{name} }}}}" for name in document["inputs"]}
    install = document["runs"]["steps"][0]
    assert install["run"] == 'python -m pip install "$PROOFBOX"'
    outputs = {name for name, one in document["outputs"].items() if f"steps.assess.outputs.{name}" in one["value"]}
    assert outputs == set(document["outputs"])


def test_the_action_fails_where_a_requirement_does_and_shows_it(command, checkout):
    submission = checkout / "my app/submission.yaml"
    address = f"file://{checkout}/my app/data/train.csv"
    submission.write_text(submission.read_text("utf-8").replace("data/train.csv", f'"{address}"'), "utf-8")
    given = {"submission": "my app", "policy": "./policy.yaml ./strict.yaml", "out": "the evidence"}
    ended, outputs, summary = step_of_the_action(
        command, checkout, **given, **{"allow-data": f"s3://data/\nfile://{checkout}/my app/data/\n"}
    )
    assert ended.returncode == 1, ended.stderr
    assert outputs == {
        "conclusion": "does-not-conform",
        "exit-code": "1",
        "evidence": "the evidence",
        "sarif": "proofbox.sarif",
        "junit": "proofbox.xml",
    }
    assert summary.startswith("# Before\n## ❌ Does not conform")
    assert "::error file=my app/submission.yaml,line=" in ended.stdout
    for name in ("proofbox.sarif", "proofbox.xml", "the evidence/report.html"):
        assert (checkout / name).is_file()


def test_the_action_says_when_nothing_was_assessed_and_runs_nothing_of_its_inputs(command, checkout):
    ended, outputs, _ = step_of_the_action(
        command, checkout, submission="$(touch stolen); `touch stolen`", policy="./policy.yaml"
    )
    assert ended.returncode == 2
    assert (outputs["conclusion"], outputs["exit-code"]) == ("", "2")
    assert not (checkout / "stolen").exists()


def test_the_workflow_uses_the_action_as_it_is():
    workflow = read(EXAMPLES / "github-workflow.yml")
    fits({("on" if key is True else key): value for key, value in workflow.items()}, "github-workflows")
    steps = workflow["jobs"]["assess"]["steps"]
    used = next(step for step in steps if step.get("id") == "proofbox")
    assert set(used["with"]) <= set(action()["inputs"])
    assert {name for name, one in action()["inputs"].items() if one.get("required")} <= set(used["with"])
    text = (EXAMPLES / "github-workflow.yml").read_text("utf-8")
    assert set(re.findall(r"steps\.proofbox\.outputs\.([\w-]+)", text)) <= set(action()["outputs"])


def test_the_gitlab_template_fits_its_schema_and_its_script_runs(command, checkout):
    template = read(EXAMPLES / "gitlab-template.yml")
    fits(template, "gitlab-ci")
    job = template[".proofbox"]
    assert job["before_script"] == ["python -m pip install proofbox"]
    variables = {**job["variables"], "PROOFBOX_SUBMISSION": "my app", "PROOFBOX_POLICY": "./policy.yaml"}
    ended = execute(command, "\n".join(job["script"]), checkout, **variables)
    assert ended.returncode == 0, ended.stderr
    for path in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert (checkout / path).exists()


def test_the_plain_gate_runs_and_lets_mistakes_and_failures_through_as_such(command, checkout):
    assert os.access(EXAMPLES / "gate.sh", os.X_OK)
    gate = [str(EXAMPLES / "gate.sh"), "my app", "./strict.yaml"]
    failed = execute(command, "exec " + shlex.join(gate), checkout, shell=("sh",))
    assert failed.returncode == 1, failed.stderr
    assert "gate: does not conform" in failed.stdout
    (checkout / "my app/submission.yaml").write_text("schema: other\n")
    wrong = execute(command, "exec " + shlex.join(gate), checkout, shell=("sh",))
    assert wrong.returncode == 2
    assert "submission.yaml:1:" in wrong.stderr


def test_the_hooks_run_on_the_files_that_they_name(command, checkout):
    hooks = {hook["id"]: hook for hook in read(ROOT / ".pre-commit-hooks.yaml")}
    (used,) = read(EXAMPLES / "pre-commit-config.yaml")["repos"]
    assert [hook["id"] for hook in used["hooks"]] == list(hooks)
    files = {"proofbox-submission": "my app/submission.yaml", "proofbox-policy": "policy.yaml"}
    other = ("docker-compose.yaml", "my app/data/eval.csv", "submission.yaml.bak")
    for name, hook in hooks.items():
        assert hook["language"] == "python"
        assert re.search(hook["files"], files[name])
        assert not any(re.search(hook["files"], path) for path in (*other, files[({*files} - {name}).pop()]))
        (checkout / files[name]).write_text("schema: [\n")
        bad = execute(command, f"{hook['entry']} {shlex.quote(files[name])}", checkout)
        assert (bad.returncode, f"{files[name]}:2:1: " in bad.stderr) == (2, True), bad.stderr
