"""``proofbox policy crosswalk`` as a user runs it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from proofbox.runners.commands.crosswalk import crosswalk


@pytest.fixture
def told():
    def _told(*arguments: str) -> str:
        result = CliRunner().invoke(crosswalk, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return _told


def test_it_says_relation_confidence_and_gap_in_both_languages(told):
    english, vietnamese = told("--to", "eu-ai-act"), told("--to", "eu-ai-act", "--lang", "vi")
    assert "15(4): overlaps with it, medium confidence" in english
    assert "gap: " in english
    assert "there is no official table" in english
    assert "khoảng cách: " in vietnamese
    assert "độ tin cậy trung bình" in vietnamese
    assert "gap" not in vietnamese
    assert len(english.splitlines()) == len(vietnamese.splitlines())


def test_with_a_policy_each_clause_says_what_shows_it(told):
    found = told("vn-trusted-ai", "--to", "nist-ai-rmf")
    assert "4(3) (tested by a machine)" in found
    assert "14(1)(e) (" in found
    assert "baseline" not in told("baseline")


def test_json_and_oscal(told, tmp_path):
    path = tmp_path / "map.json"
    found = json.loads(told("vn-trusted-ai", "--json", "--oscal", str(path)))
    assert {one["target"] for one in found} >= {"eu-ai-act", "ai-verify"}
    assert all(set(one["covers"].values()) <= {"tested", "documented", "attested", "not-covered"} for one in found)
    assert json.loads(path.read_text(encoding="utf-8"))["mapping-collection"]["metadata"]["oscal-version"] == "1.2.1"


def test_a_framework_that_no_crosswalk_leads_to_is_named():
    from proofbox.runners.errors import UsageError

    with pytest.raises(UsageError, match="no crosswalk leads there; there are: ai-verify"):
        CliRunner().invoke(crosswalk, ["--to", "eu"], catch_exceptions=False)
