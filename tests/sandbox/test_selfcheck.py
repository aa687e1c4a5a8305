import json
import tempfile

import pytest

from proofbox.sandbox import bubblewrap, interpreter, probes
from proofbox.sandbox.bubblewrap import Bubblewrap
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.selfcheck import prove_walls
from proofbox.sandbox.unsafe import UnsafeNone


def test_the_walls_hold_and_the_record_is_the_same_twice(executor):
    first, second = prove_walls(executor), prove_walls(executor)
    assert first.to_json() == second.to_json()
    assert first.isolated
    assert first.level == executor.level
    assert {row.probe for row in first.rows} >= set(probes.EXPECTED)
    assert all(row.held for row in first.rows)
    assert len(first.filter_sha256) == 64
    assert len(first.backend["sha256"]) == 64
    assert set(first.limits) == set(Limits().to_json())
    json.dumps(first.to_json())


class SharesNetwork(Bubblewrap):
    def namespaces(self):
        return [*super().namespaces(), "--share-net"]


class NoFilter(Bubblewrap):
    filtered = False


class OpenTmp(Bubblewrap):
    drops = False  # the canary's folder is closed to the user whom root becomes otherwise

    def _shown(self, launch):
        return [*super()._shown(launch), "--bind", "/tmp", "/tmp"]


class CallersEnvironment(Bubblewrap):
    def namespaces(self):
        return [*super().namespaces(), "--setenv", "SECRET", "x"]


class KeepsCapabilities(Bubblewrap):
    def namespaces(self):
        return [*(part for part in super().namespaces() if part != "--disable-userns"), "--cap-add", "ALL"]


class NoProcessNamespace(Bubblewrap):
    def namespaces(self):
        rest = [part for part in super().namespaces() if part != "--unshare-all"]
        return ["--unshare-net", "--unshare-ipc", "--unshare-uts", *rest]


class WritableProc(Bubblewrap):
    drops = False  # only root outside owns the kernel's settings

    def _shown(self, launch):
        return [*super()._shown(launch), "--proc", "/proc"]


WEAKENED = {
    SharesNetwork: "network.interfaces.*namespaces.net",
    NoFilter: "network.tcp: expected denied EPERM, got denied ECONNREFUSED",
    OpenTmp: "files.outside: .*files.write",
    CallersEnvironment: "environment.own: expected none, got SECRET",
    KeepsCapabilities: "identity.capabilities: expected none, got some",
    NoProcessNamespace: "processes.foreign.*namespaces.pid",
    WritableProc: "files.kernel_settings",
}


@pytest.mark.parametrize(("weakened", "told"), WEAKENED.items(), ids=lambda one: getattr(one, "__name__", "told"))
def test_weakened_walls_are_noticed(weakened, told):
    import os

    if weakened is WritableProc and os.geteuid() != 0:
        told = None
    if told is None:
        prove_walls(weakened())
        return
    with pytest.raises(IsolationError, match=f"did not hold.*{told}"):
        prove_walls(weakened())


def test_a_battery_that_does_not_answer_is_no_proof(monkeypatch, executor):
    monkeypatch.setattr(interpreter, "BOOTSTRAP", "import os; os._exit(7)")
    with pytest.raises(IsolationError, match="could not be proven"):
        prove_walls(executor)


def test_a_probe_that_is_missing_has_not_held(monkeypatch, executor):
    more = {**probes.EXPECTED, "network.pigeons": probes.Expectation(("denied EPERM",), "nothing")}
    monkeypatch.setattr(probes, "EXPECTED", more)
    with pytest.raises(IsolationError, match=r"network.pigeons: expected denied EPERM, got no answer"):
        prove_walls(executor)


def test_without_walls_nothing_is_claimed():
    found = prove_walls(UnsafeNone())
    assert not found.isolated
    assert found.level == 0
    assert found.rows == ()


def test_the_wheels_bwrap_holds_too():
    others = [binary for binary in bubblewrap.candidates() if binary != bubblewrap.DISTRIBUTION_BWRAP]
    for binary in others:
        assert prove_walls(Bubblewrap(binary)).isolated


def test_a_long_folder_for_temporary_files_is_no_hindrance(tmp_path, monkeypatch):
    """The kernel takes 107 bytes of a socket's path; a CI machine's folder is often longer."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert prove_walls(Bubblewrap()).isolated
    assert list(long.iterdir()) == []


@pytest.mark.parametrize("home", ["/", "/nonexistent"])
def test_users_of_services_have_no_home_of_their_own(monkeypatch, executor, home):
    monkeypatch.setenv("HOME", home)
    assert prove_walls(executor).isolated
