import pickle

import pytest

from proofbox.sandbox.bubblewrap import Bubblewrap
from proofbox.sandbox.executor import choose
from proofbox.sandbox.hosted import ModelSpec
from proofbox.sandbox.limits import Limits


class FromSource:
    """Pickles to a program: unpickling runs ``source`` and gives what it calls ``Model``."""

    def __init__(self, source):
        self.source = source

    def __reduce__(self):
        return eval, (f"(lambda names: (exec({self.source!r}, names), names['Model']())[1])({{}})",)


@pytest.fixture(scope="session")
def executor():
    chosen = choose("auto")
    assert isinstance(chosen, Bubblewrap)
    return chosen


@pytest.fixture
def limits():
    return Limits(call_seconds=20, start_seconds=40)


@pytest.fixture
def hostile(tmp_path):
    """Return a function that writes a model from its source and gives its spec."""

    def write(source, *, output="label", task="binary-classification", features=("a", "b")):
        folder = tmp_path / "submitted"
        folder.mkdir(exist_ok=True)
        path = folder / "model.pkl"
        path.write_bytes(pickle.dumps(FromSource(source)))
        return ModelSpec(path=path, format="pickle", features=features, output=output, task=task)

    return write
