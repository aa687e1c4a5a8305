"""The block ``classification`` of a submission, and the risk tier that it leads to.

It is a help to the provider and binds nobody: the Ministry's own tool (Decree 142, Articles 5(8) and 10) is another,
and the list of high-risk systems (Decision 33/2026) must be read. The rule itself is
:func:`proofbox.checks.tiers.tier_of`.
"""

from __future__ import annotations

from proofbox.checks.tiers import Classified, tier_of
from proofbox.policies.model import Flag, PolicyModel


class ClassificationAnswers(PolicyModel):
    """The block ``classification`` of ``submission.yaml``: true, false, or left out where it was not answered."""

    prohibited_practice: Flag | None = None
    """whether anything that Article 7 of Law 134 forbids is done"""
    listed: Flag | None = None
    """whether the list of high-risk systems (Decision 33/2026) names the system"""
    human_review_before_effect: Flag | None = None
    """a person reviews every output in substance before it takes effect"""
    advisory_only: Flag | None = None
    internal_use: Flag | None = None
    data_processing_only: Flag | None = None
    medium_conditions: Flag | None = None
    """whether it meets a condition of medium risk (Decree 142, Article 9)"""
    office_tool: Flag | None = None
    not_public: Flag | None = None
    technical_processing: Flag | None = None


def classify(answers: ClassificationAnswers) -> Classified:
    """Return the tier that the answers lead to, with the clause that says so."""
    return tier_of(answers.model_dump())
