"""Nothing in this file is ever unpickled: payloads are bytes that are only looked at."""

import io
import json
import pickle
import pickletools
import struct
import zipfile
import zlib

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from proofbox.checks.artefacts import budget, bytesources, picklewalk, zipwalk
from proofbox.checks.errors import BadParamsError
from proofbox.checks.registry import get_check

CHECK = "security.safe_format"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4))
Y = np.array(["no", "yes"], dtype=object)[(X[:, 0] > 0).astype(int)]


@pytest.fixture
def scan(measures, subject):
    def scan_of(content, name="model.pkl", model_format="pickle", **params):
        files = content if isinstance(content, dict) else {name: content}
        given = subject(files, model=name, model_format=model_format)
        found = measures(CHECK, subject=given, params=params)
        return {measure.removesuffix("_globals"): one.value for measure, one in found.items()}, found

    return scan_of


CLEAN = {"code_bearing": 1.0, "unlisted": 0.0, "dangerous": 0.0}


def dumped(model, **how) -> bytes:
    into = io.BytesIO()
    joblib.dump(model, into, **how)
    return into.getvalue()


def skopsed(model) -> bytes:
    return skops.io.dumps(model)


MODELS = [
    make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
    RandomForestClassifier(5, random_state=0),
    HistGradientBoostingClassifier(max_iter=3),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_perfect_honest_models_of_scikit_learn_are_clean_in_every_format(scan, model):
    model.fit(X, Y)
    for protocol in (0, 2, 4, 5):
        assert scan(pickle.dumps(model, protocol))[0] == CLEAN
    for how in ({}, {"compress": 3}, {"compress": ("gzip", 3)}, {"compress": ("bz2", 3)}, {"compress": ("xz", 3)}):
        assert scan(dumped(model, **how), "model.joblib", "joblib")[0] == CLEAN
    assert scan(skopsed(model), "model.skops", "skops")[0] == CLEAN | {"code_bearing": 0.0}


def test_arrays_of_objects_and_of_no_items_are_stepped_over(scan):
    arrays = {
        "objects": np.array(["a", None, 3], dtype=object),
        "empty": np.zeros((0, 3)),
        "scalar": np.array(3.0),
        "text": np.array(["ab", "c"]),
        "record": np.zeros(3, dtype=[("a", "i4"), ("b", "f8")]),
        "fortran": np.asfortranarray(np.ones((3, 4))),
    }
    assert scan(dumped(arrays), "model.joblib", "joblib")[0] == CLEAN
    found = scan(dumped([arrays, Caller()]), "model.joblib", "joblib")[1]
    assert found["dangerous_globals"].detail["dangerous"] == ["operator.methodcaller"], "what follows an array is seen"


class Caller:
    """Pickles as a call of something that no model needs."""

    def __reduce__(self):
        import operator

        return operator.methodcaller, ("upper",)


def proto2(*parts: bytes) -> bytes:
    return b"\x80\x02" + b"".join(parts) + b"."


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


PAYLOADS = {
    "global": proto2(b"cos\nsystem\n", b"X\x02\x00\x00\x00id\x85R"),
    "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
    "stack global from the memo": b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93.",
    "stack global through a duplicate": b"\x80\x04\x8c\x08builtins2\x8c\x04eval0\x8c\x04eval\x93.",
    "inst": b"(S'id'\nios\nsystem\n.",
    "obj": proto2(b"(cos\nsystem\nX\x02\x00\x00\x00ido"),
    "newobj": proto2(b"cos\nsystem\n)\x81"),
    "newobj_ex": b"\x80\x04cos\nsystem\n)}\x92.",
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x09os.system\x93.",
    "python 2 name": proto2(b"c__builtin__\neval\n"),
    "builtins": proto2(b"cbuiltins\ngetattr\n"),
    "submodule": proto2(b"cnumpy.testing._private.utils\nrunstring\n"),
    "modified class": proto2(b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n", b"N}", text("shape"), b"K\x01s\x86b"),
    "call of a computed thing": proto2(b"ccollections\nOrderedDict\n)R)R"),
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_worst_every_way_to_import_is_seen(scan, payload):
    for content in (payload, zlib.compress(payload)):
        values, _ = scan(content)
        assert values["dangerous"] >= 1
        assert values["unlisted"] >= 1


@pytest.mark.parametrize(
    "payload",
    [
        b"\x80\x04\x8c\x02os)\x93.",
        proto2(b"cmy_company.models\nRiskModel\n)\x81"),
        proto2(b"csklearn.utils._mocking\nCheckingClassifier\n)\x81"),
        proto2(b"\x82\x01"),
        proto2(b"X\x01\x00\x00\x00aQ"),
        b"Pmodule\n.",
    ],
    ids=[
        "computed name",
        "foreign class",
        "no prefix is trusted",
        "extension code",
        "persistent id",
        "text persistent id",
    ],
)
def test_middle_what_stands_in_no_list_is_unlisted(scan, payload):
    values, _ = scan(payload)
    assert values["unlisted"] >= 1


def test_a_policy_may_list_more_or_less(scan):
    payload = proto2(b"cmy_company.models\nRiskModel\n)\x81")
    assert scan(payload, allow=["my_company.models:RiskModel"])[0] == CLEAN
    assert scan(pickle.dumps(np.float64(1), 2), allow_defaults=False)[0]["unlisted"] == 3
    for wrong in ("os.system", "os:*", ":x", "x:"):
        with pytest.raises(BadParamsError, match="expected module:name"):
            get_check(CHECK).params({"allow": [wrong]})


def wrapped(*, shape: bytes = b"K\x03\x85", item: str = "i1", state: bytes = b"") -> bytes:
    """A joblib array of three bytes, written by hand: wrapper, state, BUILD."""
    dtype = b"cnumpy\ndtype\n" + text(item) + b"\x89\x88\x87R" + state
    body = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + text("shape") + shape + text("dtype") + dtype + b"ub"
    return b"\x80\x04" + body


def hidden_in_a_frame() -> bytes:
    """What a loader runs and a plain walk would take for the bytes of an array.

    The loader has the whole frame in memory when it meets the array, so it reads the array's bytes behind the frame
    and goes on with the frame's rest: the import. A walk that steps over bytes where it stands skips the import and
    finds an innocent end behind the frame.
    """
    hidden = b"cos\nsystem\n."
    body = wrapped(shape=b"K" + bytes([len(hidden)]) + b"\x85")[2:]
    frame = b"\x95" + struct.pack("<Q", len(body) + len(hidden)) + body + hidden
    return b"\x80\x04" + frame + b"N.".ljust(len(hidden), b"N")


def test_bytes_of_an_array_are_stepped_over_and_what_follows_is_read(scan):
    assert scan(wrapped() + b"abc" + b".")[0] == CLEAN
    assert scan(wrapped() + b"abc" + b"cos\nsystem\n.")[0]["dangerous"] == 1
    # The three bytes are data to the loader and so to us, even where they look like opcodes.
    assert scan(wrapped() + b"cos" + b".")[0] == CLEAN


@pytest.mark.parametrize(
    "payload",
    [
        hidden_in_a_frame(),
        wrapped(shape=b"ccollections\nOrderedDict\n)R") + b"abc.",
        wrapped(shape=b"J\xff\xff\xff\xff\x85") + b"abc.",
        wrapped(item="i1", state=b"(K\x03X\x01\x00\x00\x00|NNNK\x09K\x01K\x00tb") + b"abc.",
        wrapped(item="datetime") + b"abc.",
        wrapped() + b"ab",
        wrapped(shape=b"J\xff\xff\xff\x7f\x85") + b"abc.",
    ],
    ids=["inside a frame", "computed", "negative", "other item size", "other type", "cut", "longer than the file"],
)
def test_arrays_whose_size_cannot_be_known_are_not_followed(scan, payload):
    values, found = scan(payload)
    assert values["unlisted"] >= 1
    assert found["unlisted_globals"].detail["not_followed"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x80\x02X\xff\xff\xff\x7fabc.",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
        b"I" + b"9" * 5000 + b"\n.",
        b"\x80\x02h\x07.",
        b"\x80\x02R.",
        b"\x80\x02t.",
        b"not a pickle at all",
        zlib.compress(b"\x80\x02")[:-4] + b"????",
        b"BZh9" + b"?" * 50,
        b"\xfd7zXZ" + b"?" * 50,
        b"\x1f\x8b" + b"?" * 50,
        b"\x04\x22M\x18" + b"?" * 50,
        pickle.dumps(LogisticRegression())[:-10],
    ],
)
def test_degenerate_what_breaks_off_is_never_clean(scan, content):
    values, found = scan(content)
    assert values["unlisted"] >= 1
    assert found["unlisted_globals"].detail["not_followed"][0]["path"] == "model.pkl"


def test_bombs_are_bounded(scan, monkeypatch):
    assert scan(zlib.compress(b"\x80\x02" + b"N0" * 5_000_000 + b"N."))[0]["unlisted"] == 1
    monkeypatch.setattr(bytesources, "MOST_DECOMPRESSED_BYTES", 1000)
    big = zlib.compress(b"\x80\x04\x8e" + struct.pack("<Q", 4000) + bytes(4000) + b".")
    assert "more than the 1000 bytes" in str(scan(big)[1]["unlisted_globals"].detail["not_followed"])
    defaults = budget.Budget.__init__.__kwdefaults__
    monkeypatch.setattr(budget.Budget.__init__, "__kwdefaults__", {**defaults, "opcodes": 10})
    assert "opcodes" in str(scan(b"\x80\x02" + b"N0" * 9 + b"N.")[1]["unlisted_globals"].detail["not_followed"])
    monkeypatch.undo()
    nested = b"".join(wrapped(item="O8") for _ in range(12))
    assert "too deeply" in str(scan(nested)[1]["unlisted_globals"].detail["not_followed"])


def test_data_only_formats(scan):
    graph = b"\x3a\x0c\x0a\x0a\x22\x08Identity"
    assert scan(b"\x08\x07\x12\x04skl2" + graph, "model.onnx", "onnx")[0] == dict.fromkeys(CLEAN, 0.0)
    # What only begins as one was not followed to its end.
    assert scan(b"\x08\x07\x12\x04skl2", "model.onnx", "onnx")[0]["unlisted"] == 1
    # A pickle is a pickle whatever it is called.
    assert scan(PAYLOADS["global"], "model.onnx", "onnx")[0]["dangerous"] == 1


def zipped(**entries) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_json", ".json"), content)
    return into.getvalue()


def test_types_in_a_skops_schema_are_compared_with_the_list(scan):
    schema = {"__class__": "Pipeline", "__module__": "sklearn.pipeline", "content": [
        {"__class__": "function", "__module__": "builtins", "content": {"module_path": "os", "function": "system"}},
    ]}  # fmt: skip
    values, found = scan(zipped(schema_json=json.dumps(schema)), "m.skops", "skops")
    assert (values["code_bearing"], values["dangerous"]) == (0.0, 1.0)
    assert "os.system" in found["unlisted_globals"].detail["unlisted"]


@pytest.mark.parametrize(
    "content",
    [
        zipped(other="x"),
        zipped(schema_json="{"),
        zipped(schema_json="[]"),
        zipped(schema_json="[" * 100_000),
        zipped(schema_json="{}")[:-30],
        b"PK\x03\x04" + b"?" * 100,
    ],
    ids=["no schema", "cut schema", "list", "bomb", "cut zip", "garbage"],
)
def test_a_skops_file_that_cannot_be_read_is_never_clean(scan, content):
    assert scan(content, "m.skops", "skops")[0]["unlisted"] == 1


def test_a_zip_of_very_many_entries_is_refused_before_its_directory_is_read(scan, monkeypatch):
    whole = zipped(**{f"n{place}": "" for place in range(30)}, schema_json='{"__class__": "a", "__module__": "b"}')
    assert "not_followed" in scan(whole, "m.skops", "skops")[1]["unlisted_globals"].detail
    monkeypatch.setattr(zipwalk, "MOST_ENTRIES", 30)
    problems = scan(whole, "m.skops", "skops")[1]["unlisted_globals"].detail["not_followed"]
    assert "31 entries" in problems[0]["problem"]


def test_every_file_of_a_model_folder_is_looked_at(scan):
    files = {
        "model/MLmodel.yaml": b"flavors: {}",
        "model/model.pkl": pickle.dumps(LogisticRegression()),
        "model/code/helper.py": b"print(1)",
        "model/weights.bin": b"\x00\x01",
        "model2/evil.pkl": PAYLOADS["global"],
    }
    values, found = scan(files, "model", "mlflow")
    assert values == {"code_bearing": 1.0, "unlisted": 2.0, "dangerous": 0.0}
    kinds = {file["path"]: file["kind"] for file in found["code_bearing"].detail["files"]}
    assert kinds == {
        "model/MLmodel.yaml": "yaml",
        "model/model.pkl": "pickle",
        "model/code/helper.py": "source",
        "model/weights.bin": "unknown",
    }


def test_names_from_the_file_cannot_forge_the_report(scan):
    found = scan(b"\x80\x04X\x05\x00\x00\x00a\xe2\x80\xaeb\x8c\x03x\n<\x93.")[1]
    assert found["unlisted_globals"].detail["unlisted"] == ["a\\u202eb.x\\n<"]


def test_inapplicable_without_a_model(why, subject):
    assert "no model" in why(CHECK, subject=subject({"a": b""}))
    assert "does not hold" in why(CHECK, subject=subject({"a": b""}, model="model.pkl", model_format="pickle"))


def test_the_walk_sees_what_pickletools_sees():
    """Every import of a protocol-2 pickle stands in its disassembly; the walk must not miss one."""
    content = pickle.dumps(MODELS[0].fit(X, Y), 2)
    listed = {tuple(arg.split(" ")) for opcode, arg, _ in pickletools.genops(content) if opcode.name == "GLOBAL"}
    source = bytesources.ByteSource(io.BytesIO(content), len(content))
    assert {(found.module, found.name) for found, _ in picklewalk.imports_of(source, budget.Budget())} == listed
