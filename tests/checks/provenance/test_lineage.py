import hashlib
import json
import time
from dataclasses import replace

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from proofbox.checks.records import graph

CHECK = "provenance.lineage"
FILES = {"model.onnx": b"model", "eval.csv": b"eval", "train.csv": b"train"}
ROLES = [("model", "model.onnx", None), ("evaluation", "eval.csv", None), ("training", "train.csv", None)]
DIGEST = "0" * 64


def station(name, kind, *made_of, **more):
    return {"id": name, "kind": kind, "from": list(made_of), "sha256": DIGEST} | more


WHOLE = [
    station("raw", "source"),
    station("split", "transformation", "raw"),
    {"id": "e", "kind": "dataset", "from": ["split"], "path": "eval.csv"},
    {"id": "t", "kind": "dataset", "from": ["split"], "path": "train.csv"},
    station("fit", "training", "t"),
    {"id": "m", "kind": "model", "from": ["fit"], "path": "model.onnx"},
]


@pytest.fixture
def given(subject):
    def given_of(training=None, evaluation=None, roles=ROLES):
        records = {"training": training, "evaluation": evaluation}
        files = dict(FILES)
        for role, said in records.items():
            if said is not None:
                content = {"schema": "proofbox/provenance/v1", "lineage": said} if isinstance(said, list) else said
                files[f"{role}.json"] = json.dumps(content).encode()
        provenance = {role: f"{role}.json" for role, said in records.items() if said is not None}
        return subject(files, declared=roles, model="model.onnx", provenance=provenance)

    return given_of


def values(found):
    return {name: one.value for name, one in found.items()}


def test_perfect_every_station_has_a_digest_and_the_source_reaches_the_model(measures, given):
    found = measures(CHECK, subject=given(WHOLE))
    assert values(found) == {
        "nodes_in_cycles": 0, "nodes_with_digest": 1, "sources_reaching_model": 1, "unresolved_references": 0,
    }  # fmt: skip
    assert found["nodes_with_digest"].sample_size == 6
    graph = found["nodes_with_digest"].detail["graph"]
    labels = [node["label"] for node in graph["nodes"]]
    ways = {(labels[edge["from"]], labels[edge["to"]]) for edge in graph["edges"]}
    assert ("train.csv", "fit") in ways
    assert ("fit", "model.onnx") in ways
    assert ("model.onnx", "(this assessment)") in ways
    assert not any(edge["by_submission"] for edge in graph["edges"] if labels[edge["to"]] == "model.onnx")


def test_worst_in_a_circle_without_digests_and_leading_nowhere(measures, given):
    said = [
        {"id": "a", "kind": "source", "from": ["b"]},
        {"id": "b", "kind": "transformation", "from": ["a", "lost"]},
    ]
    found = measures(CHECK, subject=given(said))
    assert values(found) == {
        "nodes_in_cycles": 2, "nodes_with_digest": 0.5, "sources_reaching_model": 0, "unresolved_references": 1,
    }  # fmt: skip
    assert found["unresolved_references"].detail["unresolved"] == ["lost"]
    assert found["sources_reaching_model"].detail["not_reaching"] == ["a", "lost"]


def test_middle_an_md5_is_no_digest_and_another_digest_than_the_files_contradicts_it(measures, given):
    said = [
        station("raw", "source", sha256="d41d8cd98f00b204e9800998ecf8427e"),
        {"id": "t", "kind": "dataset", "from": ["raw"], "path": "train.csv", "sha256": DIGEST},
    ]
    found = measures(CHECK, subject=given(said))
    assert found["nodes_with_digest"].value == pytest.approx(2 / 4)
    assert found["nodes_with_digest"].detail["differing"] == ["train.csv"]


def test_a_source_of_the_evaluation_data_alone_need_not_reach_the_model(measures, given):
    said = [station("survey", "source"), {"id": "e", "kind": "dataset", "from": ["survey"], "path": "eval.csv"}]
    alone = measures(CHECK, subject=given(evaluation=said))
    assert set(alone) == {"nodes_in_cycles", "nodes_with_digest", "unresolved_references"}
    both = measures(CHECK, subject=given(WHOLE, said))
    assert both["sources_reaching_model"].value == 1
    assert both["sources_reaching_model"].detail["of_evaluation_data_alone"] == ["survey"]


def test_records_of_several_formats_are_one_graph(measures, given):
    """The training record's source is what the evaluation record calls its own data."""
    evaluation = {"source": {"id": "register-2025"}, "provenance": {"source": ["archive"]}, "use": {}}
    training = {"@context": {}, "prov:wasDerivedFrom": {"@id": "register-2025", "sha256": DIGEST}}
    found = measures(CHECK, subject=given(training, evaluation))
    assert found["sources_reaching_model"].value == 1
    shown = found["nodes_with_digest"].detail["graph"]
    assert [node["label"] for node in shown["nodes"]] == [
        "(this assessment)", "model.onnx", "train.csv", "eval.csv", "archive",
    ]  # fmt: skip


def test_a_source_with_the_bytes_of_the_file_is_the_file_and_no_circle(measures, given):
    said = {"schema": "proofbox/provenance/v1", "lineage": [
        {"id": "copy", "kind": "source", "sha256": hashlib.sha256(b"train").hexdigest()},
        {"id": "t", "kind": "dataset", "from": ["copy"], "path": "train.csv"},
    ]}  # fmt: skip
    found = measures(CHECK, subject=given(said))
    assert (found["nodes_in_cycles"].value, found["nodes_with_digest"].value) == (0, 1)


edges = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14)


@drawn(edges)
def test_cycles_are_those_that_a_walk_from_every_station_finds(edges):
    nodes = {str(number): None for number in range(8)}
    ways = frozenset((str(a), str(b)) for a, b in edges)

    def reachable(start):
        seen, ends = set(), [start]
        while ends:
            new = [b for a, b in ways if a == ends[-1] and b not in seen]
            ends.pop()
            seen.update(new)
            ends += new
        return seen

    assert graph._in_cycles(nodes, ways) == {name for name in nodes if name in reachable(name)}


def test_degenerate_five_thousand_stations_in_one_circle_end_soon(measures, given):
    names = [f"ex:{number}" for number in range(5_000)]
    circle = {f"_:{number}": {"prov:usedEntity": names[number - 1], "prov:generatedEntity": name}
              for number, name in enumerate(names)}  # fmt: skip
    document = {"entity": {name: {} for name in names}, "wasDerivedFrom": circle}
    begun = time.process_time()
    found = measures(CHECK, subject=given(document))
    assert found["nodes_in_cycles"].value == 5_000
    assert found["nodes_with_digest"].detail["graph"]["left_out"] > 5_000
    assert time.process_time() - begun < 10


def test_inapplicable_without_model_or_record(why, given, measures):
    assert "no model" in why(CHECK, subject=replace(given(WHOLE), model_path=None))
    assert why(CHECK, subject=given()) == "there is no provenance record of any data"
    assert "training.json cannot be read: line 1, column 1" in why(CHECK, subject=given("x"))
    broken = measures(CHECK, subject=given("x", WHOLE))
    assert "cannot be read" in broken["nodes_in_cycles"].detail["records_not_read"][0]
