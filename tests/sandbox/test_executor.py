import pytest

from proofbox.sandbox import bubblewrap
from proofbox.sandbox.bubblewrap import Bubblewrap
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.executor import choose


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_auto_is_bubblewrap_here(executor):
    assert (executor.name, executor.level) == ("bubblewrap", 2)
    assert executor.probe().available
    assert executor.probe().version


@pytest.mark.parametrize("name", ["landlock", "container", "gvisor"])
def test_names_of_the_contract_that_are_not_built(name):
    with pytest.raises(IsolationError, match=f"no executor '{name}' yet; it has auto, bubblewrap, unsafe-none"):
        choose(name)


def test_an_unknown_name():
    with pytest.raises(IsolationError, match="no executor is called 'docker'"):
        choose("docker")


def test_unsafe_is_only_had_by_name():
    assert choose("unsafe-none").level == 0


def test_no_bwrap_at_all(monkeypatch):
    monkeypatch.setattr(bubblewrap, "candidates", tuple)
    with pytest.raises(IsolationError, match=r"no bwrap program was found; install bubblewrap") as caught:
        choose("auto")
    assert caught.value.exit_code == 4
    assert caught.value.advice


def test_a_bwrap_that_fails_is_not_believed_whatever_its_version_says(monkeypatch, tmp_path):
    broken = script(
        tmp_path / "bwrap",
        '[ "$1" = --version ] && echo bubblewrap 9.9 && exit 0\n'
        "echo bwrap: setting up uid map: Permission denied\nexit 1",
    )
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (broken,))
    with pytest.raises(IsolationError, match="setting up uid map: Permission denied"):
        choose("auto")
    with pytest.raises(IsolationError, match="uid map"):
        Bubblewrap(broken).launch(bubblewrap.Launch(limits=bubblewrap.Limits()))


def test_ubuntus_restriction_is_explained(monkeypatch, tmp_path):
    broken = script(tmp_path / "bwrap", "exit 1")
    (tmp_path / "restricted").write_text("1\n")
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (broken,))
    monkeypatch.setattr(bubblewrap, "RESTRICTED_USERNS", tmp_path / "restricted")
    with pytest.raises(IsolationError, match=r"Ubuntu from 23\.10 on.*bwrap-userns-restrict.*sysctl"):
        choose("auto")


def test_the_next_candidate_is_tried(monkeypatch, tmp_path):
    good = bubblewrap.candidates()
    broken = script(tmp_path / "bwrap", "exit 1")
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (broken, *good))
    assert choose("auto").probe().binary == str(good[0])


def test_a_program_that_hangs_is_not_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(bubblewrap, "candidates", lambda: (script(tmp_path / "bwrap", "exec sleep 5"),))
    with pytest.raises(IsolationError, match="did not answer"):
        choose("auto")


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
    look = f"import os, library\nraise RuntimeError(str(os.listdir({str(site / 'proofbox')!r})) + str(library.loaded))"
    with pytest.raises(ModelError, match=r"RuntimeError: \[\]True"):
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
