"""The wheel: one top-level name, data files inside, and a command that runs in a fresh environment."""

from __future__ import annotations

import site
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("sandbox", "checks", "policies", "runners", "reports")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy of what git would ship, so that no stray build folder is picked up."""
    import shutil

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


def test_the_command_of_the_wheel_runs_in_a_fresh_environment(wheel: Path, submission: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True, symlinks=True)
    python = environment / "bin/python"
    install = [str(python), "-m", "pip", "install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, timeout=120)
    # The dependencies are those of the running environment: a path line makes them visible without the editable
    # install of this repository, which only a real site folder would activate.
    purelib = sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)})
    (Path(purelib) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    assert site.ENABLE_USER_SITE is not None
    where = [str(python), "-c", "import proofbox.checks as c; print(c.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path).stdout
    assert found.startswith(str(environment)), "the wheel's own code must be what runs"
    argv = [environment / "bin/proofbox", "run", submission, "--policy", "baseline", "--no-mlflow"]
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path)
    assert done.returncode in (0, 1, 3), done.stderr
    assert list(tmp_path.glob("proofbox-out/*/assessment.json"))


def test_the_lock_holds_names_versions_and_hashes_only() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("mlflow==") for line in lines)
    for line in lines:
        assert "://" not in line
        assert not line.startswith("-")
        assert "==" in line or line.strip().startswith("--hash=sha256:") or not line.strip()
