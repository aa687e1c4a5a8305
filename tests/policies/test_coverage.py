"""`policy coverage`: no clause is shown as covered by a check that does not measure it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from proofbox.checks.registry import all_checks
from proofbox.policies.clause_lists import ATTESTATION, ClauseList, clause_lists
from proofbox.policies.clause_numbers import clause_numbers, made_anew
from proofbox.policies.coverage import DOCUMENT_CHECKS, Covered, coverage
from proofbox.policies.loader import LoadedPolicy, load_policy, shipped

FAMILIES = {check.partition(".")[0] for check in all_checks()}
PLANNED = {"explainability"}
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


def with_evidence(clause: str, *evidence: str) -> ClauseList:
    changed = [
        item.model_copy(update={"evidence": evidence}) if item.clause == clause else item for item in LIST.clauses
    ]
    return LIST.model_copy(update={"clauses": tuple(changed)})


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
    attesting = valid[:start] + f"        {asked}\n" + valid[end:]
    found = covered(attesting)
    assert (found["2"].cover, found["2"].only_named) == ("not-covered", ("T-PROV.a",)), "no word can bear on it"
    found = covered(attesting, {"own": with_evidence("2", "perf", ATTESTATION)})
    assert (found["2"].cover, found["2"].requirements) == ("attested", {"attested": ("T-PROV.a",)})


@pytest.mark.parametrize(("evidence", "cover"), [("prov.digests", "tested"), ("prov.other", "not-covered")])
def test_a_clause_may_name_a_single_check(covered, evidence: str, cover: str):
    assert covered(lists={"own": with_evidence("2", evidence)})["2"].cover == cover


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
                check = checks[name] or ATTESTATION
                bearing = {check, check.partition(".")[0]}
                assert listed is None or bearing & set(clause.evidence), (item.clause, name)
                assert (kind == "attested") == (listed is not None and check == ATTESTATION)
                assert kind != "tested" or check not in DOCUMENT_CHECKS


def test_documents_are_told_from_tests():
    found = {(item.framework, item.clause): item for item in coverage(load_policy("vn-trusted-ai").policy)}
    assert "VN-DAT-01.a" in found["vn-decree-142-2026", "3(1)"].requirements["documented"]
    assert found["vn-law-134-2025", "4(3)"].cover == "tested"
    assert found["vn-law-134-2025", "7(4)"].cover == "documented", "a log is what somebody wrote"
    assert found["vn-law-134-2025", "11(2)"].cover == "attested"
    assert found["vn-law-134-2025", "29"].cover == "not-covered"


def test_the_checks_called_documents_exist():
    assert set(all_checks()) >= DOCUMENT_CHECKS


@pytest.mark.parametrize("framework", sorted(clause_lists()))
def test_every_list_of_clauses_is_in_order(framework: str):
    listed = clause_lists()[framework]
    names = ["".join(clause.clause.split()) for clause in listed.clauses]
    assert len(names) == len(set(names)) >= 6
    for clause in listed.clauses:
        assert set(clause.evidence) <= FAMILIES | set(all_checks()) | PLANNED | {ATTESTATION}, clause.clause
        assert len(set(clause.evidence)) == len(clause.evidence)
        families = {one for one in clause.evidence if "." not in one}
        assert not {one for one in clause.evidence if one.partition(".")[0] in families - {one}}, "said twice"
        assert clause.text.en != clause.text.vi


@pytest.mark.parametrize("pack", shipped())
def test_every_clause_that_a_pack_names_is_listed_with_that_source_and_mark(pack: str):
    for control in load_policy(pack).policy.controls:
        for reference in control.references:
            if reference.framework == "proofbox-baseline":
                continue
            listed = clause_lists()[reference.framework]
            clause = listed.find(reference.clause)
            assert clause is not None, f"{control.id}: {reference.clause}"
            assert (reference.source, reference.confidence) == (listed.source, clause.confidence), control.id


def test_what_is_known_from_memory_or_not_at_all_is_in_no_list():
    """FRAMEWORKS Z: clauses marked M or U."""
    eu = clause_lists()["eu-ai-act"]
    assert not [clause for clause in ("58", "60", "60a", "86", "95", "Annex IV 1") if eu.find(clause)]
    assert len(clause_lists()["iso-42001"].clauses) == 38
    principles = [one for one in clause_lists()["ai-verify"].clauses if one.clause.startswith("principle")]
    assert len(principles) == 11


def test_the_numbers_of_clauses_are_those_of_the_lists() -> None:
    made = {name: [clause.clause for clause in listed.clauses] for name, listed in clause_lists().items()}
    assert {name: list(numbers) for name, numbers in clause_numbers().items()} == made, (
        "run: python -m proofbox.policies.clause_numbers"
    )
    assert json.loads(made_anew()) == made
