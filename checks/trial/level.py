"""Whether the declared level of a controlled trial is the one that its own flags lead to.

## Measures

- `level_shortfall`: [0, 2], lower is better, 0 is perfect. Levels by which the declared one lies below the one that
  follows.

## Method

The block `trial` of `submission.yaml` is read by Decree 142, Article 22: sensitive or core personal data, children's
data, state secrets and systems of defence or security make level 3; outputs that are used make level 2; else it is
level 1. The highest counts. Declaring a higher level is no shortfall.

## Limits

The flags are the provider's own. What was found in the data is told by `privacy.personal_data`; whether the flags agree
with it is for a person to read.

## References

- Decree 142/2026/ND-CP, Article 22.
"""

from __future__ import annotations

from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import t
from proofbox.checks.tiers import level_of


@check("trial.level")
def level(subject: Subject) -> Measured | Inapplicable:
    """Measure how the declared level of a trial lies to the one that its flags lead to."""
    if subject.trial is None:
        return Inapplicable(t("the submission names no controlled trial (trial)"))
    declared = subject.trial.get("level")
    follows = level_of(subject.trial).level
    flags: dict[str, Json] = {name: value for name, value in subject.trial.items() if name != "level"}
    shortfall = max(0, follows - declared) if isinstance(declared, int) else follows
    detail: dict[str, Json] = {"declared": declared, "by_flags": follows, "flags": flags}
    return Measured(
        measurements=(
            Measurement(
                measure="level_shortfall", value=float(min(shortfall, 2)), sample_size=max(len(flags), 1), detail=detail
            ),
        )
    )
