import hashlib
import json

import pytest

CHECK = "provenance.bom"
FILES = {"model/model.onnx": b"weights", "data/eval.csv": b"rows", "data/train.csv": b"more rows"}
DECLARED = [
    ("model", "model/model.onnx", None),
    ("evaluation", "data/eval.csv", None),
    ("training", "data/train.csv", None),
]
SHA = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}


def component(name, sha256=None, kind="data", **others):
    hashes = {} if sha256 is None else {"hashes": [{"alg": "SHA-256", "content": sha256}]}
    return {"type": kind, "name": name} | hashes | others


def document(*components, **changed):
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": list(components)} | changed


@pytest.fixture
def compared(measures, subject):
    def found(bom, files=FILES, declared=DECLARED, model="model/model.onnx"):
        raw = bom if isinstance(bom, bytes) else json.dumps(bom, indent=1).encode()
        given = {**files, "bom.json": raw}
        return measures(CHECK, subject=subject(given, declared=declared, model=model, documents={"bom": "bom.json"}))

    return found


def values(found):
    return {name.removeprefix("bom_"): one.value for name, one in found.items()}


def states(found):
    return {one["path"]: one["state"] for one in found["bom_coverage"].detail["files"]}


def test_perfect_every_file_is_named_with_its_digest(compared):
    model = component("Risk score", SHA["model/model.onnx"].upper(), "machine-learning-model")
    inner = component("all data", components=[component("x", SHA["data/train.csv"])])
    bom = document(component("eval.csv", SHA["data/eval.csv"]), inner, metadata={"component": model})
    assert values(compared(bom)) == {
        "coverage": 1,
        "components_missing": 0,
        "digest_mismatches": 0,
        "malformed_digests": 0,
    }


def test_worst_an_empty_list(compared):
    found = compared(document())
    assert values(found) == {
        "coverage": 0,
        "components_missing": 3,
        "digest_mismatches": 0,
        "malformed_digests": 0,
    }


def test_middle_each_state_is_told_apart_with_its_line(compared):
    found = compared(
        document(
            component("model.onnx", "0" * 64),
            component("data/eval.csv"),
            component("library", "d41d8cd98f00b204e9800998ecf8427e", "library"),
        )
    )
    assert states(found) == {
        "model/model.onnx": "another digest",
        "data/eval.csv": "without digest",
        "data/train.csv": "missing",
    }
    assert values(found) == {"coverage": 0, "components_missing": 1, "digest_mismatches": 1, "malformed_digests": 1}
    assert found["bom_coverage"].detail["files"][0]["line"] == 6
    assert found["bom_malformed_digests"].detail["malformed"] == [
        {"line": 20, "written": "d41d8cd98f00b204e9800998ecf8427e"}
    ]


def test_digests_of_other_kinds_are_not_compared(compared):
    hashes = [{"alg": "SHA-512", "content": "0" * 128}, {"alg": "MD5", "content": "0" * 32}]
    found = compared(document(component("eval.csv", hashes=hashes)))
    assert states(found)["data/eval.csv"] == "without digest"


def test_a_model_folder_is_named_by_the_digest_over_it_or_file_by_file(compared, subject):
    from proofbox.checks.signatures.identity import model_identity

    files = {"m/a": b"1", "m/sub/b": b"2"}
    declared = [("model", "m", None)]
    whole = model_identity(subject(files, model="m")).digest
    assert compared(document(component("risk", whole)), files, declared, "m")["bom_coverage"].value == 1
    one = document(component("a", hashlib.sha256(b"1").hexdigest()))
    assert states(compared(one, files, declared, "m")) == {"m/a": "right", "m/sub/b": "missing"}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"<bom/>", "bom.json:1:1: got '<', expected a JSON value"),
        (b"\xef\xbb\xbf{\n\xff}", "bom.json:2:1: got the byte 0xff"),
        (b'{"bomFormat": "SPDX", "specVersion": "1.6"}', "bomFormat: got 'SPDX', expected 'CycloneDX'"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "9"}', "specVersion: got '9'"),
        (document(component("x", hashes={"alg": 1})), "components[0].hashes: got keys (alg), expected a list"),
        (document(3), "components[0]: got 3"),
        (document({"type": "data"}), "components[0]: got no key 'name'"),
        (document(component("x", hashes=[{"alg": "SHA-256", "content": 7}])), "components[0].hashes[0].content: got 7"),
        (document(component("x" * 3000)), "components[0].name: got"),
        (b'{"a":' * 30_000, "got more than 64 levels"),
        (b"[" * 10_000_000, "has 10000000 bytes, more than the 5000000 that are read"),
        (json.dumps(document(*[component("x")] * 40_000)).encode(), "got more than 100000 values"),
        (b'{"a": 1, "a": 2}', "got the key 'a' a second time"),
        (b'{"a": "\xe2\x80\xae"}', "got the character U+202E"),
    ],
)  # fmt: skip
def test_degenerate_a_list_that_cannot_be_read_names_nothing_and_says_where(compared, raw, words):
    found = compared(raw)
    assert found["bom_coverage"].value == 0
    assert words in found["bom_coverage"].detail["problem"]["values"]["why"]


def test_a_path_that_is_a_link_is_not_followed(measures, subject, tmp_path):
    who = subject(FILES, declared=DECLARED, documents={"bom": "bom.json"})
    (tmp_path / "bom.json").symlink_to("/etc/hostname")
    found = measures(CHECK, subject=who)
    assert found["bom_coverage"].value == 0
    assert "cannot be opened" in found["bom_coverage"].detail["problem"]["values"]["why"]


def test_inapplicable_without_a_list_or_without_files(why, subject):
    assert "names no such document (documents.bom)" in why(CHECK, subject=subject(FILES, declared=DECLARED))
    who = subject({"bom.json": b"{}"}, documents={"bom": "bom.json"})
    assert "no model and no data file" in why(CHECK, subject=who)


def test_many_components_and_many_files_take_no_time(compared):
    import time

    files = {f"m/{number}": b"%d" % number for number in range(1500)}
    bom = document(*[component(f"c{number}", f"{number:064x}") for number in range(4_000)])
    start = time.process_time()
    found = compared(json.dumps(bom).encode(), files, [("model", "m", None)], "m")
    assert found["bom_components_missing"].value == 1500
    assert time.process_time() - start < 8


def test_of_data_in_parts_the_parts_are_files_and_the_marks_beside_them_are_not(compared):
    files = {
        "model/model.onnx": b"weights",
        "data/e/0.parquet": b"rows",
        "data/e/1.parquet": b"more",
        "data/e/_SUCCESS": b"",
    }
    declared = [("model", "model/model.onnx", None), ("evaluation", "data/e", None)]
    found = compared(document(component("0.parquet")), files=files, declared=declared)
    assert set(states(found)) == {"model/model.onnx", "data/e/0.parquet", "data/e/1.parquet"}
