"""The eleven traps that were found by trying, each seen to be shut. docs/sandbox.md has the table of them."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from proofbox.sandbox import bubblewrap, interpreter, landlock
from proofbox.sandbox.bubblewrap import Bubblewrap
from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.executor import Launch
from proofbox.sandbox.host import seccomp
from proofbox.sandbox.host.stage0 import rlimits
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.landlock import Landlock
from proofbox.sandbox.limits import GIB, Limits
from proofbox.sandbox.selfcheck import prove_walls


def said(executor, spec, limits=None):
    """Return what a model says in the exception that it raises while it is loaded."""
    with pytest.raises(ModelError) as caught:
        open_model(executor, spec, limits)
    assert "RuntimeError: " in caught.value.what, caught.value.what
    return json.loads(caught.value.what.split("RuntimeError: ")[1])


def test_trap_1_the_environment_of_process_1(monkeypatch, executor, hostile):
    monkeypatch.setenv("A_SECRET", "TOP-SECRET")
    look = (
        "import json, os\ntry:\n    first = open('/proc/1/environ').read()\nexcept OSError:\n    first = ''\n"
        "raise RuntimeError(json.dumps('SECRET' in first + repr(dict(os.environ))))"
    )
    assert said(executor, hostile(look)) is False
    if executor.name == "bubblewrap":  # --clearenv alone is not enough: what bwrap itself was given is in process 1
        careless = type("Careless", (Bubblewrap,), {"drops": False})()
        careless.probe()
        real = subprocess.Popen
        monkeypatch.setattr(bubblewrap.subprocess, "Popen", lambda *a, **k: real(*a, **{**k, "env": None}))
        with pytest.raises(IsolationError, match=r"environment\.process_1: expected empty, got readable"):
            prove_walls(careless)


class SizedButWritable(Bubblewrap):
    def walls(self, launch):
        line = super().walls(launch)
        gone = {place for place, part in enumerate(line) if part == "--remount-ro" and line[place + 1] != "/proc"}
        return [part for place, part in enumerate(line) if place not in gone and place - 1 not in gone]


class Unbounded(Bubblewrap):
    def _shown(self, launch):
        return [*super()._shown(launch), "--tmpfs", "/var"]


@pytest.mark.parametrize("weakened", [SizedButWritable, Unbounded])
def test_traps_2_and_8_temporary_file_systems_and_their_inodes(weakened):
    """A folder in memory takes files, and each file memory of the kernel that no size counts: there is none."""
    with pytest.raises(IsolationError, match=r"files\.write: expected none, got /"):
        prove_walls(weakened())


def test_trap_3_landlock_alone_does_not_stop_connecting_to_a_socket_in_a_folder(executor, hostile, tmp_path):
    place = tmp_path / "docker.sock"
    knock = (
        "import json, socket\nwith_ = []\nfor kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n    try:\n"
        f"        one = socket.socket(socket.AF_UNIX, kind); one.connect({str(place)!r}); with_.append('connected')\n"
        "    except OSError as error:\n        with_.append(error.errno)\nraise RuntimeError(json.dumps(with_))"
    )
    with socket.socket(socket.AF_UNIX) as docker:
        docker.bind(str(place))
        docker.listen()
        docker.setblocking(False)
        assert said(executor, hostile(knock)) == [1, 1]
        with pytest.raises(BlockingIOError):
            docker.accept()

    class NoFilter(Landlock):
        filtered = False

    with pytest.raises(IsolationError, match=r"did not hold"):
        prove_walls(NoFilter())


def test_trap_4_limits_on_processes_do_not_bind_root(executor, hostile):
    """So root is given up first, inside (landlock) or outside (bubblewrap): no process of root's is in a sandbox."""
    spec = hostile("import numpy\nclass Model:\n    classes_ = [0, 1]\n    predict = len")
    with open_model(executor, spec) as hosted:
        for member in hosted._running.members():
            uid = Path(f"/proc/{member.pid}/status").read_text().split("Uid:")[1].split()[0]
            assert uid == str(os.getuid() or 65534)


MUCH = """
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict(self, rows):
        kept = []
        while True:
            kept.append(np.ones(2_500_000))
"""


def test_trap_5_memory_that_the_limit_on_address_space_does_not_see(executor, hostile):
    hidden = (
        "import ctypes, json, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "got = [libc.memfd_create(b'x', 0), libc.shmget(0, 4096, 0o1600)]\nraise RuntimeError(json.dumps(got))"
    )
    assert said(executor, hostile(hidden)) == [-1, -1]
    limits = Limits(resident_bytes=300_000_000)  # far below the address space that it may have
    with (
        open_model(executor, hostile(MUCH), limits) as hosted,
        pytest.raises(ModelError, match="used more than 300000000 bytes of memory"),
    ):
        hosted.predict(pa.table({"a": [1.0], "b": [1.0]}))


def test_trap_6_the_call_whose_arguments_cannot_be_seen(executor, hostile):
    """The C library then falls back to clone, which can be inspected: threads work, processes do not."""
    assert seccomp._inspected(1, seccomp.ABSENT)["clone3"] == [seccomp.ABSENT]
    started = (
        "import json, os, threading\nran = []\none = threading.Thread(target=lambda: ran.append(1))\n"
        "one.start(); one.join()\ntry:\n    os.fork()\nexcept OSError as error:\n    ran.append(error.errno)\n"
        "ran.append(os.environ['LOKY_MAX_CPU_COUNT'])\nraise RuntimeError(json.dumps(ran))"
    )
    assert said(executor, hostile(started)) == [1, 1, "1"]


def test_trap_7_signals_to_processes_of_the_same_user(executor, hostile):
    waiting = subprocess.Popen(["/bin/sleep", "60"])
    try:
        send = (
            f"import json, os\ngot = []\nfor pid in ({waiting.pid}, {os.getpid()}, 1, -1):\n    try:\n"
            "        os.kill(pid, 9); got.append(0)\n    except OSError as error:\n        got.append(error.errno)\n"
            "os.kill(os.getpid(), 0)\nraise RuntimeError(json.dumps(got))"
        )
        assert said(executor, hostile(send)) == [1] * 4
        assert waiting.poll() is None
    finally:
        waiting.kill()
        waiting.wait()


def test_trap_9_interpreters_that_lie_in_the_home_folder(tmp_path, monkeypatch):
    """What is shown is their prefix and their libraries, never the home folder."""
    home = tmp_path / "home"
    prefix = home / ".pyenv/versions/3.11"
    site = home / "project/.venv/lib/site-packages"
    for folder in (prefix / "bin", site, home / ".ssh"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    python = interpreter.Interpreter(program=prefix / "bin/python3", prefix=prefix, sites=(site,))
    monkeypatch.setattr(interpreter, "current", lambda: python)
    landlock._without_the_harness.cache_clear()
    launch = Launch(limits=Limits())
    line = Bubblewrap(Path("/usr/bin/bwrap")).walls(launch)
    shown = {line[place + 1] for place, part in enumerate(line) if part.startswith("--ro-bind")}
    opened = {path for paths in Landlock().opened(launch).values() for path in paths}
    for found in (shown, opened):
        inside = {path for path in found if Path(path).is_relative_to(home)}
        assert inside
        assert all(Path(path).is_relative_to(prefix) or Path(path).is_relative_to(site) for path in inside)
        assert not any(home.is_relative_to(path) for path in found)
    landlock._without_the_harness.cache_clear()


def test_trap_9_an_interpreter_that_is_the_home_folder_is_refused(monkeypatch, tmp_path):
    interpreter.current.cache_clear()
    monkeypatch.setattr(interpreter.sys, "base_prefix", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    try:
        with pytest.raises(IsolationError, match="cannot be shown to a model without all that is in it"):
            interpreter.current()
    finally:
        interpreter.current.cache_clear()


def test_trap_10_address_space_that_libraries_reserve(executor, hostile):
    """Libraries reserve up to 0.9 GiB and more with every thread of their own: room for them, and one thread each."""
    facts = {"limits": Limits().to_json(), "threads_outside": 0, "unsettable": ()}
    assert rlimits(facts)["RLIMIT_AS"] == (4 * GIB, 4 * GIB)
    look = (
        "import json, os, resource\nnames = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')\n"
        "raise RuntimeError(json.dumps([resource.getrlimit(resource.RLIMIT_AS)[1], [os.environ[n] for n in names]]))"
    )
    assert said(executor, hostile(look)) == [4 * GIB, ["1"] * 3]


FIRED = "raise SystemExit('fired')\n"


def test_trap_11_shadow_modules_beside_the_model(executor, hostile, tmp_path):
    """Neither the working folder nor the path of imports is the submission: no file of it is imported or run."""
    spec = hostile(
        "import json, os, sys, decimal, numpy\n"
        "seen = [sys.path[0] == '', any('submitted' in p or p.startswith('/model') for p in sys.path), os.getcwd()]\n"
        "raise RuntimeError(json.dumps([*seen, 'sitecustomize' in sys.modules]))"
    )
    for name in ("sitecustomize.py", "usercustomize.py", "decimal.py", "numpy.py", "json.py"):
        (spec.path.parent / name).write_text(FIRED)
    (spec.path.parent / "evil.pth").write_text("import os; os._exit(7)\n")
    assert said(executor, spec) == [False, False, "/", False]


def test_there_is_a_test_for_every_trap():
    page = (Path(__file__).parents[2] / "docs/sandbox.md").read_text(encoding="utf-8")
    rows = [line for line in page.partition("## Traps")[2].splitlines() if line.startswith("| ")][1:]
    assert [row.split("|")[1].strip() for row in rows] == [str(number) for number in range(1, 12)]
    for row in rows:
        for named in row.split("|")[3].split(","):
            file, _, name = named.strip().strip("`").partition("::")
            source = (Path(__file__).parent / file).read_text(encoding="utf-8")
            assert f"def {name}(" in source, named
