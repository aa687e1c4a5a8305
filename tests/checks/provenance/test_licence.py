import json
from dataclasses import replace

import pytest

CHECK = "provenance.licence"
PRODUCT = {"sector": "credit", "intended_purpose": "Advice on loans", "provider": {"country": "VN"}}
GOOD = {
    "license": ["CC-BY-4.0"],
    "personal_data": "income of applicants",
    "lawful_basis": "consent",
    "sectors": ["credit"],
    "processing_countries": ["VN"],
    "storage_countries": ["VN"],
}


@pytest.fixture
def values(measures, subject):
    def values_of(said, *, product=PRODUCT, personal=(), **params):
        content = json.dumps({"schema": "proofbox/provenance/v1"} | said).encode()
        given = subject({"eval.csv": b"", "p.json": content}, declared=[("evaluation", "eval.csv", None)],
                        provenance={"evaluation": "p.json"}, personal_data=personal)  # fmt: skip
        found = measures(CHECK, subject=replace(given, product=product), params=params)
        return {name: one.value for name, one in found.items()}, found

    return values_of


def test_perfect(values):
    assert values(GOOD, allowed_countries="VN,SG")[0] == {
        "licence_stated": 1, "licence_known": 1, "personal_data_without_basis": 0, "purpose_covered": 1,
        "places_stated": 1, "countries_outside": 0,
    }  # fmt: skip


def test_worst(values):
    said = {"personal_data": True, "processing_countries": ["US"], "storage_countries": ["KP"]}
    assert values(said, allowed_countries=["VN"])[0] == {
        "licence_stated": 0, "licence_known": 0, "personal_data_without_basis": 1, "purpose_covered": 0,
        "places_stated": 1, "countries_outside": 2,
    }  # fmt: skip


def test_middle_one_of_two_licences_is_known_and_half_of_the_purpose_is_named(values):
    got, found = values(
        {"license": ["MIT", "as agreed"], "intended_use": "Research on loans", "storage_countries": ["VN"]}
    )
    assert (got["licence_known"], got["purpose_covered"], got["places_stated"]) == (0.5, 0.5, 0.5)
    assert found["licence_known"].detail["licences"][1] == {"stated": "as agreed", "spdx": None}
    assert found["purpose_covered"].detail["words_not_named"] == ["advice"]


def test_personal_data_need_a_basis_whoever_declares_them(values):
    assert values({"personal_data": False})[0]["personal_data_without_basis"] == 0
    assert values({"personal_data": False}, personal=("phone",))[0]["personal_data_without_basis"] == 1
    assert values({"personal_data": "phones", "lawful_basis": "TODO"})[0]["personal_data_without_basis"] == 1


def test_a_country_that_the_record_excludes_is_outside_whatever_the_policy_allows(values):
    said = {"processing_countries": ["VN"], "storage_excluded": ["VN"]}
    got, found = values(said)
    assert got["countries_outside"] == 1
    assert found["countries_outside"].detail["outside"] == {"processing": [], "storage": ["VN"]}


def test_inapplicable_without_data_record_or_one_that_can_be_read(why, subject):
    given = subject({"eval.csv": b"", "p.json": b'{"schema":'}, declared=[("evaluation", "eval.csv", None)],
                    provenance={"evaluation": "p.json"})  # fmt: skip
    assert "p.json cannot be read: line 1, column 11" in why(CHECK, subject=given)
    assert "no provenance record" in why(CHECK, subject=replace(given, provenance={}))
    assert why(CHECK, subject=given, params={"role": "training"}) == "the submission names no training data"
