"""Honest models of every kind, really trained, saved in every way that their libraries offer."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .case import Case, torch_archive
from .containers import lz4_stored

ROWS, COLUMNS = 120, 4


def cases() -> list[Case]:
    """Return the honest artefacts."""
    import numpy as np

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(ROWS, COLUMNS))
    labels = (rows[:, 0] + 0.3 * rng.normal(size=ROWS) > 0).astype(int)
    data = rows, labels
    return [*_sklearn(*data), *_formats(*data), *_boosters(*data), *_others(*data)]


def _case(name: str, family: str, path: str, content: bytes, declared: str | None = None) -> Case:
    return Case(name=name, family=family, files={path: content}, model=path, declared=declared)


def _sklearn(rows: Any, labels: Any) -> list[Case]:
    import warnings

    import joblib
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.preprocessing import StandardScaler

    from .estimators import estimators

    found: list[Case] = []
    for number, model in enumerate(estimators()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(rows, labels)
        protocol = (2, 3, 4, 5)[number % 4]
        name = type(model).__name__
        found.append(
            _case(
                f"{name}, pickle of protocol {protocol}",
                "scikit-learn",
                "model/m.pkl",
                pickle.dumps(model, protocol),
                "pickle",
            )
        )
        into = io.BytesIO()
        joblib.dump(model, into, compress=(("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3), 0)[number % 6])
        found.append(_case(f"{name}, joblib", "scikit-learn", "model/m.joblib", into.getvalue(), "joblib"))
    selected = ColumnTransformer([("n", StandardScaler(), make_column_selector(dtype_include="number"))])
    found.append(_case("a selector of columns", "scikit-learn", "model/m.pkl", pickle.dumps(selected), "pickle"))
    plain = io.BytesIO()
    joblib.dump(estimators()[0].fit(rows, labels), plain)
    found.append(_case("joblib with lz4", "scikit-learn", "model/m.joblib", lz4_stored(plain.getvalue()), "joblib"))
    return found


def _formats(rows: Any, labels: Any) -> list[Case]:
    import skops.io
    from skl2onnx import to_onnx
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = []
    for model in (
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(5),
        GradientBoostingClassifier(n_estimators=3),
    ):
        model.fit(rows, labels)
        name = type(model).__name__
        found.append(_case(f"{name}, skops", "skops", "model/m.skops", skops.io.dumps(model)))
        found.append(
            _case(
                f"{name}, skops deflated",
                "skops",
                "model/m.skops",
                skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED),
            )
        )
        onnx = to_onnx(model, rows[:1].astype("float32")).SerializeToString()
        found.append(_case(f"{name}, ONNX", "onnx", "model/m.onnx", onnx))
    return found


def _boosters(rows: Any, labels: Any) -> list[Case]:
    import catboost
    import lightgbm
    import xgboost

    def written(save: Callable[[str], Any], name: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            save(str(path))
            return path.read_bytes()

    xgb = xgboost.XGBClassifier(n_estimators=5, max_depth=3).fit(rows, labels)
    linear = xgboost.XGBRegressor(booster="gblinear", n_estimators=5).fit(rows, labels)
    dart = xgboost.XGBClassifier(booster="dart", n_estimators=3).fit(rows, labels)
    lgb = lightgbm.LGBMClassifier(n_estimators=5, min_child_samples=2, verbose=-1).fit(rows, labels)
    cat = catboost.CatBoostClassifier(iterations=5, verbose=False, allow_writing_files=False).fit(rows, labels)
    found = [
        _case("XGBoost, JSON", "xgboost", "model/m.json", written(xgb.save_model, "m.json")),
        _case("XGBoost, UBJSON", "xgboost", "model/m.ubj", written(xgb.save_model, "m.ubj")),
        _case("XGBoost, linear", "xgboost", "model/m.json", written(linear.save_model, "m.json")),
        _case("XGBoost, dart", "xgboost", "model/m.json", written(dart.save_model, "m.json")),
        _case("LightGBM, text", "lightgbm", "model/m.txt", written(lgb.booster_.save_model, "m.txt")),
        _case("CatBoost, cbm", "catboost", "model/m.cbm", written(cat.save_model, "m.cbm")),
        _case(
            "CatBoost, JSON",
            "catboost",
            "model/m.json",
            written(lambda path: cat.save_model(path, format="json"), "m.json"),
        ),
    ]
    table, classes = _categories(rows), labels + 2 * (rows[:, 1] > 0)
    two = xgboost.XGBRegressor(n_estimators=3, multi_strategy="multi_output_tree").fit(rows, rows[:, :2])
    mixed = xgboost.XGBClassifier(n_estimators=4, enable_categorical=True, max_cat_to_onehot=1).fit(table, labels)
    many = lightgbm.LGBMClassifier(n_estimators=3, min_child_samples=2, verbose=-1).fit(table, classes)
    line = lightgbm.LGBMRegressor(n_estimators=3, linear_tree=True, verbose=-1).fit(rows, rows[:, 0])
    flat = lightgbm.LGBMRegressor(n_estimators=2, min_child_samples=ROWS, verbose=-1).fit(rows, rows[:, 0])
    for number, model in enumerate((two, mixed)):
        for suffix in ("json", "ubj"):
            name = f"XGBoost, {('two outputs', 'categories')[number]}, {suffix}"
            found.append(_case(name, "xgboost", f"model/m.{suffix}", written(model.save_model, f"m.{suffix}")))
    for name, model in (("categories and classes", many), ("linear leaves", line), ("a single leaf", flat)):
        content = written(model.booster_.save_model, "m.txt")
        found.append(_case(f"LightGBM, {name}", "lightgbm", "model/m.txt", content))
    for name, model in (("XGBoost", xgb), ("LightGBM", lgb), ("CatBoost", cat)):
        found.append(_case(f"{name}, pickle", name.lower(), "model/m.pkl", pickle.dumps(model), "pickle"))
    return found


def _categories(rows: Any) -> Any:
    import pandas as pd

    codes = (rows[:, 1] * 4).astype(int) % 12
    return pd.DataFrame({"a": rows[:, 0], "b": pd.Categorical(codes)})


def _others(rows: Any, labels: Any) -> list[Case]:
    import numpy as np

    from .formats import _in_hdf5

    def saved(save: Callable[[io.BytesIO], Any]) -> bytes:
        into = io.BytesIO()
        save(into)
        return into.getvalue()

    header = json.dumps(
        {"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    ).encode()
    key = b"general.architecture"
    gguf = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, len(key)) + key + struct.pack("<IQ", 8, 5) + b"llama"
    template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "layers": [
                {
                    "module": "keras.layers",
                    "class_name": "Dense",
                    "registered_name": None,
                    "config": {
                        "units": 3,
                        "kernel_initializer": {
                            "module": "keras.initializers",
                            "class_name": "GlorotUniform",
                            "config": {},
                        },
                    },
                }
            ]
        },
    }
    keras = saved(lambda into: _keras(into, config, _in_hdf5(_weights)["model/m.h5"]))
    return [
        _case("numpy array", "numpy", "model/m.npy", saved(lambda into: np.save(into, rows))),
        _case("numpy arrays", "numpy", "model/m.npz", saved(lambda into: np.savez(into, rows=rows, labels=labels))),
        _case(
            "numpy arrays, deflated",
            "numpy",
            "model/m.npz",
            saved(lambda into: np.savez_compressed(into, rows=rows, text=np.array(["a", "bc"]))),
        ),
        _case(
            "numpy record",
            "numpy",
            "model/m.npy",
            saved(lambda into: np.save(into, np.zeros(3, dtype=[("a", "i4"), ("b", "f8", (2,))]))),
        ),
        _case("safetensors", "tensors", "model/m.safetensors", struct.pack("<Q", len(header)) + header + bytes(16)),
        _case("GGUF", "tensors", "model/m.gguf", gguf),
        _case("Keras", "keras", "model/m.keras", keras),
        Case(name="HDF5 weights", family="hdf5", files=_in_hdf5(_weights), model="model/m.h5"),
        Case(
            name="HDF5 weights, of a new form",
            family="hdf5",
            files=_in_hdf5(_weights, libver="latest"),
            model="model/m.h5",
        ),
        _case("torch tensors", "torch", "model/m.pt", torch_archive(_state_dict())),
        Case(name="MLflow folder of scikit-learn", family="mlflow", files=_mlflow(rows, labels), model="model"),
        Case(name="MLflow folder with code", family="mlflow", files=_mlflow(rows, labels, code=True), model="model"),
        _case("chat template", "configuration", "model/chat_template.jinja", template.encode()),
        _case(
            "tokenizer configuration",
            "configuration",
            "model/tokenizer_config.json",
            json.dumps({"chat_template": template}).encode(),
        ),
        _case(
            "requirements",
            "configuration",
            "model/requirements.txt",
            b"numpy==2.1\nscikit-learn>=1.5  # https://example.com\n",
        ),
        _case("a table", "data", "data/eval.csv", "tuổi,thu nhập\n1,2\n3,4\n".encode()),
        _case("a table that begins with x", "data", "data/eval.csv", b"x^2,y\n1,2\n" * 50),
    ]


def _weights(file: Any) -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    for number in range(12):
        file.create_dataset(f"layers/dense_{number}/kernel", data=rng.normal(size=(16, 16)).astype("float32"))
    file.create_dataset("ones", data=np.ones(5000, dtype="int32"))
    file.create_dataset("packed", data=rng.integers(0, 3, 4000), compression="gzip")
    file["soft"] = file["ones"]
    file.attrs["keras_version"] = "3.5.0"
    file.attrs["model_config"] = json.dumps(
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"units": 3}}]}}
    )


def _keras(into: io.BytesIO, config: dict[str, Any], weights: bytes) -> None:
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights)


def _state_dict() -> bytes:
    """Return ``data.pkl`` as ``torch.save({"w": tensor})`` writes it."""
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + b"K\x00K\x04\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    )
    return b"\x80\x02}X\x01\x00\x00\x00w" + tensor + b"s."


def _mlflow(rows: Any, labels: Any, *, code: bool = False) -> dict[str, bytes]:
    from sklearn.linear_model import LogisticRegression

    text = (
        "artifact_path: model\nflavors:\n  python_function:\n"
        "    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n    loader_module: mlflow.sklearn\n"
        "    model_path: model.pkl\n    predict_fn: predict\n    python_version: 3.11.4\n"
        f"  sklearn:\n    code: {'code' if code else 'null'}\n    pickled_model: model.pkl\n"
        "    serialization_format: cloudpickle\n    sklearn_version: 1.9.1\n"
        "mlflow_version: 3.17.2\nmodel_size_bytes: 862\nmodel_uuid: 4bd3\nprompts: null\n"
    )
    files = {
        "model/MLmodel": text.encode(),
        "model/model.pkl": pickle.dumps(LogisticRegression().fit(rows, labels)),
        "model/requirements.txt": b"mlflow==3.17.2\nscikit-learn==1.9.1\n",
        "model/python_env.yaml": b"python: 3.11.4\ndependencies:\n- -r requirements.txt\n",
        "model/conda.yaml": b"channels:\n- conda-forge\ndependencies:\n- pip:\n  - mlflow==3.17.2\nname: mlflow-env\n",
    }
    return files | ({"model/code/helper.py": b"def f():\n    return 1\n"} if code else {})
