"""Whether the declared risk tier is what the provider's own answers lead to, and no forbidden practice was named.

## Measures

- `forbidden_practices`: [0, 1], lower is better, 0 is perfect. 1 where a practice that Article 7 of Law 134 forbids was
  answered with yes.
- `tier_shortfall`: [0, 2], lower is better, 0 is perfect. Steps by which the declared risk tier lies below the one that
  the answers lead to.
- `questions_open`: [0, inf), lower is better, 0 is perfect. Questions that are still to be answered before the tier
  follows.

## Method

The block `classification` of `submission.yaml` is taken through Law 134 Articles 7, 9 and 10 and Decree 142 Articles 6,
8 and 9: a listed system is high unless an exclusion applies, one that meets a condition of Article 9 is medium unless
an exclusion applies, any other is low. A question that was not answered leaves the tier open, and then `tier_shortfall`
is not given. Declaring a higher tier than follows is no shortfall.

## Limits

The answers are the provider's own: whether they are true, and whether the list of high-risk systems (Decision 33/2026)
names the system, is for a person to read. The Ministry's own tool of classification is another, and binds no more.

## References

- Law 134/2025/QH15, Articles 7, 9 and 10.
- Decree 142/2026/ND-CP, Articles 6, 8 and 9.
"""

from __future__ import annotations

from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t
from proofbox.checks.tiers import TIERS, Answers, Classified, tier_of


@check("classification.screening")
def screening(subject: Subject) -> Measured | Inapplicable:
    """Measure how the declared risk tier lies to the one that the answers lead to."""
    answers = subject.classification
    if answers is None:
        return Inapplicable(t("the submission answers no questions of classification (classification)"))
    found = tier_of(answers)
    values: dict[str, float] = {"questions_open": float(len(found.open))}
    absent: dict[str, Text] = {}
    if answers.get("prohibited_practice") is None:
        absent["forbidden_practices"] = found.reason
    else:
        values["forbidden_practices"] = float(bool(answers["prohibited_practice"]))
    declared = str(subject.product.get("risk_tier"))
    if found.tier is None or declared not in TIERS:
        absent["tier_shortfall"] = found.reason
    else:
        values["tier_shortfall"] = float(max(0, TIERS.index(found.tier) - TIERS.index(declared)))
    return Measured(
        measurements=tuple(_measurement(name, value, found, answers, declared) for name, value in values.items()),
        absent=absent,
    )


def _measurement(name: str, value: float, found: Classified, answers: Answers, declared: str) -> Measurement:
    detail: dict[str, Json] = {"declared": declared, "by_answers": found.tier, "open": [*found.open]}
    return Measurement(measure=name, value=value, sample_size=max(len(answers), 1), detail=detail)
