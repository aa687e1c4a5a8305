from __future__ import annotations

import jsonschema
import pytest

from proofbox.policies.errors import MisuseError
from proofbox.policies.loader import shipped
from proofbox.policies.schema import SCHEMAS, schema
from proofbox.policies.yamlfile import read_yaml


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_is_a_json_schema(name: str):
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$id"] == f"proofbox/{name}/v1"
    assert found["properties"]["schema"] == {"const": f"proofbox/{name}/v1"} or "schema" in found["required"]


def test_there_is_no_other():
    with pytest.raises(MisuseError, match="there are: policy, assessment"):
        schema("polcy")


@pytest.mark.parametrize("pack", shipped())
def test_the_shipped_packs_meet_the_policy_schema(pack: str):
    from importlib import resources

    raw = resources.files("proofbox.policies").joinpath("packs", f"{pack}.yaml").read_bytes()
    data = read_yaml(raw, pack).data
    data["version"] = str(data["version"])
    jsonschema.Draft202012Validator(schema("policy")).validate(data)


def test_the_policy_schema_refuses_an_unknown_key(valid: str):
    data = read_yaml(valid.encode(), "p").data
    data["version"] = str(data["version"])
    validator = jsonschema.Draft202012Validator(schema("policy"))
    validator.validate(data)
    data["controls"][0]["requirements"][0]["wiht"] = {}
    assert not validator.is_valid(data)
