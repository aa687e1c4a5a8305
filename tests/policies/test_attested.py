"""What a person attests: missing, unsigned, expired or with another document is not a pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from proofbox.policies.attestation_file import attestation_record, read_attestations
from proofbox.policies.errors import BadDocumentError
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import LoadedPolicy

ON = "2026-11-25"
DIGEST = "a" * 64
FILE = f"""\
schema: proofbox/attestations/v1
attestations:
  - requirement: T-PROV.a
    answer: yes
    statement: The stop button was tried
    signer: {{name: Trần Thị B, role: Safety officer}}
    date: 2026-11-01
    expires: 2027-10-31
    document: {{path: docs/stop.pdf, sha256: {DIGEST}}}
"""


@pytest.fixture
def asked(valid: str, load: Callable[..., LoadedPolicy]) -> LoadedPolicy:
    start, end = valid.index("        gate: true"), valid.index("        remediation: {en: Send")
    asks = "        attestation: {question: {en: Is it so?, vi: Có đúng không?}, needs: [document, signer, date]}\n"
    return load(valid[:start] + asks + valid[end:])


@pytest.fixture
def judged(asked: LoadedPolicy, checks):
    def _judged(text: str = FILE, files: dict[str, str] | None = None, on: str = ON, **changes: str):
        digests = {"docs/stop.pdf": DIGEST} if files is None else files
        records = tuple(
            replace(attestation_record(item, digests), **changes) for item in read_attestations(text.encode(), "a.yaml")
        )
        evidence = Evidence(attestations=records, judged_on=on)
        return judge([asked], Facts(risk_tier="high"), evidence, checks).findings[1]

    return _judged


def test_a_signed_dated_yes_with_its_document_is_a_pass(judged):
    found = judged()
    assert found.verdict == "pass"
    assert str(found.reason) == (
        "Trần Thị B (Safety officer) attested this on 2026-11-01, and it holds until 2027-10-31"
    )
    assert judged(policy="tiny").verdict == "pass"


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"signer": ""}, "not-run", "unsigned"),
        ({"role": ""}, "not-run", "unsigned"),
        ({"date": ""}, "not-run", "no date"),
        ({"document": ""}, "not-run", "names no document"),
        ({"expires": ""}, "not-run", "until when"),
        ({"expires": "2026-11-24"}, "not-run", "expired on 2026-11-24"),
        ({"date": "2026-11-26"}, "not-run", "still to come"),
        ({"answer": "no"}, "fail", "stated on 2026-11-01 that this is not so"),
        ({"received_sha256": "b" * 64}, "fail", "not the one that was attested"),
        ({"received_sha256": ""}, "fail", "not in the submission"),
        ({"requirement": "T-FAIR.a"}, "not-run", "nobody has"),
        ({"policy": "another"}, "not-run", "nobody has"),
    ],
)
def test_anything_less_is_not_a_pass(judged, changes: dict[str, str], verdict: str, words: str):
    found = judged(**changes)
    assert found.verdict == verdict
    assert words in str(found.reason)


@pytest.mark.parametrize(("on", "verdict"), [("2027-10-31", "pass"), ("2027-11-01", "not-run"), ("", "not-run")])
def test_it_holds_to_the_end_of_its_last_day_and_on_no_unknown_day(judged, on: str, verdict: str):
    assert judged(on=on).verdict == verdict


def test_a_document_that_is_not_there_or_another_one_fails(judged):
    assert judged(files={}).verdict == "fail"
    assert judged(files={"docs/stop.pdf": "b" * 64}).verdict == "fail"


def test_one_for_this_very_policy_counts_before_one_for_all(judged):
    both = FILE + FILE.partition("attestations:\n")[2].replace("answer: yes", "policy: tiny\n    answer: no")
    assert judged(both).verdict == "fail"


def test_a_product_that_is_not_meant_is_asked_nothing(valid: str, load, checks):
    start, end = valid.index("        gate: true"), valid.index("        remediation: {en: Send")
    asks = (
        "        applies_when: {risk_tier: [low]}\n        attestation: {question: {en: Q, vi: H}, needs: [signer]}\n"
    )
    policy = load(valid[:start] + asks + valid[end:])
    found = judge([policy], Facts(risk_tier="high"), Evidence(judged_on=ON), checks).findings[1]
    assert found.verdict == "not-applicable"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("answer: yes", "answer: maybe", "4:5: attestations[0].answer: got 'maybe', expected 'yes' or 'no'"),
        ("answer: yes", "answer: true", "4:5: attestations[0].answer: got true, expected 'yes' or 'no'"),
        (
            "expires: 2027-10-31",
            "expires: 2026-10-31",
            "got 2026-10-31 before 2026-11-01, expected 'expires' on or after",
        ),
        (f"sha256: {DIGEST}", "sha256: abc", "attestations[0].document.sha256: got 'abc', expected the 64 lower-case"),
        ("signer:", "singer:", "attestations[0].singer: got the unknown key 'singer'"),
        ("    answer: yes\n", "", "attestations[0]: got no key 'answer'"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(old: str, new: str, told: str):
    assert old in FILE
    with pytest.raises(BadDocumentError) as caught:
        read_attestations(FILE.replace(old, new, 1).encode(), "a.yaml")
    assert told in str(caught.value)


def test_one_requirement_attested_twice_is_refused():
    with pytest.raises(
        BadDocumentError, match=r"attestations\[1\].requirement: got a second attestation of 'T-PROV.a'"
    ):
        read_attestations((FILE + FILE.partition("attestations:\n")[2]).encode(), "a.yaml")


@pytest.mark.parametrize(
    ("signature", "verdict", "words"),
    [
        ("unsigned", "pass", "attested this on"),
        ("not-checked", "pass", "attested this on"),
        ("verified", "pass", "attested this on"),
        ("missing", "not-run", "nobody signed it"),
        ("wrong", "fail", "signature is wrong"),
    ],
)
def test_what_a_signature_is_worth(judged, signature, verdict, words):
    found = judged(signature=signature)
    assert (found.verdict, words in str(found.reason)) == (verdict, True)


def test_a_signature_is_over_everything_but_itself():
    (plain,) = read_attestations(FILE.encode(), "a.yaml")
    signed = plain.model_copy(update={"signature": "A" * 86 + "=="})
    assert plain.signed_bytes() == signed.signed_bytes()
    assert plain.signed_bytes() != plain.model_copy(update={"answer": "no"}).signed_bytes()
    with pytest.raises(BadDocumentError, match="signature"):
        read_attestations((FILE + "    signature: abc\n").encode(), "a.yaml")
