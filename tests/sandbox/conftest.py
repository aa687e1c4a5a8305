import pickle

import pytest
from attacks.formats import FromSource

from proofbox.sandbox.executor import choose
from proofbox.sandbox.hosted import ModelSpec
from proofbox.sandbox.limits import Limits

PROCESSES = {"bubblewrap": 3, "landlock": 1}
"""Of a sandbox with one model: two of bwrap and the host, or the host alone."""


@pytest.fixture(scope="session", params=PROCESSES)
def executor(request):
    """Return every executor in turn; one that does not work here is a failure, not a skip."""
    chosen = choose(request.param)
    assert chosen.name == request.param
    return chosen


@pytest.fixture
def process_count(executor):
    return PROCESSES[executor.name]


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
