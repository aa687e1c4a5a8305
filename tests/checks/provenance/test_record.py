import json
import os

import pytest

from proofbox.checks.errors import BadParamsError
from proofbox.checks.provenance_records import CROISSANT_KEYS, FIELDS, MOST_BYTES
from proofbox.checks.registry import get_check

CHECK = "provenance.record"
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
    for name, keys in CROISSANT_KEYS.items():
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
    record = {key: value for key, value in croissant().items() if key not in CROISSANT_KEYS[field]}
    assert shares(record)[1].detail["missing"] == [field]
    assert shares(record | {spelling: "said"})[1].detail["missing"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"schema": ', "line 1"),
        (b"", "line 1"),
        (b"\xff\xfe\x00", "not JSON in UTF-8"),
        (b"[1, 2]", "not a JSON object"),
        (b'{"schema": "other/v9"}', "neither Croissant"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "64 levels"),
        (b" " * (MOST_BYTES + 1), "more than the 5000000"),
    ],
    ids=["cut", "empty", "binary", "list", "other schema", "NaN", "huge number", "bomb", "deep", "large"],
)
def test_degenerate_a_record_that_cannot_be_read_has_filled_nothing_and_says_why(shares, content, said):
    required, recommended = shares(content)
    assert (required.value, recommended.value) == (0.0, 0.0)
    assert said in required.detail["problem"]


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
