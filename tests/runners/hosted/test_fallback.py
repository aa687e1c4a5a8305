"""The installed command where the kernel really denies user namespaces: level 1 or exit code 4; the evidence says it.

The denial is the setting ``max_user_namespaces`` of a user namespace that each test makes for itself; the machine's own
setting is never touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks import as_user, drive

MACHINES_OWN = as_user.SETTING.read_text()


@pytest.fixture
def place(submission: Path, one_control: str) -> Iterator[Path]:
    """A submission and a policy where any user can read them and write beside them."""
    with tempfile.TemporaryDirectory(prefix="fallback-", dir="/tmp") as folder:
        shutil.copytree(submission, Path(folder, "submission"))
        Path(folder, "policy.yaml").write_text(one_control.format(threshold=0.6), encoding="utf-8")
        for path in [Path(folder), *Path(folder).rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        yield Path(folder)


def run(place: Path, command: Path, user: str, flag: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command as ``user`` in a user namespace that allows no further one."""
    started = drive.command(user, [str(command), "run", str(place / "submission"), "-p", str(place / "policy.yaml"),
                                   "--no-mlflow", "--out", str(place / "bundle"), *more], flag=flag)  # fmt: skip
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(place), "LANG": "C.UTF-8", "CI": "true", "NO_COLOR": "1"}
    return subprocess.run(started, env=environment, cwd=place, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(autouse=True)
def machines_setting() -> Iterator[None]:
    yield
    assert as_user.SETTING.read_text() == MACHINES_OWN


@pytest.mark.parametrize("user", drive.users())
def test_without_user_namespaces_the_model_is_held_at_level_1(place: Path, command: Path, user: str) -> None:
    done = run(place, command, user, "--without-namespaces")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((place / "bundle/assessment.json").read_text(encoding="utf-8"))["run"]
    assert (told["executor"], told["selfcheck"]["level"], told["selfcheck"]["isolated"]) == ("landlock", 1, True)
    assert all(row["held"] for row in told["selfcheck"]["rows"])
    expected = "ordinary user" if user != "root" else "root, dropped to user 65534 inside"
    assert told["selfcheck"]["backend"]["runs_as"].startswith(expected)


def test_an_executor_that_is_asked_for_by_name_is_not_replaced(place: Path, command: Path) -> None:
    done = run(place, command, drive.users()[0], "--without-namespaces", "--executor", "bubblewrap")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "no isolation could be had" in done.stderr
    assert "max_user_namespaces" in " ".join(done.stderr.split())
    assert not (place / "bundle").exists()


def test_root_that_cannot_become_anyone_else_is_refused(place: Path, command: Path) -> None:
    """As in a container with one user: neither executor can hold a model, and none is loaded."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a user namespace of root alone")
    done = run(place, command, "root", "--only-root")
    assert done.returncode == 4, done.stdout + done.stderr
    words = " ".join(done.stderr.split())
    assert "no isolation could be had" in words
    assert "namespace" in words
    assert "Landlock" in words
    assert not (place / "bundle").exists()


def test_the_setting_is_what_makes_the_difference(place: Path, command: Path) -> None:
    done = run(place, command, drive.users()[0], "")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((place / "bundle/assessment.json").read_text(encoding="utf-8"))["run"]
    assert (told["executor"], told["selfcheck"]["level"]) == ("bubblewrap", 2)
