"""Shell completion: what is offered is what there is, and a key press does not wait for numpy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofbox.checks.registry import all_checks
from proofbox.policies.loader import shipped


def completed(command: Path, line: str) -> tuple[list[str], set[str]]:
    """Return what bash would be offered after ``line``, and the packages that were imported to say so."""
    environment = {**os.environ, "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - (line[-1] != " "))}
    environment |= {"_PROOFBOX_COMPLETE": "bash_complete"}
    argv = [sys.executable, "-X", "importtime", str(command)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60, env=environment)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    return [one.partition(",")[2] for one in done.stdout.splitlines()], imported


def test_all_policies_and_all_checks_are_offered(command: Path) -> None:
    offered, imported = completed(command, "proofbox run here --policy ")
    assert offered == list(shipped())
    assert imported.isdisjoint({"numpy", "pyarrow", "pydantic", "mlflow"})
    offered, imported = completed(command, "proofbox measure here --check ")
    assert set(all_checks()) <= set(offered)
    assert imported.isdisjoint({"numpy", "pyarrow", "pydantic", "mlflow"})


def test_what_has_begun_narrows_it_and_a_path_stays_a_path(command: Path) -> None:
    assert completed(command, "proofbox checks show robustness.noi")[0] == ["robustness.noise"]
    assert "init" in completed(command, "proofbox in")[0]
    environment = {**os.environ, "COMP_WORDS": "proofbox run x --policy ./my", "COMP_CWORD": "4"}
    environment |= {"_PROOFBOX_COMPLETE": "bash_complete"}
    done = subprocess.run([str(command)], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "file,./my"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed(command: Path, shell: str) -> None:
    done = subprocess.run([str(command), "completion", shell], capture_output=True, text=True, check=True)
    assert f"_PROOFBOX_COMPLETE={shell}_complete" in done.stdout
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=True)


def test_doctor_knows_every_extra_that_users_install() -> None:
    import tomllib

    from proofbox.runners.hosted.checkup import EXTRAS, installed_extras

    file = Path(__file__).resolve().parents[3] / "pyproject.toml"
    offered = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(offered) - {"dev", "docs"}
    assert installed_extras()["xgboost"]
