import json
import os

import pytest

from proofbox.checks.documents.jsontext import MAX_BYTES
from proofbox.checks.errors import BadParamsError
from proofbox.checks.records.croissant import KEYS
from proofbox.checks.registry import get_check

CHECK = "provenance.record"
_DEFAULTS = get_check(CHECK).params({})
FIELDS = (*_DEFAULTS.required, *_DEFAULTS.recommended)
WHOLE = {"schema": "proofbox/provenance/v1", **dict.fromkeys(FIELDS, "said"), "sha256": "0" * 64}


@pytest.fixture
def shares(measures, subject):
    def shares_of(content, **params):
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        given = subject(
            {"eval.csv": b"", "p.json": content},
            declared=[("evaluation", "eval.csv", None)],
            provenance={"evaluation": "p.json"},
        )
        found = measures(CHECK, subject=given, params=params)
        return found["required_fields_present"], found["recommended_fields_present"]

    return shares_of


def test_perfect(shares):
    required, recommended = shares(WHOLE)
    assert (required.value, recommended.value) == (1.0, 1.0)
    assert (required.sample_size, required.detail["missing"], required.detail["format"]) == (9, [], WHOLE["schema"])


def test_worst_an_empty_record_and_none_at_all(shares, measures, subject):
    assert shares({"schema": "proofbox/provenance/v1"})[0].value == 0.0
    none = measures(CHECK, subject=subject({"eval.csv": b""}, declared=[("evaluation", "eval.csv", None)]))
    assert none["required_fields_present"].value == none["recommended_fields_present"].value == 0.0
    assert "no provenance record" in none["required_fields_present"].detail["problem"]


@pytest.mark.parametrize(
    "empty", ["", "  ", "TODO", "n/a", "Unknown", "Không rõ", "Chưa xác định", None, [], {}, [""], {"@type": "Person"}]
)
def test_middle_a_placeholder_fills_nothing(shares, empty):
    required, _ = shares(WHOLE | {"license": empty})
    assert required.value == pytest.approx(8 / 9)
    assert required.detail["missing"] == ["license"]


def test_a_digest_of_another_length_does_not_count(shares):
    required, _ = shares(WHOLE | {"sha256": "d41d8cd98f00b204e9800998ecf8427e"})
    assert required.detail["missing"] == ["sha256"]
    assert required.detail["malformed_sha256"] == ["d41d8cd98f00b204e9800998ecf8427e"]


def croissant(prefix="rai:"):
    record = {"@context": {}, "@type": "sc:Dataset", "distribution": [{"@type": "cr:FileObject", "sha256": "a" * 64}]}
    for name, keys in KEYS.items():
        if name != "sha256":
            record[keys[0].replace("rai:", prefix)] = "said"
    return record


@pytest.mark.parametrize("prefix", ["rai:", "", "http://mlcommons.org/croissant/RAI/"])
def test_croissant_is_read_with_any_way_of_writing_the_prefix(shares, prefix):
    required, recommended = shares(croissant(prefix))
    assert (required.value, recommended.value) == (1.0, 1.0)
    assert required.detail["format"] == "croissant"


@pytest.mark.parametrize(
    ("field", "spelling"),
    [
        ("timeframe", "rai:dataCollectionTimeFrame"),
        ("preprocessing", "rai:dataManipulationProtocol"),
        ("preprocessing", "rai:dataDataManipulationProtocol"),
    ],
)
def test_both_spellings_of_the_rai_fields_are_read(shares, field, spelling):
    record = {key: value for key, value in croissant().items() if key not in KEYS[field]}
    assert shares(record)[1].detail["missing"] == [field]
    assert shares(record | {spelling: "said"})[1].detail["missing"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"schema": ', "line 1, column 12: got the end of the file"),
        (b"", "line 1, column 1"),
        (b"\xff\xfe\x00", "the byte 0xff"),
        (b"[1, 2]", "a record of another kind"),
        (b'{"a": 1,\n "schema": "other/v9"}', "line 2, column 2: got a record of another kind"),
        (b'{"a": NaN}', "'NaN'"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number of that length"),
        (b"[" * 100_000, "more than 64 levels"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "line 1, column 321: got more than 64 levels"),
        (b"[" * 10_000_000, "10000000 bytes"),
        (b" " * (MAX_BYTES + 1), "more than the 5000000"),
        (b'{"schema": "proofbox/provenance/v1",\n "schema": 1}', "line 2, column 2: got the key 'schema' a second"),
    ],
    ids=[
        "cut",
        "empty",
        "binary",
        "list",
        "other schema",
        "NaN",
        "huge number",
        "bomb",
        "deep",
        "10 MB",
        "large",
        "twice",
    ],
)
def test_degenerate_a_record_that_cannot_be_read_has_filled_nothing_and_says_why(shares, content, said):
    required, recommended = shares(content)
    assert (required.value, recommended.value) == (0.0, 0.0)
    assert said in required.detail["problem"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"schema: proofbox/provenance/v1\nname: !!python/object/apply:os.system [id]\n",
            "line 2, column 7: got the tag",
        ),
        (b"schema: proofbox/provenance/v1\nname: &a [x, x]\ncreator: [*a, *a]\n", "line 2, column 7: got an anchor"),
        (b"a: " + b"[" * 100, "more than 40 levels"),
        (b"schema: proofbox/provenance/v1\nname: a\nname: b\n", "line 3, column 1: got the key 'name' a second"),
        (b"a: [1, 2\n", "broken YAML"),
        (b"a: " + b"x" * 300_000, "at most 262144 bytes"),
    ],
    ids=["tag", "anchor", "deep", "twice", "broken", "large"],
)
def test_yaml_that_is_a_trap_is_refused_with_its_place(measures, subject, content, said):
    given = subject({"eval.csv": b"", "p.yaml": content}, declared=[("evaluation", "eval.csv", None)],
                    provenance={"evaluation": "p.yaml"})  # fmt: skip
    found = measures(CHECK, subject=given)
    assert said in found["required_fields_present"].detail["problem"]
    assert (found["required_fields_present"].value, found["record_problems"].value) == (0.0, 1.0)


def test_wrong_types_are_told_with_their_place_and_the_rest_is_read(measures, subject):
    content = json.dumps(WHOLE | {"license": 7, "processing_countries": "VN", "colour": "red"}, indent=1).encode()
    given = subject({"eval.csv": b"", "p.json": content}, declared=[("evaluation", "eval.csv", None)],
                    provenance={"evaluation": "p.json"})  # fmt: skip
    found = measures(CHECK, subject=given)
    assert found["required_fields_present"].detail["missing"] == ["license"]
    assert found["record_problems"].value == 3
    told = [one["template"].format_map(one["values"]) for one in found["record_problems"].detail["problems"]]
    line = next(number for number, text in enumerate(content.decode().splitlines(), 1) if '"license"' in text)
    assert told[0] == f"p.json, line {line}, column 2, license: got 7, expected text or a list"
    assert [one.split(": ")[0].rpartition(", ")[2] for one in told[1:]] == ["processing_countries", "colour"]


def test_the_standards_have_no_key_for_digests_so_the_submissions_counts(measures, subject):
    content = json.dumps({"source": {"title": "t"}, "provenance": {}, "use": {}}).encode()
    for declared, missing in ((None, True), ("0" * 64, False), ("d41d8cd98f00b204e9800998ecf8427e", True)):
        given = subject({"eval.csv": b"", "p.json": content}, declared=[("evaluation", "eval.csv", declared)],
                        provenance={"evaluation": "p.json"})  # fmt: skip
        found = measures(CHECK, subject=given)["required_fields_present"]
        assert ("sha256" in found.detail["missing"]) is missing


def test_links_and_paths_out_of_the_submission_are_not_followed(measures, subject, tmp_path):
    outside = tmp_path.parent / "outside.json"
    outside.write_text(json.dumps(WHOLE))
    given = subject({"eval.csv": b""}, declared=[("evaluation", "eval.csv", None)], provenance={"evaluation": "p.json"})
    (given.root / "p.json").symlink_to(outside)
    assert measures(CHECK, subject=given)["required_fields_present"].value == 0.0
    (given.root / "p.json").unlink()
    os.mkfifo(given.root / "p.json")
    assert "regular" in measures(CHECK, subject=given)["required_fields_present"].detail["problem"]
    given = subject({"eval.csv": b""}, declared=[("evaluation", "eval.csv", None)],
                    provenance={"evaluation": "../outside.json"})  # fmt: skip
    assert measures(CHECK, subject=given)["required_fields_present"].value == 0.0


def test_a_policy_may_name_the_fields_but_only_known_ones(shares):
    assert shares({**WHOLE, "license": ""}, required=["name", "license"])[0].value == 0.5
    with pytest.raises(BadParamsError, match="no such field: colour"):
        get_check(CHECK).params({"required": ["colour"]})


def test_inapplicable_without_data_in_that_role(why, subject):
    given = subject({"eval.csv": b""}, declared=[("evaluation", "eval.csv", None)])
    assert why(CHECK, subject=given, params={"role": "training"}) == "the submission names no training data"
