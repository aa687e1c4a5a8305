"""Really run the attacks, one after the other, behind the walls: each answer of a hosted model is one that it loads.

Nothing here is run outside of a sandbox. The program below is what the sandbox hosts; it is handed to it as text.
"""

from __future__ import annotations

import base64
import contextlib
import pickle
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .case import RAN, Case

if TYPE_CHECKING:
    from proofbox.sandbox.executor import Executor

CALL_SECONDS = 60.0
ENDING_SECONDS = 4.0
"""Deadline of an attack that is known to end its process, by never answering for example."""
RESIDENT_BYTES = 900_000_000

PROGRAM = """
import base64, builtins, importlib, io, pickle, zlib
import joblib
import numpy as np

for name in IMPORTS:
    importlib.import_module(name)

CASES = pickle.loads(zlib.decompress(base64.b64decode(DATA)))

def read_hdf5(content):
    import h5py
    found = []
    with h5py.File(io.BytesIO(content), "r") as file:
        for name in file:
            found.append(bytes(np.asarray(file[name][()])))

def read_onnx(content):
    import onnxruntime
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    session.run(None, {"x": np.ones(1, dtype=np.float32)})

def read_skops(content):
    from skops import io as skops_io
    skops_io.loads(content, trusted=skops_io.get_untrusted_types(data=content))

def read_xgboost(content):
    import xgboost
    booster = xgboost.Booster()
    booster.load_model(bytearray(content))
    booster.predict(xgboost.DMatrix(np.ones((2, 2))))

def read_lightgbm(content):
    import lightgbm
    lightgbm.Booster(model_str=content.decode()).predict(np.ones((2, 2)))

def read_catboost(content):
    import catboost
    catboost.CatBoost().load_model(blob=content).predict(np.ones((2, 2)))

def read_yaml(content):
    import yaml
    yaml.unsafe_load(content)

def read_template(content):
    import jinja2
    jinja2.Environment().from_string(content.decode()).render(messages=[])

def read_code(content):
    exec(compile(content, "submitted", "exec"), {})

def read_any(content):
    import joblib
    joblib.load(io.BytesIO(content))

READERS = {
    "pickle": lambda content: pickle.loads(content),
    "joblib": read_any,
    "numpy": lambda content: np.load(io.BytesIO(content), allow_pickle=True),
    "onnx": read_onnx, "h5": read_hdf5, "skops": read_skops, "json": read_xgboost, "ubj": read_xgboost,
    "txt": read_lightgbm, "cbm": read_catboost, "yaml": read_yaml, "yml": read_yaml, "jinja": read_template,
    "pth": read_code, "py": read_code, "npz": lambda content: dict(np.load(io.BytesIO(content), allow_pickle=True)),
}

class Model:
    def predict(self, rows):
        reader, content = CASES[int(rows[0, 0])]
        before = getattr(builtins, RAN, 0)
        try:
            READERS.get(reader, read_any)(content)
        except BaseException:
            pass
        return np.full(len(rows), float(getattr(builtins, RAN, 0) - before))
"""


class _FromSource:
    def __init__(self, source: str) -> None:
        self.source = source

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"(lambda names: (exec({self.source!r}, names), names['Model']())[1])({{}})",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one attack."""

    case: Case
    ran: int
    """How often its payload was run, as far as the process lived to tell."""
    ended: str
    """How the process ended, where it did; empty where it answered."""


def write_model(cases: list[Case], path: Path, imports: tuple[str, ...] = ()) -> None:
    """Write the model whose row ``n`` loads attack ``n``; ``imports`` are loaded before."""
    listed = [(_reader(case), _content(case)) for case in cases]
    data = base64.b64encode(zlib.compress(pickle.dumps(listed), 1)).decode()
    head = f"DATA = {data!r}\nRAN = {RAN!r}\nIMPORTS = {imports!r}\n"
    path.write_bytes(pickle.dumps(_FromSource(head + PROGRAM)))


def runs(cases: list[Case], executor: Executor, path: Path) -> Iterator[Run]:
    """Run every attack behind the walls of ``executor``, in one process while it lives; those that end it come last."""
    yield from _runs([case for case in cases if not case.ends_process], executor, path, CALL_SECONDS)
    yield from _runs([case for case in cases if case.ends_process], executor, path, ENDING_SECONDS)


def _runs(cases: list[Case], executor: Executor, path: Path, seconds: float) -> Iterator[Run]:
    import pyarrow as pa

    from proofbox.sandbox.errors import ModelError
    from proofbox.sandbox.hosted import ModelSpec, open_model
    from proofbox.sandbox.limits import Limits

    imports = ("h5py", "onnxruntime") if seconds == ENDING_SECONDS else ()
    write_model(cases, path, imports)
    spec = ModelSpec(path=path, format="pickle", features=("a",), output="score", task="regression")
    limits = Limits(call_seconds=seconds, resident_bytes=RESIDENT_BYTES)
    number = 0
    while number < len(cases):
        with contextlib.suppress(ModelError), open_model(executor, spec, limits) as hosted:
            while number < len(cases):
                case = cases[number]
                number += 1
                try:
                    answer = hosted.predict(pa.table({"a": [float(number - 1)]}))
                except ModelError as error:
                    yield Run(case=case, ran=0, ended=error.what)
                    break
                yield Run(case=case, ran=int(answer.values[0, 0]), ended="")


def _reader(case: Case) -> str:
    return case.loader or next(iter(case.files)).rpartition(".")[2]


def _content(case: Case) -> bytes:
    """Return the bytes that are loaded: the model's, or in a folder those of its pickle."""
    pickles = [content for name, content in case.files.items() if name.endswith(".pkl")]
    return pickles[0] if pickles else next(iter(case.files.values()))
