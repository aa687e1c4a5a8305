"""The executors that are had by name: gVisor's own kernel, and a container. Both really run here, as CI installs them.

podman's runtime refuses machines whose control groups are half of the first and half of the second version, as CI's
are. There, and only there, it is started in a mount namespace of its own in which the second version alone is seen.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pytest
from attacks import drive

from proofbox.sandbox import container, engines, gvisor, oci, probes, processes
from proofbox.sandbox.container import Container
from proofbox.sandbox.engines import Engine
from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.executor import Launch
from proofbox.sandbox.gvisor import Gvisor
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.selfcheck import prove_walls

TABLE = pa.table({"a": [1.0, 2.0], "b": [1.0, 2.0]})

IN_ITS_OWN_MOUNTS = """#!/bin/sh
exec unshare --mount --propagation private sh -c \\
    'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec {podman} "$@"' podman "$@"
"""


def installed(name):
    """Whether the program is there; CI installs both, so that there it must be."""
    found = shutil.which(name)
    assert found or "CI" not in os.environ, f".ci/run installs {name}"
    if not found:
        pytest.skip(f"{name} is not installed on this developer's machine; CI has it")
    return Path(found)


@pytest.fixture(scope="session")
def podman(tmp_path_factory):
    real = installed("podman")
    if Container((real,)).probe().available or os.geteuid() != 0:
        return Container((real,))
    wrapper = tmp_path_factory.mktemp("bin") / "podman"
    wrapper.write_text(IN_ITS_OWN_MOUNTS.format(podman=real))
    wrapper.chmod(0o755)
    return Container((wrapper,))


@pytest.fixture(scope="session", params=["gvisor", "container"])
def stronger(request):
    found = Gvisor(installed("runsc")) if request.param == "gvisor" else request.getfixturevalue("podman")
    said = found.probe()
    assert said.available, said.reason
    return found


HONEST = """
import os, time
import numpy as np
print("noise", flush=True)
class Model:
    classes_ = np.array([0, 1])
    def predict(self, rows):
        if rows[0, 0] == 7:
            time.sleep(120)
        if rows[0, 0] == 8:
            kept = []
            while True:
                kept.append(bytearray(20_000_000))
        try:
            os.fork()
        except OSError:
            return (rows[:, 0] > 1).astype(int)
        raise RuntimeError("forked")
"""


def test_the_walls_hold_and_the_record_is_the_same_twice(stronger):
    first, second = prove_walls(stronger).to_json(), prove_walls(stronger).to_json()
    assert first == second
    assert first["isolated"] is True
    assert first["level"] == stronger.level == {"gvisor": 3, "container": 2}[stronger.name]
    assert len(first["rows"]) > 50
    assert first["denied_calls"].startswith("not counted: this executor")
    wall = {row["probe"]: row["enforced_by"] for row in first["rows"]}
    assert wall["files.shadow"] == {"gvisor": "kernel of its own", "container": "mount namespace"}[stronger.name]
    assert ("kernel.own" in wall) == (stronger.name == "gvisor")


def test_a_model_behind_them(stronger, hostile, tmp_path, monkeypatch):
    """One process for all: it answers, prints, is held to its memory, and nothing is left of it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    limits = Limits(call_seconds=20, start_seconds=60, resident_bytes=700_000_000)
    with open_model(stronger, hostile(HONEST), limits) as hosted:
        assert hosted.predict(TABLE).values.tolist() == [0, 1]
        first = hosted._running.members()
        assert len(first) >= 2
        with pytest.raises(ModelError, match=r"of memory|SIGKILL|code 137") as caught:
            hosted.predict(pa.table({"a": [8.0], "b": [0.0]}))
        assert caught.value.kind in {"limit", "crash"}
        found = hosted.stats()
    assert found["stdout_bytes"] == len("noise\n")
    assert found["denied_calls_uncounted"]
    assert not any(processes.lives(member) for member in first)
    assert nothing_left(stronger, os.getpid(), tmp_path)
    assert not list(tmp_path.glob("proofbox-scratch-*"))


def nothing_left(executor, harness, folder):
    """Whether neither a container of that harness's number nor a process that works in the folder is there."""
    if executor.name == "container":
        listed = executor._engine.ask("ps", "--all", "--filter", f"label={engines.LABEL}", "--format", "{{.Names}}")
        return f"-{harness}-" not in listed.stdout.decode()
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(entry.read_bytes())
    return not any(b"runsc" in line and os.fsencode(folder) in line for line in lines)


def test_a_wall_that_is_taken_away_is_noticed(stronger, monkeypatch):
    if stronger.name == "container":
        real = container.run_command
        monkeypatch.setattr(container, "run_command", lambda *a, **k: on_the_hosts_network(real(*a, **k)))
        told = "network.listeners: expected not seen, got seen.*namespaces.net"
    else:
        real = oci.view
        monkeypatch.setattr(
            oci, "view", lambda launch: dataclasses.replace(real(launch), shown=(*real(launch).shown, ("/etc", "/etc")))
        )
        told = "files.shadow: expected denied ENOENT, got"
        monkeypatch.setitem(probes.EXPECTED, "files.shadow", probes.Expectation(("denied ENOENT",), "mount namespace"))
    with pytest.raises(IsolationError, match=told):
        prove_walls(stronger)


def on_the_hosts_network(line):
    place = line.index("--network")
    return [*line[: place + 1], "host", *line[place + 2 :]]


def test_the_filter_stands_on_their_kernels_too(stronger, monkeypatch):
    monkeypatch.setattr(type(stronger), "filtered", False)
    with pytest.raises(IsolationError, match=r"network\.tcp: expected denied EPERM, got denied ECONNREFUSED"):
        prove_walls(stronger)


DYING = """
import os, signal, sys, threading
from pathlib import Path
import pyarrow as pa
from proofbox.sandbox.container import Container
from proofbox.sandbox.gvisor import Gvisor
from proofbox.sandbox.hosted import ModelSpec, open_model
executor = Gvisor() if sys.argv[2] == "gvisor" else Container((Path(sys.argv[3]),))
spec = ModelSpec(path=Path(sys.argv[1]), format="pickle", features=("a", "b"), output="label",
                 task="binary-classification")
hosted = open_model(executor, spec)
print(os.getpid(), *(member.pid for member in hosted._running.members()), flush=True)
threading.Timer(4, os.kill, (os.getpid(), signal.SIGKILL)).start()
hosted.predict(pa.table({"a": [7.0], "b": [1.0]}))
"""


def test_nothing_is_left_when_the_harness_is_killed(stronger, hostile, tmp_path):
    spec = hostile(HONEST)
    engine = stronger._engine if stronger.name == "container" else None
    command = [sys.executable, "-c", DYING, spec.path, stronger.name, engine.binary if engine else ""]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert run.returncode == -signal.SIGKILL, run.stderr
    harness, *pids = (int(pid) for pid in run.stdout.split())
    assert len(pids) >= 2
    if engine:
        # Its process is the engine's child: the next harness that uses the engine ends it, or the engine in time.
        assert str(harness) in {name.split("-")[2] for name in engines.sweep(engine)}
        assert str(harness) not in {name.split("-")[2] for name in engines.sweep(engine)}
    end = time.monotonic() + 10
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    assert not left
    assert nothing_left(stronger, harness, tmp_path)


def alive(pid):
    stat = processes._stat(pid)
    return stat is not None and stat[0] not in "ZX"


def launch_of(tmp_path):
    (tmp_path / "secret-name.onnx").write_bytes(b"model")
    return Launch(limits=Limits(), model=tmp_path / "secret-name.onnx")


def test_a_bundle_gives_nothing_but_reading(tmp_path):
    launch = launch_of(tmp_path)
    seen = oci.view(launch)
    oci.write_bundle(tmp_path / "bundle", seen, ["/usr/bin/python3"], launch)
    written = json.loads((tmp_path / "bundle/config.json").read_text())
    process = written["process"]
    assert process["user"] == {"uid": 65534, "gid": 65534}
    assert process["noNewPrivileges"] is True
    assert not any(process["capabilities"].values())
    assert "HOME=/" in process["env"]
    assert not any(name in " ".join(process["env"]) for name in os.environ.values() if len(name) > 8)
    assert written["root"]["readonly"] is True
    assert {one["type"] for one in written["linux"]["namespaces"]} == {"pid", "network", "ipc", "uts", "mount"}
    assert all("ro" in mount["options"] for mount in written["mounts"])
    shown = {mount["destination"] for mount in written["mounts"] if mount["type"] == "bind"}
    assert "/model/model.onnx" in shown
    assert not shown & {"/", "/etc", "/home", "/root", "/tmp", "/proc", "/dev"}
    assert not any("secret-name" in place for place in shown)


@pytest.mark.parametrize("name", engines.ENGINES)
@pytest.mark.parametrize("cgroups", [True, False])
def test_a_containers_command_line(name, cgroups, tmp_path):
    """docker has no daemon on CI's machine: that its command line is right is all that is tested of it."""
    launch = launch_of(tmp_path)
    engine = Engine(binary=Path("/usr/bin", name), cgroups=cgroups)
    line = container.run_command(
        engine, oci.view(launch), launch, name="proofbox-x", folder=tmp_path, inside=["/usr/bin/python3", "-I", "0"]
    )
    given = " ".join(line)
    for wanted in (
        *("run --rm --interactive", "--pull never", "--network none", "--ipc private", "--read-only", "--cap-drop all"),
        *("--security-opt no-new-privileges", "--user 65534:65534", "--log-driver none", "--ulimit nofile=64:64"),
        *("--entrypoint /usr/bin/python3", ":/model/model.onnx:ro", "--tmpfs /dev/shm:ro,size=65536,mode=0555"),
    ):
        assert wanted in given
    volumes = [line[place + 1] for place, part in enumerate(line) if part == "--volume"]
    assert len(volumes) > 3
    assert all(volume.endswith(":ro") for volume in volumes)
    for forbidden in ("--privileged", "seccomp=unconfined", "docker.sock", "--device", "--cap-add", "--publish"):
        assert forbidden not in given
    limited = "--memory 2147483648 --memory-swap 2147483648 --pids-limit 64 --cpus 1"
    assert (limited in given) == cgroups
    assert ("--timeout 690" in given) == (name == "podman")
    assert line[-3:] == [engines.image_name(), "-I", "0"]


def test_a_missing_engine_and_a_missing_runsc_are_said(monkeypatch):
    assert Container(()).probe().reason == "neither podman nor docker was found"
    monkeypatch.setattr(gvisor.shutil, "which", lambda name, path: None)
    found = Gvisor().probe()
    assert (found.available, found.reason) == (False, "no runsc program was found")
    with pytest.raises(IsolationError, match="apt install runsc"):
        Gvisor().launch(Launch(limits=Limits()))


def test_an_engine_that_fails_or_hangs_is_not_believed(tmp_path, monkeypatch):
    broken = tmp_path / "docker"
    broken.write_text("#!/bin/sh\n[ $1 = --version ] && echo Docker 99 && exit 0\necho no daemon >&2\nexit 1\n")
    broken.chmod(0o755)
    assert "no daemon" in Container((broken,)).probe().reason
    broken.write_text("#!/bin/sh\nexec sleep 30\n")
    monkeypatch.setattr(engines, "ENGINE_SECONDS", 0.3)
    assert "no answer within 0.3 seconds" in Container((broken,)).probe().reason
    broken.unlink()
    assert not Container((broken,)).probe().available


@pytest.mark.parametrize(
    "name", ["", "proofbox-1-2-3", "other-1-2-3-0123456789abcdef", "proofbox-9-1-1-0123456789abcdef"]
)
def test_a_container_that_is_not_ours_is_left_alone(name):
    assert not engines._is_left(name)
    assert not engines._is_left(engines.new_name())
    namespace = engines.new_name().split("-")[1]
    assert engines._is_left(f"proofbox-{namespace}-4194304-1-0123456789abcdef")


AS_A_USER = """
import sys
from proofbox.sandbox.executor import choose
from proofbox.sandbox.selfcheck import prove_walls
for name in sys.argv[1:]:
    found = prove_walls(choose(name))
    print(name, found.level, found.isolated, found.backend["runs_as"])
"""


def test_they_hold_for_an_ordinary_user_too():
    installed("runsc")
    line = drive.command(drive.users()[0], ["-c", AS_A_USER, "bubblewrap", "landlock", "gvisor"])
    run = subprocess.run(
        line, env=drive.environment(), capture_output=True, text=True, check=False, timeout=120, cwd="/"
    )
    assert run.stdout.splitlines() == [
        "bubblewrap 2 True ordinary user",
        "landlock 1 True ordinary user",
        "gvisor 3 True ordinary user",
    ], run.stderr
