"""A crosswalk as OSCAL: what compliance-trestle reads as a mapping-collection, with what is not mapped beside it."""

from __future__ import annotations

import json
import re

from trestle.oscal.mapping import Model

from proofbox.policies.clause_lists import clause_lists
from proofbox.policies.crosswalks import crosswalks
from proofbox.reports.crosswalk_oscal import mapping_collection

TOKEN = re.compile(r"^[^\W\d][\w.\-]*$")


def test_trestle_reads_it_whole():
    document = mapping_collection(crosswalks())
    read = Model.model_validate(document).mapping_collection
    assert len(read.mappings) == sum(len({s.framework for m in one.maps for s in m.sources}) for one in crosswalks())
    assert {one.relationship for mapping in read.mappings for one in mapping.maps} == {"intersects-with"}
    assert read.provenance.status == "draft"
    assert "no official table" in str(read.provenance.mapping_description.root)


def test_identifiers_are_tokens_unique_and_the_same_every_time():
    one, two = (json.dumps(mapping_collection(crosswalks())) for _ in range(2))
    assert one == two
    ids = re.findall(r'"uuid": "([^"]+)"', one)
    assert len(ids) == len(set(ids)) > 100
    assert all(TOKEN.match(token) for token in re.findall(r'"id-ref": "([^"]+)"', one))


def test_every_resource_that_is_pointed_to_is_there():
    collection = mapping_collection(crosswalks())["mapping-collection"]
    there = {f"#{one['uuid']}" for one in collection["back-matter"]["resources"]}
    pointed = {m[f"{side}-resource"]["href"] for m in collection["mappings"] for side in ("source", "target")}
    assert pointed == there


def test_what_is_mapped_and_what_is_not_make_up_the_list():
    (eu,) = [one for one in crosswalks() if one.target == "eu-ai-act"]
    for mapping in mapping_collection([eu])["mapping-collection"]["mappings"]:
        mapped = {item["id-ref"] for one in mapping["maps"] for item in one["targets"]}
        left = set(mapping["target-gap-summary"]["unmapped-controls"][0]["with-ids"])
        assert not mapped & left
        assert len(mapped | left) == len(clause_lists()["eu-ai-act"].clauses)
