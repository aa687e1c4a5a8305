import json
import os
import re
import subprocess
import sys

import pytest

from proofbox.sandbox import bubblewrap
from proofbox.sandbox import executor as executor_module
from proofbox.sandbox.bubblewrap import Bubblewrap
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.executor import Probe, choose


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_auto_is_bubblewrap_here():
    chosen = choose("auto")
    assert (chosen.name, chosen.level) == ("bubblewrap", 2)


def test_what_a_probe_tells(executor):
    found = executor.probe()
    assert found.available
    assert found.version
    assert len(found.sha256) == 64
    assert found.runs_as.startswith("root") == (os.geteuid() == 0)
    assert executor.level == {"bubblewrap": 2, "landlock": 1}[executor.name]


def test_an_unknown_name():
    with pytest.raises(
        IsolationError, match="no executor is called 'docker'; there are auto, bubblewrap, landlock, con"
    ):
        choose("docker")


def test_auto_takes_what_needs_an_installed_program_last(monkeypatch):
    """Only where nothing else works: they take seconds to start, and a container's processes are an engine's."""
    assert [one.name for one in executor_module.in_order()] == ["bubblewrap", "landlock", "container", "gvisor"]
    asked = []

    class Fake:
        def __init__(self, name):
            self.name = name

        def probe(self):
            asked.append(self.name)
            return Probe(available=self.name == "container", reason=f"{self.name} said no")

    monkeypatch.setattr(executor_module, "in_order", lambda: [Fake(name) for name in executor_module.AVAILABLE[1:-1]])
    assert choose("auto").name == "container"
    assert asked == ["bubblewrap", "landlock", "container"]
    with pytest.raises(IsolationError, match="gvisor said no"):
        choose("gvisor")


def test_unsafe_is_only_had_by_name():
    assert choose("unsafe-none").level == 0


def test_no_bwrap_at_all(monkeypatch):
    monkeypatch.setattr(bubblewrap, "candidates", tuple)
    with pytest.raises(IsolationError, match=r"no bwrap program was found; install bubblewrap") as caught:
        choose("bubblewrap")
    assert caught.value.exit_code == 4
    assert caught.value.advice


WITHOUT_NAMESPACES = """
import errno, json, os, struct, ctypes, sys
from proofbox.sandbox.host import seccomp
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.executor import choose
from proofbox.sandbox.selfcheck import prove_walls

def deny(number, code, flags=None):
    column, _ = seccomp.ARCHITECTURES[seccomp.platform.machine()]
    looked = [(seccomp.LD, 0, 0, seccomp.ARG0), (seccomp.JSET, 1, 0, flags), seccomp.PASS] if flags else []
    return [(seccomp.JEQ, 0, len(looked) + 1, number[column]), *looked, (seccomp.RET, 0, 0, seccomp.ERRNO | code)]

program = [(seccomp.LD, 0, 0, seccomp.NR)]
for name in sys.argv[1:]:
    if name == "namespaces":  # as a container's profile or Ubuntu's AppArmor does
        program += deny((435, 435), errno.ENOSYS) + deny((272, 97), errno.EPERM)
        program += deny((56, 220), errno.EPERM, 0x10000000)
    if name == "landlock":
        program += deny((444, 444), errno.ENOSYS)
program.append(seccomp.PASS)
raw = b"".join(struct.pack("=HBBI", *one) for one in program)
described = seccomp._Program(len(raw) // 8, ctypes.cast(ctypes.create_string_buffer(raw, len(raw)), ctypes.c_void_p))
seccomp.prctl(38, 1)
seccomp.prctl(22, 2, ctypes.addressof(described))
if "command" in sys.argv:
    os.execv(sys.argv[-1], [sys.argv[-1], "doctor", "--json"])
try:
    found = prove_walls(choose("auto")).to_json()
    print(json.dumps([found["executor"], found["level"], found["isolated"]]))
except IsolationError as error:
    print(error)
    sys.exit(error.exit_code)
"""
"""A harness on a machine that has neither; the filter is inherited by all it starts."""


def without(*names):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES, *names], capture_output=True, text=True, check=False
    )


def test_a_machine_that_forbids_user_namespaces_falls_back_to_landlock():
    run = without("namespaces")
    assert (run.returncode, run.stdout) == (0, '["landlock", 1, true]\n'), run.stdout + run.stderr


def test_the_command_says_what_it_fell_back_to(command):
    run = without("namespaces", "command", str(command))
    assert run.returncode == 0, run.stdout + run.stderr
    said = json.loads(run.stdout)
    assert (said["executor"], said["selfcheck"]["level"], said["selfcheck"]["isolated"]) == ("landlock", 1, True)
    refused = said["tried"][0]
    assert (refused["executor"], refused["works"]) == ("bubblewrap", False)
    assert refused["advice"]


def test_a_machine_without_landlock_has_bubblewrap():
    run = without("landlock")
    assert (run.returncode, run.stdout) == (0, '["bubblewrap", 2, true]\n'), run.stdout + run.stderr


def test_a_machine_that_has_neither_is_refused_with_both_reasons():
    run = without("namespaces", "landlock")
    assert run.returncode == 4, run.stdout + run.stderr
    assert re.search(r"no isolation could be had: .*namespace.*this kernel has no Landlock.*Linux 5\.13", run.stdout)


def test_a_hidden_bwrap_falls_back_to_landlock(monkeypatch):
    monkeypatch.setattr(bubblewrap, "candidates", tuple)
    chosen = choose("auto")
    assert (chosen.name, chosen.level) == ("landlock", 1)


def test_a_bwrap_that_fails_is_not_believed_whatever_its_version_says(monkeypatch, tmp_path):
    broken = script(
        tmp_path / "bwrap",
        '[ "$1" = --version ] && echo bubblewrap 9.9 && exit 0\n'
        "echo bwrap: setting up uid map: Permission denied\nexit 1",
    )
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (broken,))
    with pytest.raises(IsolationError, match="setting up uid map: Permission denied"):
        choose("bubblewrap")
    with pytest.raises(IsolationError, match="uid map"):
        Bubblewrap(broken).launch(bubblewrap.Launch(limits=bubblewrap.Limits()))


def test_ubuntus_restriction_is_explained(monkeypatch, tmp_path):
    broken = script(tmp_path / "bwrap", "exit 1")
    (tmp_path / "restricted").write_text("1\n")
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (broken,))
    monkeypatch.setattr(bubblewrap, "RESTRICTED_USERNS", tmp_path / "restricted")
    with pytest.raises(IsolationError, match=r"Ubuntu from 23\.10 on.*bwrap-userns-restrict.*sysctl"):
        choose("bubblewrap")


def test_the_next_candidate_is_tried(monkeypatch, tmp_path):
    good = bubblewrap.candidates()
    broken = script(tmp_path / "bwrap", "exit 1")
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (broken, *good))
    assert choose("auto").probe().binary == str(good[0])


def test_a_program_that_hangs_is_not_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (script(tmp_path / "bwrap", "exec sleep 5"),))
    with pytest.raises(IsolationError, match="did not answer"):
        choose("bubblewrap")


def test_an_installed_harness_is_not_shown_to_the_model(executor, hostile, tmp_path, monkeypatch):
    """As in a wheel, where the policies lie in site-packages beside the libraries."""
    import dataclasses

    from proofbox.sandbox import interpreter
    from proofbox.sandbox.errors import ModelError
    from proofbox.sandbox.hosted import open_model

    site = tmp_path / "site-packages"
    (site / "proofbox/policies").mkdir(parents=True)
    (site / "proofbox/policies/baseline.yaml").write_text("at_least: 0.80")
    (site / "library.py").write_text("loaded = True")
    found = interpreter.current()
    installed = dataclasses.replace(found, sites=(*found.sites, site))
    monkeypatch.setattr(interpreter, "current", lambda: installed)
    look = (
        f"import library\ntry:\n    found = open({str(site / 'proofbox/policies/baseline.yaml')!r}).read()\n"
        "except OSError:\n    found = 'nothing to read'\nraise RuntimeError(found + ' ' + str(library.loaded))"
    )
    with pytest.raises(ModelError, match=r"RuntimeError: nothing to read True"):
        open_model(executor, hostile(look))


def test_the_unsafe_executor_serves_the_same_program(hostile):
    import pyarrow as pa

    from proofbox.sandbox.hosted import open_model

    model = (
        "import numpy as np\nclass Model:\n    classes_ = np.array(['no', 'yes'])\n"
        "    def predict(self, rows): return np.where(rows[:, 0] > 1, 'yes', 'no')\n"
    )
    with open_model(choose("unsafe-none"), hostile(model)) as hosted:
        answer = hosted.predict(pa.table({"a": [1.0, 2.0], "b": [0.0, 0.0]}))
    assert answer.classes == ("no", "yes")
    assert answer.values.tolist() == [0, 1]
