"""What a killed harness leaves behind is found and removed by the next one, and nothing else is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proofbox.sandbox import scratch
from proofbox.sandbox.scratch import remove, scratch_folder, sweep

KILLED = """
import os, signal, sys
from proofbox.sandbox.scratch import scratch_folder
folder = scratch_folder("intake", place=sys.argv[1])
(folder / "submission").mkdir()
(folder / "submission/weights.bin").write_bytes(b"a start-up's model")
os.chmod(folder / "submission/weights.bin", 0o400)
os.chmod(folder / "submission", 0o500)
print(folder, flush=True)
if len(sys.argv) > 2:
    os.kill(os.getpid(), signal.SIGKILL)
input()
"""


@pytest.fixture(autouse=True)
def old(monkeypatch):
    monkeypatch.setattr(scratch, "NEW_SECONDS", -1.0)


def test_what_a_killed_process_left_is_removed(tmp_path):
    run = subprocess.run([sys.executable, "-c", KILLED, tmp_path, "now"], capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    folder = Path(run.stdout.strip())
    assert (folder / "submission/weights.bin").exists()
    assert sweep(str(tmp_path)) == (folder,)
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_works_in_is_left_alone(tmp_path):
    other = subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        folder = Path(other.stdout.readline().strip())
        mine = scratch_folder("gvisor", place=str(tmp_path))
        assert sweep(str(tmp_path)) == ()
        assert (folder / "submission/weights.bin").exists()
        assert mine.is_dir()
        remove(mine)
        remove(mine)
    finally:
        other.kill()
        other.communicate()
    assert sweep(str(tmp_path)) == (folder,)


def test_a_new_folder_may_not_be_locked_yet(tmp_path, monkeypatch):
    (tmp_path / f"{scratch.PREFIX}intake-x").mkdir(mode=0o700)
    monkeypatch.setattr(scratch, "NEW_SECONDS", 60.0)
    assert sweep(str(tmp_path)) == ()
    monkeypatch.setattr(scratch, "NEW_SECONDS", -1.0)
    assert len(sweep(str(tmp_path))) == 1


def test_what_is_not_ours_is_left_alone(tmp_path):
    for name in ("proofbox-out", "other", f"{scratch.PREFIX}open"):
        (tmp_path / name).mkdir(mode=0o700)
    (tmp_path / f"{scratch.PREFIX}open").chmod(0o755)
    (tmp_path / f"{scratch.PREFIX}file").write_text("x")
    (tmp_path / f"{scratch.PREFIX}link").symlink_to(tmp_path / "other")
    if os.geteuid() == 0:
        foreign = tmp_path / f"{scratch.PREFIX}foreign"
        foreign.mkdir(mode=0o700)
        os.chown(foreign, 12345, 12345)
    before = sorted(tmp_path.iterdir())
    assert sweep(str(tmp_path)) == ()
    assert sorted(tmp_path.iterdir()) == before


def test_a_link_inside_leads_nowhere(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("x")
    folder = scratch_folder("intake", place=str(tmp_path))
    (folder / "link").symlink_to(tmp_path / "kept")
    remove(folder)
    assert not folder.exists()
    assert (tmp_path / "kept/file").read_text() == "x"


def test_a_file_system_without_locks_is_worked_on_and_never_swept(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(37, "no locks available")

    monkeypatch.setattr(scratch.fcntl, "flock", refuse)
    folder = scratch_folder("intake", place=str(tmp_path))
    assert sweep(str(tmp_path)) == ()
    assert folder.is_dir()
    remove(folder)
    assert list(tmp_path.iterdir()) == []
