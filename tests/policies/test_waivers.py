"""Waivers stand beside failed findings, die with what they were for, and change no verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofbox.checks.text import t
from proofbox.policies.errors import BadDocumentError
from proofbox.policies.record import Finding, PolicyRecord, SubjectRecord
from proofbox.policies.waiver_file import Waiver, read_waivers
from proofbox.policies.waivers import GivenWaiver, with_waivers

SUBJECT = SubjectRecord(
    digest="a" * 64,
    files=(),
    product={"name": "P", "provider": {"name": "Example Ltd", "id": "0101", "contact": "ai@example.vn"}},
    model=None,
    data={},
)
POLICY = PolicyRecord(
    id="tiny", version="1", digest="b" * 64, title={}, checked_on="2026-01-01", expires_on="2027-01-01", controls=()
)
FILE = """\
schema: proofbox/waivers/v1
waivers:
  - id: W-1
    control: T-FAIR
    subject: AAAA
    policy: {id: tiny, version: "1", digest: BBBB}
    reason: Data are being collected
    approver: {name: Nguyễn Văn A, role: Head of risk}
    approved_on: 2026-11-01
    expires: 2027-01-31
""".replace("AAAA", "a" * 64).replace("BBBB", "b" * 64)


def finding(**given) -> Finding:
    plain = {
        "policy": "tiny",
        "control": "T-FAIR",
        "requirement": "T-FAIR.a",
        "level": "must",
        "verdict": "fail",
        "reason": t("so"),
        "check": "fair.parity",
        "criterion": None,
        "measurements": (),
        "counterexamples": (),
    }
    return Finding(**(plain | given))


def given(signature="unsigned", **changes) -> GivenWaiver:
    (waiver,) = read_waivers(FILE.encode(), "w.yaml")
    return GivenWaiver(waiver=waiver.model_copy(update=changes), signature=signature)


def waived(*waivers: GivenWaiver, on="2026-11-25", subject=SUBJECT, policy=POLICY, **of):
    (found,) = with_waivers([finding(**of)], waivers, subject, [policy], on)
    assert replace(found, waiver=None) == finding(**of), "nothing but the waiver may differ"
    return found.waiver


def test_it_is_shown_with_who_decided_and_until_when():
    assert waived(given()) == {
        "id": "W-1",
        "status": "active",
        "signature": "unsigned",
        "approver": "Nguyễn Văn A",
        "role": "Head of risk",
        "approved_on": "2026-11-01",
        "expires": "2027-01-31",
        "reason": "Data are being collected",
    }


@pytest.mark.parametrize(
    ("status", "how"),
    [
        ("active", {"on": "2027-01-31"}),
        ("expired", {"on": "2027-02-01"}),
        ("active", {"on": "2026-11-01"}),
        ("not-yet", {"on": "2026-10-31"}),
        ("other-subject", {"subject": replace(SUBJECT, digest="c" * 64)}),
        ("other-policy", {"policy": replace(POLICY, digest="c" * 64)}),
        ("other-policy", {"policy": replace(POLICY, version="2")}),
    ],
)
def test_it_dies_with_its_time_its_subject_and_its_policy(status: str, how: dict):
    assert waived(given(), **how)["status"] == status


@pytest.mark.parametrize("name", ["Example Ltd", "  example   LTD ", "ai@example.vn", "0101"])
def test_the_submitter_cannot_approve(name: str):
    approver = given().waiver.approver.model_copy(update={"name": name})
    assert waived(given(approver=approver))["status"] == "approved-by-submitter"


def test_a_wrong_signature_makes_it_void_whatever_else_it_says():
    assert waived(given("wrong"))["status"] == "wrong-signature"
    assert waived(given("wrong"), on="2030-01-01")["status"] == "wrong-signature"


@pytest.mark.parametrize("of", [{"verdict": "pass"}, {"verdict": "inconclusive"}, {"control": "T-OTHER"}])
def test_only_a_failed_finding_of_its_control_carries_it(of: dict):
    assert waived(given(), **of) is None


def test_one_requirement_or_all_of_a_control():
    assert waived(given(requirement="T-FAIR.a"))["status"] == "active"
    assert waived(given(requirement="T-FAIR.b")) is None


def test_one_that_holds_is_shown_before_one_that_is_dead():
    dead, alive = given(id="W-0", expires="2026-11-02"), given(id="W-9")
    assert waived(dead, alive)["id"] == waived(alive, dead)["id"] == "W-9"


def test_a_signature_is_over_everything_but_itself():
    waiver = given().waiver
    signed = waiver.model_copy(update={"signature": "A" * 86 + "=="})
    assert signed.signed_bytes() == waiver.signed_bytes()
    for key, other in (
        ("reason", "x"),
        ("expires", "2028-01-01"),
        ("subject", "d" * 64),
        ("control", "X"),
        ("id", "Y"),
    ):
        assert waiver.model_copy(update={key: other}).signed_bytes() != waiver.signed_bytes()
    again = Waiver.model_validate(waiver.model_dump())
    assert again.signed_bytes() == waiver.signed_bytes()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    expires: 2027-01-31\n", "", "3:5: waivers[0]: got no key 'expires', expected 'expires'"),
        (
            "2027-01-31",
            "2026-10-31",
            "3:5: waivers[0]: got 2026-10-31 before 2026-11-01, expected 'expires' on or after",
        ),
        ("2027-01-31", "next year", "10:5: waivers[0].expires: got 'next year', expected a date as YYYY-MM-DD"),
        (
            "reason: Data are being collected",
            "reason: ' '",
            "7:5: waivers[0].reason: got ' ', expected text that is not",
        ),
        ("role: Head", "roll: Head", "waivers[0].approver.roll: got the unknown key 'roll'"),
        ("subject: aaaa", "subject: zzzz", "5:5: waivers[0].subject: got 'zzzz"),
        ("    reason", "    signature: abc\n    reason", "7:5: waivers[0].signature: got 'abc'"),
        ("schema: proofbox/waivers/v1", "schema: proofbox/waiver/v1", "1:1: schema: got 'proofbox/waiver/v1'"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(old: str, new: str, told: str):
    assert old in FILE
    with pytest.raises(BadDocumentError) as caught:
        read_waivers(FILE.replace(old, new, 1).encode(), "w.yaml")
    assert told in str(caught.value)


def test_two_of_one_id_are_refused():
    twice = FILE + FILE.partition("waivers:\n")[2]
    with pytest.raises(BadDocumentError, match=r"waivers\[1\].id: got the id 'W-1' a second time"):
        read_waivers(twice.encode(), "w.yaml")
