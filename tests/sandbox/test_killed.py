"""The command is killed at random moments: no process and no mount is left, and what is left of files is found."""

import json
import os
import pickle
import random
import subprocess
import sys

import pytest

from proofbox.sandbox import scratch

MOMENTS = 8
"""For each executor."""

REAPER = """
import ctypes, json, os, signal, subprocess, sys, time
from pathlib import Path
from proofbox.sandbox import processes
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans of the command become children of this process
mounts = Path("/proc/self/mounts").read_text()
stage, delay, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
harness = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
seen, end = set(), None
while harness.poll() is None and (end is None or time.monotonic() < end):
    seen |= {member.pid for member in tuple(processes.usage(os.getpid()))[1:]}
    if end is None and len(seen) >= stage:
        end = time.monotonic() + delay
    time.sleep(0.005)
harness.kill()
harness.wait()
left, end = True, time.monotonic() + 10
while left and time.monotonic() < end:
    left = [member.pid for member in tuple(processes.usage(os.getpid()))[1:] if processes.lives(member)]
    time.sleep(0.01)
told = [Path(f"/proc/{pid}/cmdline").read_text() for pid in left]
for pid in left:
    os.kill(pid, signal.SIGKILL)
same = Path("/proc/self/mounts").read_text() == mounts
print(json.dumps({"seen": len(seen), "left": told, "same_mounts": same, "code": harness.returncode}))
"""

SLOW_TO_ANSWER = """
import time
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict_proba(self, rows):
        time.sleep(0.3)
        return np.full((len(rows), 2), 0.5)
"""


class FromSource:
    def __reduce__(self):
        return eval, (f"(lambda names: (exec({SLOW_TO_ANSWER!r}, names), names['Model']())[1])({{}})",)


def killed(stage, delay, line, environment):
    run = subprocess.run(
        [sys.executable, "-c", REAPER, str(stage), str(delay), *map(str, line)],
        capture_output=True, text=True, check=False, env=environment, timeout=330,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["bubblewrap", "landlock"])
def test_nothing_is_left_whenever_it_is_killed(executor, submission, command, one_control, tmp_path, monkeypatch):
    (submission / "model/model.joblib").write_bytes(pickle.dumps(FromSource()))
    temporary = tmp_path / "t"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "CI": "true"}
    policy = tmp_path / "policy.yaml"
    policy.write_text(one_control.format(threshold=0.1), encoding="utf-8")
    line = [command, "run", submission, "--policy", policy, "--no-mlflow", "--executor", executor, "--out"]
    whole = killed(1_000_000, 0, [*line, tmp_path / "whole"], environment)
    assert (whole["code"], whole["left"], whole["same_mounts"]) == (0, [], True)
    assert whole["seen"] >= 4  # the command, and sandboxes for the walls, the data and the model
    random_ = random.Random(executor)
    ended, left = [], set()
    for moment in range(MOMENTS):
        # A while after so many processes have been seen: that does not depend on how busy the machine is.
        stage, delay = random_.randint(1, whole["seen"]), random_.uniform(0, 0.6)
        found = killed(stage, delay, [*line, tmp_path / str(moment)], environment)
        assert (found["left"], found["same_mounts"]) == ([], True)
        ended.append(found["code"])
        left |= set(temporary.iterdir())
    assert ended.count(-9) > MOMENTS / 2
    monkeypatch.setattr(scratch, "NEW_SECONDS", -1.0)
    assert all(folder.name.startswith(scratch.PREFIX) for folder in left)
    assert left, "no moment fell between the copy of the submission and its removal"
    scratch.sweep(str(temporary))
    assert list(temporary.iterdir()) == []


STARTING = """
import ctypes, json, os, signal, time
from proofbox.sandbox import bubblewrap, outliving, processes
from proofbox.sandbox.executor import Launch
from proofbox.sandbox.limits import Limits
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER, see above
executor = bubblewrap.Bubblewrap()
assert executor.probe().available
ours, left = set(processes.usage(os.getpid())), []
for _ in range(30):
    ready, said = os.pipe()
    harness = os.fork()
    if harness == 0:
        outliving.group()
        os.write(said, b"x")
        executor.launch(Launch(limits=Limits()))
        time.sleep(60)
    os.read(ready, 1)
    end = time.monotonic() + 10
    while len(processes.usage(harness)) < 4 and time.monotonic() < end:
        pass  # until bwrap has started its inner process
    os.kill(harness, signal.SIGKILL)
    end = time.monotonic() + 5
    while (orphans := set(processes.usage(os.getpid())) - ours) and time.monotonic() < end:
        for orphan in orphans:
            try:
                os.waitpid(orphan.pid, os.WNOHANG)
            except ChildProcessError:
                pass
        time.sleep(0.005)
    left.append(len(orphans))
    for orphan in orphans:
        processes.kill(orphan)
print(json.dumps(left))
"""


def test_nothing_is_left_of_a_bwrap_whose_harness_is_killed_while_it_starts(tmp_path):
    """Without the process of sandbox/outliving.py, some kills leave bwrap's inner process waiting for ever."""
    line = [sys.executable, "-c", STARTING]
    run = subprocess.run(line, capture_output=True, text=True, check=False, timeout=400, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [0] * 30
