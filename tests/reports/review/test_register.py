"""The register of approved products, its page, and what MLflow is told."""

from __future__ import annotations

import json

import pytest

from proofbox.reports.register.export import register_json, register_of, register_page
from proofbox.reports.review.history import read_history
from proofbox.reports.review.wording import decision_line, review_tags

from .conftest import BUNDLE, TRUSTED, add


def test_the_register_lists_what_stands_and_what_no_longer_does(reviews):
    register = register_of(reviews, TRUSTED, "2026-12-01")
    assert [(one.standing, one.approval.subject.product.name) for one in register.entries] == [
        ("revoked", "Loan model"),
        ("approved", "Other model"),
    ]
    assert register.counts() == {"approved": 1, "expired": 0, "revoked": 1}
    assert register_of(reviews, TRUSTED, "2027-02-01").counts() == {"approved": 0, "expired": 1, "revoked": 1}
    assert register_of(reviews, TRUSTED, "2026-11-24").entries == ()
    document = json.loads(register_json(register))
    assert document["entries"][1]["conditions"] == {"until": "2027-01-31", "maximum_users": 500, "regions": ["VN-HN"]}
    assert document["entries"][0]["revoked"] == {"on": "2026-11-25", "reason": "because"}
    assert register_json(register) == register_json(register_of(reviews, TRUSTED, "2026-12-01"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Register of approved products", "As of 1 December 2026", "until 31 January 2027; at most 500 users"]),
        ("vi", ["Danh sách sản phẩm được chấp thuận", "Không còn được chấp thuận", "chỉ tại VN-HN"]),
    ],
)
def test_the_page_is_in_both_languages_and_asks_for_nothing(reviews, language, said):
    page = register_page(register_of(reviews, TRUSTED, "2026-12-01"), language)
    for words in said:
        assert words in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_names_in_the_page_and_the_tags_stay_names(tmp_path, hostile_text):
    for state in ("under-review", "approved"):
        add(tmp_path, state, name=hostile_text, reviewer=hostile_text, reason=hostile_text)
    register = register_of(tmp_path, TRUSTED, "2026-12-01")
    page = register_page(register, "vi")
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x" in page
    approval = register.entries[0].approval
    note = review_tags(approval, "d" * 64, "**Undetermined**")["mlflow.note.content"]
    assert note.startswith("**Review**: 2. 2026-11-25 approved with conditions")
    assert "<img" not in note.replace("\\<img", "")
    assert "\u202e" not in note
    assert hostile_text in decision_line(approval)


def test_tags_of_a_revocation_leave_nothing_of_the_approval(reviews):
    approved, revoked = (one.decision for one in read_history(reviews, BUNDLE).decided[1:])
    before, after = review_tags(approved, "d" * 64, "n"), review_tags(revoked, "e" * 64, "n")
    assert (before["proofbox.review.until"], after["proofbox.review.until"]) == ("2027-01-31", "none")
    assert before.keys() == after.keys()
