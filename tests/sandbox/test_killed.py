"""The command is killed at random moments: no process and no mount is left, and what is left of files is found."""

import json
import os
import pickle
import random
import subprocess
import sys
import time

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
seconds, command = float(sys.argv[1]), sys.argv[2:]
harness = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
seen, end = set(), time.monotonic() + seconds
while time.monotonic() < end and harness.poll() is None:
    seen |= {member.pid for member in processes.tree(os.getpid())[1:]}
    time.sleep(0.01)
harness.kill()
harness.wait()
left, end = True, time.monotonic() + 10
while left and time.monotonic() < end:
    left = [member.pid for member in processes.tree(os.getpid())[1:] if processes.lives(member)]
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


def killed(seconds, line, environment):
    run = subprocess.run(
        [sys.executable, "-c", REAPER, str(seconds), *map(str, line)],
        capture_output=True, text=True, check=False, env=environment, timeout=330,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("executor", ["bubblewrap", "landlock"])
def test_nothing_is_left_whenever_it_is_killed(executor, submission, command, one_control, tmp_path, monkeypatch):
    (submission / "model/model.joblib").write_bytes(pickle.dumps(FromSource()))
    temporary = tmp_path / "t"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "CI": "true"}
    policy = tmp_path / "policy.yaml"
    policy.write_text(one_control.format(threshold=0.1), encoding="utf-8")
    line = [command, "run", submission, "--policy", policy, "--no-mlflow", "--executor", executor, "--out"]
    started = time.monotonic()
    whole = killed(300, [*line, tmp_path / "whole"], environment)
    takes = time.monotonic() - started
    assert (whole["code"], whole["left"], whole["same_mounts"]) == (0, [], True)
    random_ = random.Random(executor)
    seen, left = [], set()
    for moment in range(MOMENTS):
        found = killed(random_.uniform(0.15, 0.95) * takes, [*line, tmp_path / str(moment)], environment)
        assert (found["left"], found["same_mounts"]) == ([], True)
        seen.append(found["seen"])
        left |= set(temporary.iterdir())
    assert max(seen) >= 3, "no moment fell into the life of a sandbox"
    monkeypatch.setattr(scratch, "NEW_SECONDS", -1.0)
    assert all(folder.name.startswith(scratch.PREFIX) for folder in left)
    assert left, "no moment fell between the copy of the submission and its removal"
    scratch.sweep(str(temporary))
    assert list(temporary.iterdir()) == []
