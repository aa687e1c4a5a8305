"""The list of components: valid by the published schema, the same for equal records, and what the record says."""

from __future__ import annotations

import dataclasses
import json
from importlib.resources import files

import jsonschema
import pytest
import referencing

from proofbox.checks.result import Interval
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.bom import bom_bytes
from proofbox.reports.canonical import canonical_bytes


@pytest.fixture(scope="module")
def validator():
    """Return the validator of CycloneDX 1.6, with the schemas that it refers to, as their authors publish them."""
    folder = files("cyclonedx.schema") / "_res"
    schemas = [
        json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text("utf-8"))
        for name in ("bom-1.6", "spdx", "jsf-0.82")
    ]
    resources = [(one["$id"], referencing.Resource.from_contents(one)) for one in schemas]
    registry = referencing.Registry().with_resources(resources)
    return jsonschema.Draft7Validator(schemas[0], registry=registry)


def folder(assessment):
    """Return a record of a model that is a folder of two files."""
    listed = [{"path": path, "size": 1, "sha256": digest * 64} for path, digest in (("m/a b", "1"), ("m/Ấ", "2"))]
    model = {**assessment.subject.model, "path": "m", "sha256": "3" * 64, "output": "probability"}
    subject = dataclasses.replace(assessment.subject, files=tuple(listed), model=model)
    return dataclasses.replace(assessment, subject=subject)


def recorded_only(assessment):
    return dataclasses.replace(assessment, subject=dataclasses.replace(assessment.subject, model=None))


def with_libraries(assessment):
    detail = {"model": {"libraries": ["scikit-learn 1.9.1", "my_lib 2+local/../x", "odd"]}}
    packages = {"numpy": "2.4.6", "skops": "not installed"}
    return dataclasses.replace(assessment, run=dataclasses.replace(assessment.run, packages=packages, detail=detail))


def test_it_is_valid_by_the_published_schema(validator, model_a, model_b, hostile):
    for record in (model_a, model_b, hostile, folder(model_a), recorded_only(model_a), with_libraries(model_b)):
        bom = json.loads(bom_bytes(record))
        assert [error.message for error in validator.iter_errors(bom)] == []
        references = [part["bom-ref"] for part in parts(bom)]
        assert len(references) == len(set(references))


def test_the_validator_sees_what_is_wrong(validator, model_a):
    bom = json.loads(bom_bytes(model_a))
    bom["metadata"]["component"]["modelCard"]["accuracy"] = 1
    assert list(validator.iter_errors(bom))


def parts(bom):
    waiting = [bom["metadata"]["component"], *bom["components"]]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += part.get("components", [])


def properties(part):
    return {one["name"]: one["value"] for one in part["properties"]}


def test_it_names_the_model_its_data_and_what_was_measured(model_a):
    bom = json.loads(bom_bytes(model_a))
    model = bom["metadata"]["component"]
    assert (model["type"], model["name"], model["version"]) == (
        "machine-learning-model",
        model_a.subject.product["name"],
        model_a.subject.product["version"],
    )
    assert model["hashes"] == [{"alg": "SHA-256", "content": model_a.subject.model["sha256"]}]
    assert properties(model)["proofbox:model:sha256"] == model_a.subject.model["sha256"]
    data = next(part for part in bom["components"] if part["type"] == "data")
    assert data["hashes"][0]["content"] == model_a.subject.data["evaluation"]["sha256"]
    assert properties(data)["proofbox:rows"] == str(model_a.subject.data["evaluation"]["rows"])
    assert model["modelCard"]["modelParameters"]["datasets"] == [{"ref": data["bom-ref"]}]


def test_each_measurement_stands_in_the_card_with_its_interval_and_its_group(model_a):
    def record(check, measure, value, interval=None, params=None, group=None):
        return MeasurementRecord(
            id="m-0", check=check, params=params or {}, measure=measure, value=value, interval=interval,
            sample_size=9, group=group or {}, detail={},
        )  # fmt: skip

    interval = Interval(low=0.8, high=0.9, confidence=0.95, method="wilson")
    measured = (
        record("performance.classification", "accuracy", 0.85, interval),
        record("fairness.group_rates", "recall", 0.1, None, {"attribute": ["sex"]}, {"sex": "f"}),
        record("fairness.demographic_parity", "demographic_parity_ratio", 0.7, None, {"attribute": ["sex", "race"]}),
        record("data.quality", "missing_share", 0.0),
    )
    bom = json.loads(bom_bytes(dataclasses.replace(model_a, measurements=measured)))
    assert bom["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.85", "confidenceInterval": {"lowerBound": "0.8", "upperBound": "0.9"}},
        {"type": "recall", "value": "0.1", "slice": "sex=f"},
        {"type": "demographic_parity_ratio", "value": "0.7", "slice": "between groups of sex x race"},
    ]


def test_a_folder_is_listed_file_by_file(model_a):
    model = json.loads(bom_bytes(folder(model_a)))["metadata"]["component"]
    assert "hashes" not in model
    assert [(part["name"], part["hashes"][0]["content"][0]) for part in model["components"]] == [
        ("m/a b", "1"),
        ("m/Ấ", "2"),
    ]


def test_without_a_model_nothing_of_one_is_claimed(model_a):
    model = json.loads(bom_bytes(recorded_only(model_a)))["metadata"]["component"]
    assert properties(model)["proofbox:model:submitted"] == "false"
    assert not {"hashes", "components"} & set(model)


def test_libraries_of_the_harness_and_beside_the_model(model_a):
    bom = json.loads(bom_bytes(with_libraries(model_a)))
    found = {part["bom-ref"]: part["purl"] for part in bom["components"] if part["type"] == "library"}
    assert found == {
        "harness:numpy": "pkg:pypi/numpy@2.4.6",
        "sandbox:my_lib": "pkg:pypi/my-lib@2%2Blocal%2F..%2Fx",
        "sandbox:odd": "pkg:pypi/odd@",
        "sandbox:scikit-learn": "pkg:pypi/scikit-learn@1.9.1",
    }


def test_equal_records_give_equal_bytes_and_others_another_serial_number(model_a, model_b):
    assert bom_bytes(model_a) == bom_bytes(model_a) == canonical_bytes(json.loads(bom_bytes(model_a)))
    later = dataclasses.replace(model_a.run, started_at="2031-01-01T00:00:00Z", finished_at="2031-01-01T00:00:01Z")
    assert bom_bytes(dataclasses.replace(model_a, run=later)) == bom_bytes(model_a)
    serials = {json.loads(bom_bytes(one))["serialNumber"] for one in (model_a, model_b, folder(model_a))}
    assert len(serials) == 3
