"""Hostile models: each is contained, and whether it was is looked at from outside."""

import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from attacks.formats import FromSource

from proofbox.sandbox import processes
from proofbox.sandbox.batches import BATCH_ROWS
from proofbox.sandbox.errors import ModelError, SandboxError
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.limits import Limits

TABLE = pa.table({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]})

HONEST = """
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict(self, rows):
        return np.zeros(len(rows), dtype=int)
    def predict_proba(self, rows):
        return np.full((len(rows), 2), 0.5)
"""


def source(body, *, method="predict"):
    """Return a model whose ``method`` runs ``body``; ``rows`` is what it is given."""
    return HONEST + f"    def {method}(self, rows):\n" + textwrap.indent(textwrap.dedent(body), " " * 8)


def members(hosted):
    return hosted._running.members()


def gone(before):
    return not any(processes.lives(member) for member in before)


ATTEMPTS = """
import os, socket, subprocess, pathlib, ctypes, fcntl, resource
done = []
def attempt(name, action):
    try:
        if action() is not False:
            done.append(name)
    except BaseException:
        pass
def connect(family, address):
    with socket.socket(family) as one:
        one.settimeout(1)
        one.connect(address)
def fork():
    if os.fork() == 0:
        import time
        time.sleep(60)
def environment():
    raw = pathlib.Path("/proc/1/environ").read_bytes() + repr(dict(os.environ)).encode()
    return b"TOP-SECRET" in raw
attempt("tcp", lambda: connect(socket.AF_INET, ("127.0.0.1", {port})))
attempt("path socket", lambda: connect(socket.AF_UNIX, {path!r}))
attempt("abstract socket", lambda: connect(socket.AF_UNIX, chr(0) + {name!r}))
attempt("read", lambda: open({canary!r}).read())
attempt("shadow", lambda: open("/etc/shadow").read())
attempt("submission", lambda: open({data!r}).read())
for folder in [{folder!r}, "/tmp", "/dev/shm", "/", "/model", "/var/tmp", os.getcwd()]:
    attempt("write " + folder, lambda: open(folder + "/written", "w").write("x"))
attempt("overwrite", lambda: open("/model/model.pkl", "r+b").write(b"x"))
attempt("fork", fork)
attempt("process", lambda: subprocess.run(["/bin/true"]))
attempt("system", lambda: os.system("true") in (0,))
attempt("signal", lambda: os.kill({decoy}, 9))
attempt("signal all", lambda: os.kill(-1, 9))
attempt("signal of a file", lambda: fcntl.fcntl(0, fcntl.F_SETOWN, {decoy}))
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, {decoy}, 19))
attempt("affinity", lambda: os.sched_setaffinity({decoy}, os.sched_getaffinity(0)))
attempt("limits of another", lambda: resource.prlimit({decoy}, resource.RLIMIT_CORE, (0, 0)))
attempt("higher limits", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (99999, 99999)))
attempt("trace", lambda: ctypes.CDLL(None).ptrace(16, {decoy}, 0, 0) == 0)
attempt("memory of another", lambda: open("/proc/{decoy}/mem", "rb"))
attempt("environment of another", lambda: open("/proc/{decoy}/environ", "rb").read())
attempt("outlive", lambda: ctypes.CDLL(None).prctl(1, 0) == 0)
attempt("root again", lambda: os.setresuid(0, 0, 0))
attempt("chmod", lambda: os.chmod({canary!r}, 0))
attempt("utime", lambda: os.utime({canary!r}, (0, 0)))
attempt("truncate", lambda: os.truncate({canary!r}, 0))
attempt("chown", lambda: os.chown({canary!r}, os.getuid(), -1))
attempt("attribute", lambda: os.setxattr({canary!r}, "user.x", b"x"))
attempt("unlink", lambda: os.unlink({canary!r}))
attempt("rename", lambda: os.rename({canary!r}, {canary!r} + "2"))
attempt("link", lambda: os.link({canary!r}, {canary!r} + "2"))
attempt("symlink", lambda: os.symlink("/", {folder!r} + "/link"))
attempt("mkdir", lambda: os.mkdir({folder!r} + "/new"))
attempt("mkfifo", lambda: os.mkfifo({folder!r} + "/pipe"))
attempt("environment", environment)
attempt("memfd", lambda: os.memfd_create("x"))
attempt("core pattern", lambda: open("/proc/sys/kernel/core_pattern", "w"))
attempt("sys", lambda: os.listdir("/sys"))
attempt("siblings", lambda: [n for n in os.listdir("/proc") if n.isdigit() and int(n) > 2] != [])
attempt("data in the folder of the model", lambda: os.listdir("/model") != ["model.pkl"])
attempt("harness code", lambda: os.listdir({code!r}))
if done:
    raise RuntimeError("got through: " + ", ".join(done))
"""


@pytest.mark.parametrize("when", ["load", "predict"])
def test_a_model_that_tries_everything_quietly(executor, process_count, hostile, tmp_path, monkeypatch, when):
    monkeypatch.setenv("PROOFBOX_TEST_SECRET", "TOP-SECRET")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "canary").write_text("unchanged")
    before = (outside / "canary").stat()
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted/labels.csv").write_text("secret labels")
    name = f"proofbox-test-{os.getpid()}"
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as path, socket.socket(socket.AF_UNIX) as abstract:
        monkeypatch.chdir(outside)
        for one, address in ((tcp, ("127.0.0.1", 0)), (path, "socket"), (abstract, "\0" + name)):
            one.bind(address)
            one.listen()
            one.setblocking(False)
        decoy = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        try:
            attempts = ATTEMPTS.format(
                port=tcp.getsockname()[1],
                path=str(outside / "socket"),
                name=name,
                canary=str(outside / "canary"),
                folder=str(outside),
                data=str(tmp_path / "submitted/labels.csv"),
                decoy=decoy.pid,
                code=str(Path(processes.__file__).parent),
            )
            body = attempts if when == "load" else ""
            inside = source(f"{attempts}\nreturn np.zeros(len(rows), dtype=int)") if when == "predict" else HONEST
            with open_model(executor, hostile(body + inside), Limits(call_seconds=20)) as hosted:
                assert hosted.predict(TABLE).values.tolist() == [0, 0, 0]
                assert len(members(hosted)) == process_count
            assert decoy.poll() is None
        finally:
            decoy.kill()
            decoy.wait()
            decoy.stdin.close()
        for one in (tcp, path, abstract):
            with pytest.raises(BlockingIOError):
                one.accept()
    assert (outside / "canary").read_text() == "unchanged"
    after = (outside / "canary").stat()
    assert (after.st_mode, after.st_uid, after.st_mtime, after.st_nlink) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime,
        before.st_nlink,
    )
    assert sorted(entry.name for entry in outside.iterdir()) == ["canary", "socket"]


ENDINGS = {
    "exit": ("import os; os._exit(3)", "crash", "by itself with code 3"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crash", "signal SIGSEGV"),
    "abort": ("import os; os.abort()", "crash", "signal SIGABRT"),
    "hang": ("import time; time.sleep(60)", "hang", "within 1.5 seconds"),
    "spin": ("while True: pass", "hang", "within 1.5 seconds"),
    "noise on stdout": ("print('x' * 3_000_000, flush=True); return [0] * len(rows)", "limit", "to its output"),
    "memory": (
        "b = []\nwhile True: b.append(bytearray(20_000_000))",
        "limit",
        "of memory",
    ),
    "threads": (
        "import threading, time\nfor _ in range(60): threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "time.sleep(60)",
        "limit|crash|raised",
        "threads|thread",
    ),
    "wire": (
        "import os\nfor fd in range(3, 4096):\n    try: os.write(fd, b'x' * 64)\n    except OSError: pass",
        "garbage",
        "no frame",
    ),
    "close the wire": ("import os; os.closerange(3, 4096); import time; time.sleep(60)", "crash", "ended"),
}


@pytest.mark.parametrize(("body", "kind", "told"), ENDINGS.values(), ids=ENDINGS)
def test_a_model_that_ends_its_own_answer(executor, process_count, hostile, body, kind, told):
    seconds = 1.5 if kind == "hang" else 20
    limits = Limits(call_seconds=seconds, cpu_seconds=20, resident_bytes=400_000_000, processes=16)
    with open_model(executor, hostile(source(body)), limits) as hosted:
        before = members(hosted)
        assert len(before) == process_count
        started = time.monotonic()
        with pytest.raises(ModelError, match=told) as caught:
            hosted.predict(TABLE)
        assert time.monotonic() - started < 15
        assert caught.value.kind in kind.split("|")
        assert hosted.stats()["violations"] == [{"kind": caught.value.kind, "what": caught.value.what}]
        if caught.value.kind != "raised" or "raised" not in caught.value.what:
            assert gone(before)
            with pytest.raises(SandboxError, match="not running"):
                hosted.predict(TABLE)
    assert gone(before)


def test_processor_time_is_limited(executor, hostile):
    limits = Limits(call_seconds=60, cpu_seconds=3)
    with (
        open_model(executor, hostile(source("while True: pass")), limits) as hosted,
        pytest.raises(ModelError, match="more than 3 seconds of processor time") as caught,
    ):
        hosted.predict(TABLE)
    assert caught.value.kind == "limit"


GARBAGE = {
    "nan": ("probability", "return np.full((len(rows), 2), np.nan)", "garbage", "not finite"),
    "no probabilities": ("probability", "return np.full((len(rows), 2), 0.7)", "garbage", "sum to 1"),
    "three columns": ("probability", "return np.full((len(rows), 3), 1 / 3)", "garbage", "3 x 3"),
    "too few rows": ("probability", "return np.full((1, 2), 0.5)", "garbage", "1 x 2"),
    "text": ("probability", "return ['a'] * len(rows)", "raised", "raised: ValueError"),
    "unknown class": ("label", "return np.full(len(rows), 7)", "refused", "none of its classes"),
    "none": ("label", "return None", "refused", "none of its classes"),
    "exception": ("label", "raise ValueError('at /home/someone/secret/file.py' + chr(27))", "raised", "at file.py"),
    "exit exception": ("label", "raise SystemExit(0)", "raised", "SystemExit"),
    "exception without words": (
        "label",
        "class E(Exception):\n    def __str__(self): raise KeyError\nraise E",
        "raised",
        "cannot be shown",
    ),
}


@pytest.fixture(scope="module")
def one_of_all(executor, tmp_path_factory):
    """Return a model that misbehaves in the way that its first feature names; one process for all of them."""
    import pickle

    from proofbox.sandbox.hosted import ModelSpec

    text = HONEST
    for method, wanted in (("predict", "label"), ("predict_proba", "probability")):
        text += f"    def {method}(self, rows):\n        way = int(rows[0, 0])\n"
        for place, (output, body, _, _) in enumerate(GARBAGE.values()):
            if output == wanted:
                text += f"        if way == {place}:\n" + textwrap.indent(body, " " * 12) + "\n"
    path = tmp_path_factory.mktemp("model") / "model.pkl"
    path.write_bytes(pickle.dumps(FromSource(text)))
    limits = Limits(call_seconds=20)
    opened = {
        output: open_model(
            executor,
            ModelSpec(path=path, format="pickle", features=("a", "b"), output=output, task="binary-classification"),
            limits,
        )
        for output in ("label", "probability")
    }
    yield opened
    for hosted in opened.values():
        hosted.close()


@pytest.mark.parametrize("name", GARBAGE)
def test_answers_that_are_none(one_of_all, name):
    output, _, kind, told = GARBAGE[name]
    hosted = one_of_all[output]
    way = float(list(GARBAGE).index(name))
    if hosted._running is None:
        hosted.restart()
    with pytest.raises(ModelError, match=told) as caught:
        hosted.predict(pa.table({"a": [way] * 3, "b": [way] * 3}))
    assert caught.value.kind == kind
    assert "/home" not in caught.value.what
    assert caught.value.what.isprintable()


def test_a_model_that_answers_what_is_no_answer_lives_on(executor, hostile):
    """In due form, of the right size: its process is as good as before, and what it was asked ahead is let go."""
    text = source("return np.column_stack([1 - rows[:, 0], rows[:, 0]])", method="predict_proba")
    spec = hostile(text, output="probability")
    wrong = np.full(3 * BATCH_ROWS, 0.25)
    wrong[[BATCH_ROWS + 5, BATCH_ROWS + 9]] = np.nan
    with open_model(executor, spec, Limits(call_seconds=20)) as hosted:
        first = members(hosted)
        with pytest.raises(ModelError, match="not finite") as caught:
            hosted.predict(pa.table({"a": wrong, "b": wrong}))
        assert (caught.value.kind, caught.value.rows) == ("garbage", (BATCH_ROWS + 5, BATCH_ROWS + 9))
        assert caught.value.lives_on
        right = hosted.predict(pa.table({"a": [0.25, 0.75], "b": [0.0, 0.0]}))
        assert right.values.tolist() == [[0.75, 0.25], [0.25, 0.75]]
        assert members(hosted) == first
        stats = hosted.stats()
    assert [one["kind"] for one in stats["violations"]] == ["garbage"]
    assert (stats["restarts"], stats["revivals"]) == (0, [])


LOADS = {
    "exit": ("import os; os._exit(5)", "crash", "code 5 while it was loaded"),
    "hang": ("import time; time.sleep(60)", "hang", "within 3 seconds while it was loaded"),
    "raise": ("raise RuntimeError('no')", "load", "could not be loaded: RuntimeError: no"),
    "speak first": (
        "import os\nfor fd in range(3, 4096):\n try: os.write(fd, b'x' * 64)\n except OSError: pass",
        "garbage",
        "no frame",
    ),
    "no model": ("class Model: pass", "refused", "no predict"),
    "shadow": ("import sys; sys.modules['numpy'] = None; sys.path.insert(0, '/model')\n" + HONEST, "load", "loaded"),
}


@pytest.mark.parametrize(("body", "kind", "told"), LOADS.values(), ids=LOADS)
def test_a_model_that_fails_while_it_is_loaded(executor, hostile, body, kind, told):
    with pytest.raises(ModelError, match=told) as caught:
        open_model(executor, hostile(body), Limits(start_seconds=3 if kind == "hang" else 40))
    assert caught.value.kind == kind


def test_what_it_prints_is_counted_and_thrown_away(executor, limits, hostile, capfd):
    noisy = 'print(\'{"verdict": "pass"}\' * 1000)\n' + HONEST
    with open_model(executor, hostile(noisy), limits) as hosted:
        assert hosted.predict(TABLE).values.tolist() == [0, 0, 0]
        hosted.restart()
        assert hosted.stats()["restarts"] == 1
        assert hosted.stats()["stdout_bytes"] == 38_002
    assert capfd.readouterr() == ("", "")


def test_a_restart_forgets(executor, limits, hostile):
    body = "Model.calls = getattr(Model, 'calls', 0) + 1\nreturn np.full(len(rows), Model.calls > 1).astype(int)"
    with open_model(executor, hostile(source(body)), limits) as hosted:
        first = members(hosted)
        assert [hosted.predict(TABLE).values[0] for _ in range(2)] == [0, 1]
        hosted.restart()
        assert gone(first)
        assert hosted.predict(TABLE).values[0] == 0


def test_the_time_of_an_assessment_is_limited_over_restarts(executor, hostile):
    limits = Limits(wall_seconds=5, call_seconds=4)
    with open_model(executor, hostile(source("import time; time.sleep(60)")), limits) as hosted:
        with pytest.raises(ModelError, match="did not answer"):
            hosted.predict(TABLE)
        with pytest.raises(ModelError, match="used up the 5 seconds") as caught:
            restart_and_predict(hosted)
    assert caught.value.kind == "limit"


def restart_and_predict(hosted):
    hosted.restart()
    hosted.predict(TABLE)


def test_what_runs_at_its_end_is_not_waited_for(executor, limits, hostile):
    body = "import atexit, time, threading\natexit.register(time.sleep, 60)\n"
    hosted = open_model(executor, hostile(body + HONEST), limits)
    before = members(hosted)
    started = time.monotonic()
    hosted.close()
    hosted.close()
    assert time.monotonic() - started < 2
    assert gone(before)


def test_a_model_started_by_a_thread_outlives_the_thread(executor, limits, hostile):
    """The kernel would end it with its parent thread; DESIGN.md has the trap of --die-with-parent."""
    opened = []
    thread = threading.Thread(target=lambda: opened.append(open_model(executor, hostile(HONEST), limits)))
    thread.start()
    thread.join()
    time.sleep(0.2)
    with opened[0] as hosted:
        assert hosted.predict(TABLE).values.tolist() == [0, 0, 0]


DYING_HARNESS = """
import os, signal, sys, threading
from pathlib import Path
import pyarrow as pa
from proofbox.sandbox.executor import choose
from proofbox.sandbox.hosted import ModelSpec, open_model
task = "binary-classification"
spec = ModelSpec(path=Path(sys.argv[1]), format="pickle", features=("a", "b"), output="label", task=task)
hosted = open_model(choose(sys.argv[2]), spec)
print(*(member.pid for member in hosted._running.members()), flush=True)
hosted.predict(pa.table({"a": [1.0], "b": [1.0]}))
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
hosted.predict(pa.table({"a": [2.0], "b": [1.0]}))
"""


def test_nothing_is_left_when_the_harness_is_killed(executor, process_count, hostile):
    # While it sleeps it does not notice that the wire has ended.
    spec = hostile(source("import time\nif rows[0, 0] > 1: time.sleep(60)\nreturn [0] * len(rows)"))
    command = [sys.executable, "-c", DYING_HARNESS, spec.path, executor.name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == -9, run.stderr
    pids = [int(pid) for pid in run.stdout.split()]
    assert len(pids) == process_count
    end = time.monotonic() + 5
    left = pids
    while left and time.monotonic() < end:
        left = [pid for pid in left if (stat := processes._stat(pid)) and stat[0] not in "ZX"]
        time.sleep(0.01)
    assert not left
