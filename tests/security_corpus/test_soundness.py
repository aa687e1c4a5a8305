"""Whatever a real unpickler would import of a mutated file, the walk has named it or has said that it cannot follow.

The unpicklers run behind the walls, with a ``find_class`` that notes what is asked for and gives back something inert;
only a number comes back for each file.
"""

from __future__ import annotations

import base64
import io
import pickle
import warnings
import zlib

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.artefacts.budget import Budget
from proofbox.checks.artefacts.bytesources import ByteSource
from proofbox.checks.artefacts.picklewalk import imports_of
from proofbox.checks.errors import BadDataError
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.executor import choose
from proofbox.sandbox.hosted import ModelSpec, open_model

FILES = 6000
FOLLOWED = FILES * 15 // 100
CHUNK = 100
OPCODES = np.frombuffer(b"(tR.0122}]cibous\x93\x94\x81\x8c\x85h\x00", dtype="u1")
MOST_BYTES = 3000

PROGRAM = """
import base64, io, pickle, zlib
import numpy as np
CASES = pickle.loads(zlib.decompress(base64.b64decode(DATA)))

class Inert:
    def __new__(cls, *a, **k): return object.__new__(cls)
    def __init__(self, *a, **k): pass
    def __call__(self, *a, **k): return self
    def __setstate__(self, state): pass
    def __setitem__(self, key, value): pass
    def append(self, value): pass
    def extend(self, values): pass
    def add(self, value): pass

def asked(kind, content):
    names = set()
    class Noting(kind):
        def find_class(self, module, name):
            names.add(f"{module} {name}")
            return Inert
        def persistent_load(self, pid):
            names.add("(persistent id) ?")
            return Inert()
    try:
        Noting(io.BytesIO(content)).load()
    except BaseException:
        pass
    return names

class Model:
    def predict(self, rows):
        answers = []
        for row in rows:
            content, named = CASES[int(row[0])]
            real = asked(pickle.Unpickler, content) | asked(pickle._Unpickler, content)
            answers.append(float(len(real - named)) + (1000.0 if real else 0.0))
        return np.array(answers)
"""


class FromSource:
    def __init__(self, source):
        self.source = source

    def __reduce__(self):
        return eval, (f"(lambda names: (exec({self.source!r}, names), names['Model']())[1])({{}})",)


def walked(content):
    """Return the names that the walk gives, and whether it followed the file to its end."""
    names = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for found, _ in imports_of(ByteSource(io.BytesIO(content), len(content)), Budget()):
                names.add(f"{found.module} {found.name}")
        except BadDataError:
            return names, False
    return names, True


def mutated(seeds, rng):
    """Return a file with a few bytes changed, cut out, put in, or taken from another one."""
    content = bytearray(seeds[rng.integers(len(seeds))])
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(max(len(content), 1)))
        way = rng.integers(4)
        if way == 0:
            content[at : at + 1] = bytes([rng.integers(256)])
        elif way == 1:
            content[at : at + int(rng.integers(1, 8))] = b""
        elif way == 2:
            other = seeds[rng.integers(len(seeds))]
            start = int(rng.integers(len(other)))
            content[at:at] = other[start : start + int(rng.integers(1, 40))]
        else:
            content[at:at] = rng.choice(
                np.frombuffer(b"(tR.0122}]cibous\x93\x94\x81\x8c\x85h\x00", dtype="u1"), 2
            ).tobytes()
    return bytes(content)


def answers(spec, count):
    """Yield what the hosted unpicklers say of each file; -1 where it took their process down."""
    with open_model(choose("auto"), spec) as hosted:
        for start in range(0, count, CHUNK):
            rows = np.arange(start, min(start + CHUNK, count), dtype=float)
            for part in (rows, *([row] for row in rows)):
                try:
                    said = hosted.predict(pa.table({"a": np.asarray(part)})).values[:, 0]
                except ModelError:
                    hosted.restart()
                    said = np.array([-1.0])
                    if part is rows:
                        continue
                yield said
                if part is rows:
                    break


@pytest.fixture(scope="module")
def files(malicious, honest):
    """Return mutated pickles, each with what the walk says of it."""
    rng = np.random.default_rng(20261125)
    whole = [next(iter(case.files.values())) for case in (*malicious, *honest) if case.declared == "pickle"]
    seeds = [content for content in whole if 4 < len(content) < MOST_BYTES]
    assert len(seeds) > 100
    made = [(content, *walked(content)) for content in (mutated(seeds, rng) for _ in range(FILES))]
    # The attacks hold the path of the test's folder, whose length decides how many are still pickles.
    while sum(whole for _, _, whole in made) < FOLLOWED and len(made) < 2 * FILES:
        content = mutated(seeds, rng)
        made.append((content, *walked(content)))
    return made


def test_the_walk_names_all_that_a_real_unpickler_would_import(files, tmp_path):
    followed = [(content, names) for content, names, whole in files if whole]
    assert len(followed) >= FOLLOWED, "enough mutated files are still pickles"
    data = base64.b64encode(zlib.compress(pickle.dumps(followed), 1)).decode()
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(FromSource(f"DATA = {data!r}\n" + PROGRAM)))
    spec = ModelSpec(path=path, format="pickle", features=("a",), output="score", task="regression")
    answer = np.concatenate(list(answers(spec, len(followed))))
    assert np.count_nonzero(answer < 0) < 0.01 * len(followed), "few files take a real unpickler down"
    answer = np.maximum(answer, 0)
    missed = [followed[place][0] for place in np.flatnonzero(answer % 1000)]
    assert not missed, missed[:3]
    assert np.count_nonzero(answer >= 1000) > 0.5 * len(followed), "most of them really import something"
