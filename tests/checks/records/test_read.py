import json
import time

import jsonschema
import pytest

from proofbox.checks.records.compact import compact_schema
from proofbox.checks.records.model import FIELDS, Record
from proofbox.checks.records.read import NoRecord, read_role
from proofbox.checks.records.standards import standards_schema

SHA256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
EXAMPLES = {
    "provenance.yaml": "proofbox/provenance/v1",
    "provenance.croissant.json": "croissant/1.1",
    "provenance.standards.json": "data-provenance-standards/1.0.0",
    "provenance.prov.json": "prov-json",
}


@pytest.fixture
def record(submission):
    def record_of(name, content):
        found = read_role(submission(evaluation=(name, content)), "evaluation")
        assert isinstance(found, Record), found
        return found

    return record_of


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_published_examples_say_the_same_in_every_format(record, example, name):
    found = record(name, example(name))
    assert found.format == EXAMPLES[name]
    assert found.problems == ()
    assert found.made == "2026-03-31"
    assert found.personal_data == "declared"
    assert found.lawful_basis[0].startswith("Consent to credit assessment")
    assert found.purposes.texts == ("Testing of credit decision support",)
    assert (found.processing.named, found.storage.named) == (("VN",), ("VN",))
    assert found.digests_of("data/eval.csv") == (() if not found.holds_digests else (SHA256,))
    assert "Export of the loan system" in [node.label for node in found.lineage.nodes]
    assert {"name", "description", "license", "creator", "date", "source", "collection", "intended_use"} <= {
        *found.fields
    }
    assert set(found.fields) <= set(FIELDS)


def test_the_examples_conform_to_the_published_schemas(example):
    from proofbox.checks.documents.yamltext import read_yaml

    compact = read_yaml(example("provenance.yaml"), "provenance.yaml").data
    jsonschema.validate(compact, compact_schema(), cls=jsonschema.Draft202012Validator)
    standards = json.loads(example("provenance.standards.json"))
    jsonschema.validate(standards, standards_schema(), cls=jsonschema.Draft202012Validator)
    for broken in (compact | {"colour": "red"}, compact | {"license": 7}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, compact_schema(), cls=jsonschema.Draft202012Validator)
    del standards["use"]["intended-purpose"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(standards, standards_schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_record_cut_anywhere_is_read_or_refused_and_never_breaks(submission, example, name):
    content = example(name)
    for end in range(0, len(content), 37):
        found = read_role(submission(evaluation=(name, content[:end])), "evaluation")
        assert isinstance(found, Record | NoRecord)
        if isinstance(found, NoRecord):
            assert "line" in str(found.reason)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith("json")])
@pytest.mark.parametrize("value", [None, 7, True, "x", [], [[]], {}, {"@id": {}}, [None, {"name": [1]}]])
def test_any_value_in_the_place_of_any_other_is_read_or_told_and_never_breaks(submission, example, name, value):
    whole = json.loads(example(name))
    for path in _paths(whole):
        changed = json.loads(example(name))
        inner = changed
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = value
        found = read_role(submission(evaluation=(name, json.dumps(changed).encode())), "evaluation")
        assert isinstance(found, Record | NoRecord)


def _paths(value, path=()):
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from _paths(child, (*path, key))


@pytest.mark.parametrize(
    ("version", "read_as"),
    [
        ("http://mlcommons.org/croissant/1.0", "croissant/1.0"),
        (["http://mlcommons.org/croissant/RAI/1.0", {"@id": "http://mlcommons.org/croissant/1.1"}], "croissant/1.1"),
        ("http://mlcommons.org/croissant/9.9", "croissant"),
        (None, "croissant"),
    ],
)
def test_the_version_of_croissant_is_the_one_it_says(record, version, read_as):
    found = record("p.json", json.dumps({"@context": {}, "dct:conformsTo": version}).encode())
    assert found.format == read_as


def test_wrong_types_in_croissant_are_told_with_their_place(record):
    content = b"""{"@context": {},
      "name": ["a"],
      "distribution": [{"sha256": 5}, "x", {"contentUrl": "data/eval.csv", "sha256": "abc"}]}"""
    found = record("p.json", content)
    assert [(one.line, one.where, one.got) for one in found.problems] == [
        (2, "name", "a list of 1"),
        (3, "distribution[0].sha256", "5"),
        (3, "distribution[1]", "'x'"),
    ]
    assert "name" not in found.fields
    assert found.digests_of("data/eval.csv") == ("abc",)


def test_the_standards_miss_what_is_missing(record):
    found = record("p.json", b'{"source": {"title": "t"}, "provenance": {"date": 3}, "use": {}}')
    told = [(one.where, one.got) for one in found.problems]
    assert ("source", "no key 'version'") in told
    assert ("provenance.date", "3") in told
    assert ("use", "no key 'intended-purpose'") in told
    assert set(found.fields) == {"name"}


def test_prov_without_an_entity_of_the_data_file_says_so(record):
    found = record("p.json", b'{"entity": {"ex:other": {"prov:label": "x"}}}')
    assert "no entity of 'data/eval.csv'" in str(found.problems[0])
    by_digest = record("p.json", json.dumps({"entity": {"ex:d": {"ex:sha256": f"sha256:{SHA256}"}}}).encode())
    assert by_digest.problems == ()
    assert by_digest.digests_of("data/eval.csv") == (SHA256,)


def test_prov_bundles_and_repeated_ids_are_read(record):
    document = {
        "entity": {"ex:e": [{"prov:location": "data/eval.csv"}, {"dct:title": "Loans"}]},
        "bundle": {
            "ex:b": {
                "entity": {"ex:raw": {}},
                "wasDerivedFrom": {"_:1": {"prov:generatedEntity": "ex:e", "prov:usedEntity": "ex:raw"}},
            }
        },
    }
    found = record("p.json", json.dumps(document).encode())
    assert found.fields["name"] == "Loans"
    assert found.lineage.edges == (("ex:raw", "ex:e"),)
    assert found.fields["source"] == ["ex:raw"]
    assert {node.id: node.kind for node in found.lineage.nodes} == {"ex:e": "dataset", "ex:raw": "source"}


@pytest.mark.parametrize("path", ["../secrets.csv", "/etc/passwd", "a\\b"])
def test_paths_out_of_the_submission_are_told_and_followed_by_nobody(record, path):
    lineage = [{"id": "a", "kind": "source", "path": path}]
    content = {"schema": "proofbox/provenance/v1", "sha256": {path: "0" * 64}, "lineage": lineage}
    found = record("p.json", json.dumps(content, indent=1).encode())
    assert {one.where.partition("[")[0].partition(".")[0] for one in found.problems} == {"sha256", "lineage"}
    assert all(one.line > 1 for one in found.problems)
    assert found.lineage.nodes == ()


def test_personal_data_may_be_denied(record):
    for said, read_as in (
        (False, "denied"),
        ("Không có dữ liệu cá nhân.", "denied"),
        (True, "declared"),
        (None, "unsaid"),
    ):
        content = {"schema": "proofbox/provenance/v1", "personal_data": said}
        assert record("p.json", json.dumps(content).encode()).personal_data == read_as


def test_a_number_of_yaml_is_read_as_it_is_written(record):
    found = record("p.yaml", b"schema: proofbox/provenance/v1\ndate: 1996\nversion: 1.10\n")
    assert (found.problems, found.made) == ((), "1996")


def test_a_record_of_too_many_mistakes_is_refused_as_a_whole_and_soon(submission):
    begun = time.process_time()
    for content in (
        {"schema": "proofbox/provenance/v1", **{f"lineag{number}": 1 for number in range(80_000)}},
        {"@context": {}, "distribution": [5] * 20_000},
    ):
        found = read_role(submission(evaluation=("p.json", json.dumps(content).encode())), "evaluation")
        assert isinstance(found, NoRecord)
        assert "200 mistakes or more, the first in line 1" in str(found.reason)
    assert time.process_time() - begun < 5


def test_ways_do_not_multiply(record):
    many = {"prov:wasDerivedFrom": [f"s{number}" for number in range(30_000)],
            "prov:wasGeneratedBy": [f"t{number}" for number in range(30_000)]}  # fmt: skip
    found = record("p.json", json.dumps({"@context": {}} | many).encode())
    assert len(found.lineage.edges) <= 1000 * 20 + 20
    assert [one.expected for one in found.problems] == ["at most 1000", "at most 20"]


def test_a_file_of_croissant_is_known_by_address_id_or_name(record):
    files = [
        {"contentUrl": "https://example.org/get/4711", "@id": "eval.csv", "sha256": SHA256},
        {"contentUrl": "https://example.org/get/4712", "name": "train.csv", "sha256": "b" * 64},
        {"contentUrl": "https://example.org/files/data/other.csv", "sha256": "c" * 64},
    ]
    found = record("p.json", json.dumps({"@context": {}, "distribution": files}).encode())
    assert found.digests_of("data/eval.csv") == (SHA256,)
    assert found.digests_of("train.csv") == ("b" * 64,)
    assert found.digests_of("other.csv") == ("c" * 64,)
    assert found.digests_of("none.csv") == ()


def test_names_by_language_are_read(record):
    content = {
        "@context": {},
        "name": {"en": "Loans", "vi": "Khoản vay"},
        "rai:dataUseCases": {"vi": "Thẩm định tín dụng"},
    }
    found = record("p.json", json.dumps(content).encode())
    assert (found.problems, found.fields["name"]) == ((), content["name"])
    assert found.purposes.texts == ("Thẩm định tín dụng",)


def test_the_source_in_prov_is_where_the_way_begins(record, example):
    assert record("p.json", example("provenance.prov.json")).fields["source"] == ["ex:export"]
