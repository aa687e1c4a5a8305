"""Started by root: bubblewrap's processes are nobody's outside as well, or the evidence says that they are not."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from proofbox.sandbox import bubblewrap, dropped
from proofbox.sandbox.bubblewrap import Bubblewrap
from proofbox.sandbox.executor import Launch, choose
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.selfcheck import prove_walls

AS_ROOT = os.geteuid() == 0

THREADS = """
import threading, time
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict(self, rows):
        started = 0
        try:
            for _ in range(int(rows[0, 0])):
                threading.Thread(target=time.sleep, args=(0.5,)).start()
                started += 1
        except RuntimeError:
            pass
        raise RuntimeError(f"{started} threads")
"""


def user_outside(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, value in (line.split(":", 1) for line in lines if line[:3] in {"Uid", "Gid"})}


def test_whose_the_processes_are_outside(hostile, limits):
    executor = choose("bubblewrap")
    mounts = Path("/proc/self/mounts").read_text()
    with open_model(executor, hostile("class Model:\n    classes_ = [0, 1]\n    predict = len"), limits) as hosted:
        members = hosted._running.members()
        assert len(members) == 3
        user = "65534" if AS_ROOT else str(os.geteuid())
        for member in members:
            assert user_outside(member.pid)["Uid"] == [user] * 4
        assert Path("/proc/self/mounts").read_text() == mounts
    found = prove_walls(executor)
    assert found.level == 2
    assert found.backend["runs_as"] == (bubblewrap.DROPPED if AS_ROOT else bubblewrap.ORDINARY)


def test_the_kernel_limits_its_threads_and_not_the_harness_alone(hostile, monkeypatch):
    """The harness looks every 20 ms and would stop it; here it does not look."""
    from proofbox.sandbox.running import Running

    monkeypatch.setattr(Running, "_sample", lambda self: None)
    executor = choose("bubblewrap")
    with (
        open_model(executor, hostile(THREADS), Limits(processes=16)) as hosted,
        pytest.raises(Exception, match="threads") as caught,
    ):
        hosted.predict(pa.table({"a": [200.0], "b": [0.0]}))
    assert 5 < int(caught.value.what.split("RuntimeError: ")[1].split()[0]) < 16


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user has nothing to give up; CI runs the tests as root")
def test_root_that_cannot_become_another_user_lowers_the_level(monkeypatch, tmp_path):
    broken = tmp_path / "dropped.py"
    broken.write_text("raise SystemExit('no right to become another user')")
    monkeypatch.setattr(dropped, "__file__", str(broken))
    executor = Bubblewrap()
    found = prove_walls(executor)
    assert (executor.level, found.level, found.isolated) == (1, 1, True)
    assert found.backend["runs_as"] == "root"
    assert {row.probe for row in found.rows} >= {"namespaces.net", "namespaces.user", "namespaces.pid"}


def test_sources_that_all_may_see_are_shown_as_they_are(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"")
    executor = Bubblewrap(bubblewrap.candidates()[0])
    walls = executor.walls(Launch(limits=Limits(), model=tmp_path / "model.bin"))
    line = bubblewrap._dropping([*walls, "--", "python"])
    parent, number = (int(part) for part in line[5:7])
    sources, command = line[7 : 7 + number], line[7 + number :]
    assert parent == os.getpid()
    assert str(tmp_path / "model.bin") in sources
    assert not any(source.startswith(("/usr", "/etc", "/dev")) for source in sources)
    assert str(tmp_path / "model.bin") not in command
    assert "@" + str(sources.index(str(tmp_path / "model.bin"))) in command
    assert command[-2:] == ["--", "python"]
