"""The short statement lists what passed, and nothing that did not."""

from __future__ import annotations

import dataclasses

import pytest

from proofbox.reports.svr import properties, svr_statement


def test_only_what_passed_is_listed(model_a):
    passed = {finding.requirement for finding in model_a.findings if finding.verdict == "pass"}
    others = {finding.requirement for finding in model_a.findings if finding.verdict != "pass"}
    assert passed
    assert others
    listed = properties(model_a)
    assert listed == tuple(sorted(f"PROOFBOX_vn-trusted-ai_{name}" for name in passed - others))
    assert "PROOFBOX_CONFORMS" not in listed


@pytest.mark.parametrize("verdict", ["fail", "inconclusive", "not-applicable", "error", "not-run"])
def test_a_requirement_with_one_finding_that_did_not_pass_is_not_listed(model_a, verdict):
    (first, *_) = (finding for finding in model_a.findings if finding.verdict == "pass")
    name = f"PROOFBOX_{first.policy}_{first.requirement}"
    assert name in properties(model_a)
    beside = dataclasses.replace(first, verdict=verdict)
    assert name not in properties(dataclasses.replace(model_a, findings=(*model_a.findings, beside)))


def test_that_all_conforms_is_said_where_it_does(model_a):
    passed = tuple(dataclasses.replace(finding, verdict="pass") for finding in model_a.findings)
    listed = properties(dataclasses.replace(model_a, findings=passed, conclusion="conforms"))
    assert listed[-1] == "PROOFBOX_CONFORMS"


def test_it_has_the_form_of_version_0_2(model_a):
    statement = svr_statement(model_a)
    assert statement.predicate_type == "https://in-toto.io/attestation/svr/v0.2"
    assert statement.subjects == {"submission": model_a.subject.digest}
    assert statement.predicate.keys() == {"verifier", "timeCreated", "properties"}
    verifier = statement.predicate["verifier"]
    assert verifier["id"].startswith("urn:proofbox:")
    assert [policy["digest"]["sha256"] for policy in verifier["policies"]] == [one.digest for one in model_a.policies]
    assert statement.predicate["timeCreated"].endswith("Z")
    assert svr_statement(model_a).to_bytes() == statement.to_bytes()
