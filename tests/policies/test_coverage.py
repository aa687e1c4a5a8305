"""`policy coverage`: no clause is shown as covered by a check that does not measure it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proofbox.checks.registry import all_checks
from proofbox.policies.clause_lists import ATTESTATION, ClauseList, clause_lists
from proofbox.policies.coverage import DOCUMENT_CHECKS, Covered, coverage
from proofbox.policies.loader import LoadedPolicy, load_policy, shipped

FAMILIES = {check.partition(".")[0] for check in all_checks()}
PLANNED = {"oversight", "logging", "trial"}
"""Kinds of evidence that clauses ask for and no check gives yet."""

LIST = ClauseList.model_validate(
    {
        "schema": "proofbox/clauses/v1",
        "framework": "own",
        "title": {"en": "Ours", "vi": "Của ta"},
        "source": "S0",
        "clauses": [
            {"clause": clause, "confidence": "V", "evidence": evidence, "text": {"en": "Do", "vi": "Làm"}}
            for clause, evidence in (("1", ["fair"]), ("2", ["perf"]), ("3", ["fair"]))
        ],
    }
)


@pytest.fixture
def covered(load: Callable[..., LoadedPolicy], valid: str):
    def _covered(text: str = valid, lists=None) -> dict[str, Covered]:
        return {item.clause: item for item in coverage(load(text).policy, {"own": LIST} if lists is None else lists)}

    return _covered


def test_a_clause_is_covered_only_by_evidence_that_bears_on_it(covered):
    found = covered()
    assert (found["1"].cover, found["1"].requirements) == ("tested", {"tested": ("T-FAIR.a",)})
    assert (found["2"].cover, found["2"].only_named) == ("not-covered", ("T-PROV.a",))
    assert (found["3"].cover, found["3"].requirements, found["3"].only_named) == ("not-covered", {}, ())


def test_a_clause_that_the_list_lacks_is_not_covered(covered, valid: str):
    found = covered(valid.replace('clause: "2"', 'clause: "99"'))
    assert (found["99"].cover, found["99"].only_named) == ("not-covered", ("T-PROV.a",))


def test_without_a_list_a_clause_is_only_named(covered):
    found = covered(lists={})
    assert {item.cover for item in found.values()} == {"named"}
    assert found["1"].requirements == {"named": ("T-FAIR.a",)}


def test_what_a_person_attests_is_never_called_tested(covered, valid: str):
    asked = "attestation: {question: {en: Q, vi: H}, needs: [signer]}"
    start, end = valid.index("        gate: true"), valid.index("        remediation: {en: Send")
    found = covered(valid[:start] + f"        {asked}\n" + valid[end:])
    assert (found["2"].cover, found["2"].requirements) == ("attested", {"attested": ("T-PROV.a",)})


@pytest.mark.parametrize("pack", shipped())
def test_the_coverage_of_a_shipped_pack_claims_nothing_too_much(pack: str):
    policy = load_policy(pack).policy
    checks = {item.id: item.check for control in policy.controls for item in control.requirements}
    lists = clause_lists()
    for item in coverage(policy):
        listed = lists.get(item.framework)
        clause = None if listed is None else listed.find(item.clause)
        for kind, names in item.requirements.items():
            for name in names:
                family = (checks[name] or "").partition(".")[0]
                assert kind == "attested" or listed is None or family in clause.evidence, (item.clause, name)
                assert kind != "tested" or checks[name] not in DOCUMENT_CHECKS


def test_documents_are_told_from_tests():
    found = {(item.framework, item.clause): item for item in coverage(load_policy("vn-trusted-ai").policy)}
    assert "VN-DAT-01.a" in found["vn-decree-142-2026", "3(1)"].requirements["documented"]
    assert found["vn-law-134-2025", "4(3)"].cover == "tested"
    assert found["vn-law-134-2025", "7(4)"].cover == "not-covered"


def test_the_checks_called_documents_exist():
    assert set(all_checks()) >= DOCUMENT_CHECKS


@pytest.mark.parametrize("framework", sorted(clause_lists()))
def test_every_list_of_clauses_is_in_order(framework: str):
    listed = clause_lists()[framework]
    names = ["".join(clause.clause.split()) for clause in listed.clauses]
    assert len(names) == len(set(names)) >= 9
    for clause in listed.clauses:
        assert set(clause.evidence) <= FAMILIES | PLANNED | {ATTESTATION}, clause.clause
        assert clause.text.en != clause.text.vi


@pytest.mark.parametrize("pack", shipped())
def test_every_clause_that_a_pack_names_is_in_the_list_of_its_framework(pack: str):
    for control in load_policy(pack).policy.controls:
        for reference in control.references:
            listed = clause_lists().get(reference.framework)
            assert listed is None or listed.find(reference.clause), f"{control.id}: {reference.clause}"
