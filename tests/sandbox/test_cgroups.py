"""Control groups, on a tree of files that stands for the kernel's.

The machine of CI has the controllers in version 1 and delegates nothing: what is tested here is what is asked of the
kernel and what is made of its answers, not the kernel. Where a group is really delegated, the same code is used.
"""

import os
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from proofbox.sandbox import cgroups
from proofbox.sandbox.cgroups import Group, new_group
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.selfcheck import prove_walls

OWNED = "user.slice/user-1000.slice/user@1000.service/app.slice"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A group of ours with the process in it, in a parent that is ours as well and gives memory to its children."""
    root = tmp_path / "cgroup"
    parent = root / OWNED
    (parent / "shell.scope").mkdir(parents=True)
    (parent / "cgroup.subtree_control").write_text("memory pids\n")
    (parent / "shell.scope/cgroup.subtree_control").write_text("\n")
    (tmp_path / "mounts").write_text(f"proc /proc proc rw 0 0\ncgroup2 {root} cgroup2 rw,nsdelegate 0 0\n")
    (tmp_path / "own").write_text(f"1:name=systemd:/\n0::/{OWNED}/shell.scope\n")
    monkeypatch.setattr(cgroups, "MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(cgroups, "OWN", tmp_path / "own")
    # Root is given what systemd has marked as delegated; the mark is an attribute of the kernel's file system.
    monkeypatch.setattr(os, "getxattr", lambda path, name: b"1" if Path(path) == parent else _none(name))
    return parent


def _none(name):
    raise OSError(61, name)


def test_a_group_is_made_beside_our_own_with_the_limit(tree):
    group = new_group(Limits(resident_bytes=123_000_000))
    assert group.folder.parent == tree
    assert (group.folder / "memory.max").read_text() == "123000000"
    assert (group.folder / "memory.swap.max").read_text() == "0"
    assert (group.folder / "memory.oom.group").read_text() == "1"
    assert cgroups.enforced_by(group) == {"resident_bytes": "control group, and the harness every 20 ms"}


REFUSED = {
    "no version 2": lambda tree, root: (root / "mounts").write_text("cgroup /sys/fs/cgroup/memory cgroup rw 0 0\n"),
    "in no group": lambda tree, root: (root / "own").write_text("4:memory:/\n"),
    "at the top": lambda tree, root: (root / "own").write_text("0::/\n"),
    "no memory to give": lambda tree, root: (tree / "cgroup.subtree_control").write_text("cpu\n"),
    "gone": lambda tree, root: (root / "own").write_text("0::/elsewhere/x.scope\n"),
}


@pytest.mark.parametrize("how", REFUSED.values(), ids=REFUSED)
def test_where_nothing_is_delegated_nothing_is_written(tree, tmp_path, how):
    how(tree, tmp_path)
    before = sorted((tmp_path / "cgroup").rglob("*"))
    assert new_group(Limits()) is None
    assert sorted((tmp_path / "cgroup").rglob("*")) == before
    assert cgroups.enforced_by(None) == {}


def test_what_is_somebody_elses_is_not_written_to(tree, monkeypatch):
    monkeypatch.setattr(os, "getxattr", lambda path, name: _none(name))
    monkeypatch.setattr(os, "geteuid", lambda: tree.stat().st_uid + 1)
    assert new_group(Limits()) is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert new_group(Limits()) is None  # root does not help himself either: systemd has one writer for each group


def test_a_kernel_that_refuses_is_believed(tree, monkeypatch):
    real = Path.write_text

    def refusing(path, *given, **named):
        if path.name == "memory.max":
            raise PermissionError(13, "denied")
        return real(path, *given, **named)

    monkeypatch.setattr(Path, "write_text", refusing)
    assert new_group(Limits()) is None


def test_a_program_is_in_the_group_before_it_starts(tmp_path):
    (tmp_path / "cgroup.procs").write_text("")
    run = subprocess.run(
        Group(tmp_path).entering(["/bin/sh", "-c", "echo $$ $LC_CTYPE $KEPT"]),
        env={"KEPT": "x"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout == f"{(tmp_path / 'cgroup.procs').read_text()} x\n"


HUNGRY = "import numpy as np\nclass Model:\n    classes_ = np.array([0, 1])\n    predict = lambda self, rows: os\n"


def test_a_sandbox_that_the_kernel_ended_for_want_of_memory_is_said_to_have_used_too_much(
    executor, tree, hostile, monkeypatch
):
    """The kernel's part is played: it kills the process and counts it in ``memory.events``."""
    made = []
    real = cgroups.new_group
    for module in ("bubblewrap", "landlock"):
        monkeypatch.setattr(
            f"proofbox.sandbox.{module}.new_group", lambda limits: made.append(real(limits)) or made[-1]
        )
    body = "import os, signal\n" + HUNGRY.replace("os\n", "os.kill(os.getpid(), signal.SIGKILL)\n")
    with open_model(executor, hostile(body), Limits(resident_bytes=400_000_000)) as hosted:
        group = made[-1]
        assert int((group.folder / "cgroup.procs").read_text()) == hosted._running.pid
        (group.folder / "memory.events").write_text("low 0\nmax 12\noom 1\noom_kill 1\n")
        with pytest.raises(ModelError, match="used more than 400000000 bytes of memory while it predicted") as caught:
            hosted.predict(pa.table({"a": [1.0], "b": [1.0]}))
    assert caught.value.kind == "limit"
    assert (group.folder / "cgroup.kill").read_text() == "1"


def test_the_evidence_says_which_of_the_two_holds_memory(executor, tree, tmp_path):
    assert prove_walls(executor).limits["resident_bytes"]["enforced_by"] == cgroups.ENFORCED_BY
    (tmp_path / "own").write_text("0::/\n")
    assert prove_walls(executor).limits["resident_bytes"]["enforced_by"] == "harness, every 20 ms"
