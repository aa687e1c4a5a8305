import json

import pytest

CHECK = "provenance.freshness"


@pytest.fixture
def given(subject):
    def given_of(**said):
        content = json.dumps({"schema": "proofbox/provenance/v1"} | said).encode()
        return subject({"eval.csv": b"", "p.json": content}, declared=[("evaluation", "eval.csv", None)],
                       provenance={"evaluation": "p.json"})  # fmt: skip

    return given_of


def values(found):
    return {name: one.value for name, one in found.items()}


def test_perfect_made_today(measures, given):
    found = measures(CHECK, subject=given(date="2026-11-22", valid_until="2026-11-22"), as_of="2026-11-22")
    assert values(found) == {"data_age_days": 0, "days_past_valid_until": 0, "dates_ahead": 0}


def test_worst_old_and_expired(measures, given):
    found = measures(CHECK, subject=given(date="1996", valid_until="31/12/2000"), as_of="2001-01-10")
    assert values(found) == {"data_age_days": 1836, "days_past_valid_until": 10, "dates_ahead": 0}
    assert found["data_age_days"].detail["made"] == "1996-01-01"


def test_middle_the_day_of_judgement_is_given_and_no_clock_is_read(measures, given):
    ages = [
        measures(CHECK, subject=given(date="2026-11", timeframe="2020-01-01/2020-12-31"), as_of=day)["data_age_days"]
        for day in ("2026-11-22", "2027-11-22")
    ]
    assert [one.value for one in ages] == [21, 386]
    assert [one.detail["as_of"] for one in ages] == ["2026-11-22", "2027-11-22"]
    assert ages[0].detail["data_tell_of_time_until"] == "2020-12-31"
    assert ages[0].detail["valid_until"] is None


def test_degenerate_made_tomorrow(measures, given):
    found = measures(CHECK, subject=given(date="2026-11-23"), as_of="2026-11-22")
    assert values(found) == {"data_age_days": 0, "days_past_valid_until": 0, "dates_ahead": 1}


def test_inapplicable_without_a_record_a_date_or_one_that_can_be_read(why, given, subject):
    assert "says no day" in why(CHECK, subject=given(name="x"))
    assert why(CHECK, subject=given(date="last spring")) == (
        "the date 'last spring' cannot be read (provenance record p.json)"
    )
    bare = subject({"eval.csv": b""}, declared=[("evaluation", "eval.csv", None)])
    assert why(CHECK, subject=bare) == "there is no provenance record of the evaluation data"
    assert why(CHECK, subject=bare, params={"role": "training"}) == "the submission names no training data"
