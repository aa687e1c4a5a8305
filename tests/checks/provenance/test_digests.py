import hashlib
import json

import pytest

CHECK = "provenance.digests"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


FILES = {"model.onnx": b"model", "eval.csv": b"eval", "train.csv": b"train"}
ROLES = {"model": "model.onnx", "evaluation": "eval.csv", "training": "train.csv"}


def values(found):
    return {name.removeprefix("digest_"): one.value for name, one in found.items()}


def declared(**digests):
    return [(role, path, digests.get(role)) for role, path in ROLES.items()]


def test_perfect_every_file_is_the_declared_one(measures, subject):
    right = {role: sha(FILES[path]) for role, path in ROLES.items()}
    found = measures(CHECK, subject=subject(FILES, declared=declared(**right)))
    assert values(found) == {"coverage": 1, "matches": 3, "mismatches": 0, "malformed": 0}
    assert all(one.interval is None for one in found.values())


def test_worst_none_is(measures, subject):
    wrong = dict.fromkeys(ROLES, sha(b"another"))
    found = measures(CHECK, subject=subject(FILES, declared=declared(**wrong)))
    assert values(found) == {"coverage": 1, "matches": 0, "mismatches": 3, "malformed": 0}


def test_middle_each_state_is_told_apart(measures, subject):
    given = subject(
        FILES, declared=declared(model=sha(b"model").upper(), evaluation="d41d8cd98f00b204e9800998ecf8427e")
    )
    found = measures(CHECK, subject=given)
    assert values(found) == {"coverage": pytest.approx(1 / 3), "matches": 1, "mismatches": 0, "malformed": 1}
    assert found["digest_coverage"].detail["files_without_digest"] == ["eval.csv", "train.csv"]
    assert found["digest_malformed"].detail["digests"][0]["path"] == "eval.csv"


def test_degenerate_nothing_declared_and_a_file_that_is_not_there(measures, subject):
    assert values(measures(CHECK, subject=subject(FILES, declared=declared()))) == {
        "coverage": 0, "matches": 0, "mismatches": 0, "malformed": 0,
    }  # fmt: skip
    absent = subject({"a": b""}, declared=[("evaluation", "eval.csv", sha(b"eval"))])
    assert values(measures(CHECK, subject=absent))["mismatches"] == 1


def test_digests_in_provenance_records_are_compared_as_well(measures, subject):
    compact = {"schema": "proofbox/provenance/v1", "sha256": sha(b"eval")}
    croissant = {
        "@context": {"sc": "https://schema.org/"},
        "distribution": [
            {"contentUrl": "train.csv", "sha256": sha(b"other")},
            {"name": "x/train.csv", "sha256": "md5"},
            {"name": "elsewhere.csv", "sha256": sha(b"not this file")},
        ],
    }
    files = FILES | {"e.json": json.dumps(compact).encode(), "t.json": json.dumps(croissant).encode()}
    given = subject(files, declared=declared(), provenance={"evaluation": "e.json", "training": "t.json"})
    found = measures(CHECK, subject=given)
    assert values(found) == {"coverage": pytest.approx(2 / 3), "matches": 1, "mismatches": 1, "malformed": 1}
    assert found["digest_matches"].detail["digests"][0]["declared_in"] == "e.json"


def test_a_folders_digest_is_over_its_files(measures, subject):
    files = {"model/b": b"2", "model/a": b"1", "modelx": b"no"}
    pairs = json.dumps([["model/a", sha(b"1")], ["model/b", sha(b"2")]], separators=(",", ":"))
    given = subject(files, declared=[("model", "model", sha(pairs.encode()))])
    assert values(measures(CHECK, subject=given))["matches"] == 1


def test_inapplicable_without_files_in_a_role(why, subject):
    given = subject({"a.md": b""}, declared=[("document", "a.md", None)])
    assert why(CHECK, subject=given) == "the submission names no model and no data file"
