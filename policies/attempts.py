"""The number of attempts on the same evaluation data, and what it asks of a pass.

A provider who tries the same data again and again passes by chance at last. The error that a policy allows for one
wrong pass, ``1 - confidence``, is therefore spent over all attempts that may ever come: attempt ``n`` gets the share
``1 / (n (n + 1))`` of it. The shares sum to one, so by Bonferroni's inequality the chance of *any* wrong pass, however
many attempts there are, stays below ``1 - confidence``.

Only passing is tightened: more attempts turn a pass into inconclusive, and never a fail into anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proofbox.checks.text import Text, t
from proofbox.policies.errors import Problem
from proofbox.policies.model import Control, Policy
from proofbox.policies.yamlfile import Document


def spent(confidence: float, attempt: int) -> float:
    """Return the confidence that a pass needs at one attempt.

    Parameters
    ----------
    confidence
        Of a pass over all attempts, in (0.5, 1).
    attempt
        Which attempt on the same data, from 1.

    Notes
    -----
    C. E. Bonferroni, "Teoria statistica delle classi e calcolo delle probabilità" (1936), with unequal shares. That
    they may be spent in order, without knowing how many attempts there will be: D. P. Foster and R. A. Stine,
    "Alpha-investing: a procedure for sequential control of expected false discoveries", JRSS B 70 (2008) 429-444;
    J. Tian and A. Ramdas, "Online control of the familywise error rate", Statistical Methods in Medical Research 30
    (2021) 976-993.
    """
    return 1 - (1 - confidence) / (attempt * (attempt + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """What a policy asks of the number of attempts, and which attempt this is."""

    asked: bool = False
    """Whether the policy counts attempts at all."""
    attempt: int | None = None
    """None where no ledger says."""

    @classmethod
    def of(cls, policy: Policy, attempt: int | None) -> Tries:
        """Return what one policy asks."""
        return cls(asked=policy.attempts is not None, attempt=attempt)

    @property
    def unknown(self) -> bool:
        """Whether the number is asked for and nobody counted; then nothing can pass."""
        return self.asked and self.attempt is None

    def passing(self, confidence: float) -> float:
        """Return the confidence that a pass needs, where one attempt alone would need ``confidence``."""
        return spent(confidence, self.attempt) if self.asked and self.attempt is not None else confidence

    def clause(self, passing: str) -> Text | None:
        """Return what a reason says of it; ``passing`` is the confidence as text."""
        if self.unknown:
            return t("the policy counts attempts and no ledger says which this is, so that nothing can pass")
        if not self.asked:
            return None
        return t(
            "this is attempt {attempt} on the same evaluation data, so that a pass needs the {passing} interval",
            attempt=str(self.attempt),
            passing=passing,
        )


def attempts_problems(document: Document, policy: Policy, controls: Sequence[Control]) -> Iterator[Problem]:
    """Yield what is wrong with counting attempts in a policy file: that it would change nothing."""
    criteria = [requirement.criterion for control in controls for requirement in control.requirements]
    if policy.attempts is None or any(one is not None and one.decision_rule == "guarded" for one in criteria):
        return
    hint = "a value that is compared alone has no confidence to tighten"
    got, expected = "attempts beside no guarded requirement", "at least one with 'decision_rule: guarded'"
    yield document.problem(("attempts",), got=got, expected=expected, hint=hint)
