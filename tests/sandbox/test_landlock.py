"""What is the landlock executor's own: what stays open, as whom it runs, and that a missing wall is noticed."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from proofbox.sandbox import interpreter, landlock, probes, processes
from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.executor import Launch
from proofbox.sandbox.host.landlock import handled
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.landlock import Landlock
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.selfcheck import prove_walls


@pytest.fixture(scope="module")
def walls():
    return Landlock()


def changed(**changes):
    class Weakened(Landlock):
        def _inside(self, launch, python):
            return dataclasses.replace(super()._inside(launch, python), **changes)

    return Weakened()


def also_open(**more):
    class Weakened(Landlock):
        def opened(self, launch):
            return {key: [*paths, *more.get(key, ())] for key, paths in super().opened(launch).items()}

    return Weakened()


WEAKENED = {
    "no filter": (lambda: changed(filtered=False), "network.udp: .*files.mode: expected denied EPERM, got changed"),
    "no Landlock": (lambda: changed(landlock=None), "files.outside: expected denied EACCES, got read"),
    "reads everything": (
        lambda: also_open(read=["/"]),
        "network.listeners: .*got seen.*files.outside: ",
    ),
    "lists everything": (lambda: also_open(listed=["/"]), "files.home: .*processes.foreign: "),
    "reads processes": (lambda: also_open(read=["/proc"]), "network.interfaces: .*network.listeners: .*foreign"),
    "writes the model": (lambda: also_open(write=["/tmp"]), "files.model: expected denied EACCES, got opened"),
}


@pytest.mark.parametrize(("weakened", "told"), WEAKENED.values(), ids=WEAKENED)
def test_weakened_walls_are_noticed(weakened, told, monkeypatch, tmp_path):
    monkeypatch.setattr(probes, "FOLDERS", (str(tmp_path),))  # the battery does write where nothing hinders it
    with pytest.raises(IsolationError, match=f"the walls of landlock did not hold.*{told}"):
        prove_walls(weakened())
    left = [entry for folder in (tmp_path, Path(sys.base_prefix)) for entry in folder.glob("written-by-proofbox-*")]
    assert left == []


def test_the_callers_environment_is_noticed(monkeypatch):
    monkeypatch.setenv("A_SECRET", "x")
    executor = Landlock()
    executor.probe()
    monkeypatch.setattr(landlock.subprocess, "Popen", leaky(subprocess.Popen))
    with pytest.raises(IsolationError, match=r"environment.own: expected none, got .*A_SECRET"):
        prove_walls(executor)


def leaky(start):
    def inherit(*args, **kwargs):
        return start(*args, **{**kwargs, "env": None})

    return inherit


def test_the_record_says_what_built_the_walls(walls):
    found = prove_walls(walls).to_json()
    assert (found["executor"], found["level"], found["isolated"]) == ("landlock", 1, True)
    assert found["backend"]["version"].startswith("Landlock ABI ")
    assert found["backend"]["runs_as"].startswith("root, dropped" if os.geteuid() == 0 else "ordinary user")
    assert {row["enforced_by"] for row in found["rows"]} >= {"Landlock", "seccomp filter", "stage 0", "RLIMIT_AS"}
    assert not any("namespace" in row["enforced_by"] for row in found["rows"])


IDENTITY = """
from pathlib import Path
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
raise RuntimeError(" ".join(f"{key} {status[key].strip()}" for key in ("Uid", "Gid", "Groups", "CapPrm", "CapEff")))
"""


def test_root_becomes_nobody_and_owns_at_most_the_files(walls, hostile):
    with pytest.raises(ModelError) as caught:
        open_model(walls, hostile(IDENTITY))
    words = caught.value.what.split("RuntimeError: ")[1].split()
    user = str(os.getuid() or 65534)
    assert words[1:4] == [user] * 3
    assert words[4] in {user, str(os.getuid())}
    assert words[-3:] == ["0" * 16, "CapEff", "0" * 16]
    if os.getuid() == 0:
        assert words[5:11] == ["Gid", *["65534"] * 4, "Groups"]


def test_it_has_no_terminal_and_no_descriptor_of_ours(walls, hostile, tmp_path):
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        look = (
            "import os\nopen_ = []\nfor n in range(3, 4096):\n    try: os.fstat(n)\n    except OSError: continue\n"
            "    open_.append(n)\nraise RuntimeError(f'{len(open_)} {os.getsid(0) == os.getpid()}')"
        )
        with pytest.raises(ModelError, match=r"RuntimeError: 3 True"):  # the wire, the rows and the model being read
            open_model(walls, hostile(look))


def test_only_the_file_of_the_model_is_open(walls, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    opened = walls.opened(Launch(limits=Limits(), model=tmp_path / "model.onnx"))
    assert [path for path in opened["read"] if path.startswith(str(tmp_path))] == [str(tmp_path / "model.onnx")]
    assert opened["write"] == ["/dev/null"]
    assert not {"/", "/proc", "/proc/self", "/etc", "/tmp", "/home", "/dev"} & {*opened["read"], *opened["listed"]}


def test_the_harness_is_left_out_of_the_folders_that_hold_it(tmp_path):
    site = tmp_path / "prefix/lib/site-packages"
    for folder in (site / "proofbox", site / "numpy", tmp_path / "prefix/bin"):
        folder.mkdir(parents=True)
    (site / "six.py").write_text("")
    (site / "link").symlink_to(site / "proofbox")
    landlock._without_the_harness.cache_clear()
    read, listed = landlock._without_the_harness((tmp_path / "prefix", site), (site,))
    inside = {str(path.relative_to(tmp_path / "prefix")) for path in map(Path, read)}
    assert inside == {"bin", "lib/site-packages/numpy", "lib/site-packages/six.py"}
    assert [str(Path(path).relative_to(tmp_path)) for path in listed] == [
        "prefix",
        "prefix/lib",
        "prefix/lib/site-packages",
    ]


@pytest.mark.parametrize(
    ("abi", "rights", "net", "scoped", "size"),
    [(1, 13, 0, 0, 8), (2, 14, 0, 0, 8), (3, 15, 0, 0, 8), (4, 15, 3, 0, 16), (5, 16, 3, 0, 16), (6, 16, 3, 3, 24)],
)
def test_what_each_kernel_is_asked_for(abi, rights, net, scoped, size):
    """The kernel refuses a right or a size that it does not know (EINVAL, E2BIG)."""
    assert handled(abi) == ((1 << rights) - 1, net, scoped, size)
    assert handled(9) == handled(6)


OLDER = """
import sys
from proofbox.sandbox.host import landlock, seccomp
seccomp.prctl(38, 1)
known = landlock._call
def older(name, number, *arguments):
    return int(sys.argv[1]) if arguments[-1] == landlock.ASK_VERSION else known(name, number, *arguments)
landlock._call = older
landlock.restrict([sys.argv[2]], [], [])
for path, wanted in ((sys.argv[2], True), ("/etc/passwd", False)):
    try:
        open(path).close()
        assert wanted, path
    except PermissionError:
        assert not wanted, path
"""


@pytest.mark.parametrize("abi", range(1, 7))
def test_the_forms_of_older_kernels_are_taken(abi, tmp_path):
    (tmp_path / "open").write_text("")
    run = subprocess.run(
        [sys.executable, "-c", OLDER, str(abi), tmp_path / "open"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_threads_of_the_same_user_do_not_use_up_the_models(walls, hostile, monkeypatch):
    """RLIMIT_NPROC counts them: with 16 of its own and as many outside, a model must still be able to start one."""
    monkeypatch.setattr(processes, "threads_of", counted := Counted(processes.threads_of))
    body = (
        "import numpy as np, threading\nclass Model:\n    classes_ = np.array([0, 1])\n    def predict(self, rows):\n"
        "        t = threading.Thread(target=print); t.start(); t.join()\n        return [0] * len(rows)"
    )
    with open_model(walls, hostile(body), Limits(processes=16)) as hosted:
        assert hosted.predict(pa.table({"a": [1.0], "b": [1.0]})).values.tolist() == [0]
    # Once for the model, and once more where this process has not tried the executor before.
    assert set(counted.users) == {os.getuid() or 65534}


class Counted:
    def __init__(self, real):
        self.real = real
        self.users = []

    def __call__(self, user):
        self.users.append(user)
        return self.real(user)


def test_threads_are_counted_by_user():
    mine = processes.threads_of(os.getuid())
    assert mine >= 1
    waiting = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert processes.threads_of(os.getuid()) > 0
    finally:
        waiting.communicate(b"\n")
    assert processes.threads_of(0x7FFFFFF0) == 0


def test_a_host_that_does_not_start_is_not_available(monkeypatch):
    monkeypatch.setattr(interpreter, "BOOTSTRAP", "raise SystemExit('broken on purpose')")
    found = Landlock().probe()
    assert not found.available
    assert "broken on purpose" in found.reason
    with pytest.raises(IsolationError, match="broken on purpose"):
        Landlock().launch(Launch(limits=Limits()))


def test_one_that_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(landlock, "PROBE_SECONDS", 0.3)
    monkeypatch.setattr(interpreter, "BOOTSTRAP", "import time; time.sleep(60)")
    assert not Landlock().probe().available
