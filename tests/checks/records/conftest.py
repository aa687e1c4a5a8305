from collections.abc import Callable
from pathlib import Path

import pytest

from proofbox.checks.subject import Subject

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
FILES = {"data/eval.csv": b"hello\n", "data/train.csv": b"train\n", "model/model.onnx": b"model"}
ROLES = (
    ("model", "model/model.onnx", None),
    ("evaluation", "data/eval.csv", None),
    ("training", "data/train.csv", None),
)


@pytest.fixture
def example() -> Callable[[str], bytes]:
    """Return the bytes of one of the published examples."""
    return lambda name: (EXAMPLES / name).read_bytes()


@pytest.fixture
def submission(subject) -> Callable[..., Subject]:
    """Return a subject of three files whose data have these records: role -> (file name, content)."""

    def build(**records: tuple[str, bytes]) -> Subject:
        files = FILES | dict(records.values())
        provenance = {role: name for role, (name, _) in records.items()}
        return subject(files, declared=ROLES, model="model/model.onnx", provenance=provenance)

    return build
