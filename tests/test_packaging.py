"""The wheel: one top-level name, data files inside, and a command that runs in a fresh environment."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("sandbox", "checks", "policies", "runners", "reports")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy of what git would ship, so that no stray build folder is picked up."""
    source = tmp_path_factory.mktemp("source")
    for name in (*ROOMS, "pyproject.toml", "setup.py", "README.md", "LICENSE"):
        origin = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(origin, source / name, ignore=ignore) if origin.is_dir() else shutil.copy(origin, source / name)
    out = tmp_path_factory.mktemp("dist")
    argv = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(out), str(source)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert list(out.glob("*.tar.gz"))
    return next(out.glob("*.whl"))


def test_the_wheel_provides_proofbox_and_no_other_name(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names}
    assert top == {"proofbox", next(name for name in top if name.endswith(".dist-info"))}
    for room in ROOMS:
        assert f"proofbox/{room}/py.typed" in names
    for data in ("policies/packs/baseline.yaml", "policies/packs/vn-trusted-ai.yaml", "sandbox/host/main.py"):
        assert f"proofbox/{data}" in names
    assert any(name.endswith(".po") for name in names)
    assert any(name.endswith(".j2") for name in names)


def readme_commands() -> list[str]:
    """The path of a new user from a pickle and a CSV to a report, as README prints it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.partition("**A start-up.**")[2].partition("```sh\n")[2].partition("```")[0]
    return block.strip().splitlines()


def test_a_new_users_path_from_a_pickle_and_a_csv_to_a_report(wheel: Path, submission: Path, tmp_path: Path) -> None:
    commands = readme_commands()
    assert 1 < len(commands) <= 4
    folder = tmp_path / "project"
    folder.mkdir()
    (submission / "model/model.joblib").rename(folder / "model.pkl")
    (submission / "data/eval.csv").rename(folder / "eval.csv")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PROOFBOX": str(wheel), "CI": "true"}
    # No network: the wheel alone is installed, and its dependencies are those of the running environment.
    environment |= {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for place, command in enumerate(commands):
        argv = [part.replace("$PROOFBOX", str(wheel)) for part in shlex.split(command)]
        argv[0] = shutil.which(argv[0], path=path) or str(folder / argv[0])
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=120, cwd=folder, env=environment
        )
        assert done.returncode in ((0, 1, 3) if " run " in command else (0,)), (command, done.stdout, done.stderr)
        if place == 0:
            # A path line makes them visible without the editable install of this repository.
            purelib = sysconfig.get_path("purelib", vars={"base": str(folder / "env"), "platbase": str(folder / "env")})
            (Path(purelib) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    where = [str(folder / "env/bin/python"), "-c", "import proofbox.checks as c; print(c.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path).stdout
    assert found.startswith(str(folder / "env")), "the wheel's own code must be what ran"
    assert (folder / "evidence/report.html").is_file()
    assert (folder / "my-submission/record_training.py").is_file()


def test_the_lock_holds_names_versions_and_hashes_only() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("mlflow==") for line in lines)
    for line in lines:
        assert "://" not in line
        assert not line.startswith("-")
        assert "==" in line or line.strip().startswith("--hash=sha256:") or not line.strip()
