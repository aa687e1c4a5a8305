"""Hold the declared risk tier and trial level of a submission against what its own answers lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t
from proofbox.checks.tiers import TIERS
from proofbox.policies.classification import ClassificationAnswers, classify
from proofbox.policies.trial_level import CLAUSE, trial_level
from proofbox.reports.console import safe_terminal
from proofbox.reports.i18n import Translator
from proofbox.runners.submitted.submission import FILE_NAME, read_submission

if TYPE_CHECKING:
    from proofbox.checks.result import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One declaration, and what the answers lead to."""

    what: Text
    declared: str
    computed: str
    """Empty where the answers leave it open."""
    reason: Text
    clause: str
    too_low: bool
    """Whether less was declared than follows."""

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``classify --json``."""
        return {
            "what": str(self.what),
            "declared": self.declared,
            "computed": self.computed or None,
            "reason": str(self.reason),
            "clause": self.clause,
            "too_low": self.too_low,
        }


def classified(path: Path) -> tuple[Held, ...]:
    """Return what the answers of a submission (its folder, or its ``submission.yaml``) lead to.

    Raises
    ------
    BadSubmissionError
        The file is missing, or any part of it is wrong.
    """
    submission, _, _ = read_submission(path / FILE_NAME if path.is_dir() else path)
    declared = submission.product.risk_tier
    found = classify(submission.classification or ClassificationAnswers())
    forbidden = bool(submission.classification and submission.classification.prohibited_practice)
    held = [
        Held(
            what=t("risk tier"),
            declared=declared,
            computed=found.tier or "",
            reason=found.reason,
            clause=found.clause,
            too_low=forbidden or (found.tier is not None and TIERS.index(declared) < TIERS.index(found.tier)),
        )
    ]
    if submission.trial is not None:
        level = trial_level(submission.trial)
        held.append(
            Held(
                what=t("level of the trial"),
                declared=str(submission.trial.level),
                computed=str(level.level),
                reason=level.reason,
                clause=CLAUSE,
                too_low=submission.trial.level < level.level,
            )
        )
    return tuple(held)


def held_lines(found: tuple[Held, ...], language: str) -> Iterator[str]:
    """Yield the lines of ``proofbox classify``."""
    say = Translator(language)
    for item in found:
        computed = item.computed or say.text(t("open"))
        told = t("{what}: declared {declared}, by the answers {computed}", what="", declared="", computed="")
        values = {"what": say.text(item.what), "declared": item.declared, "computed": computed}
        yield safe_terminal(say.text(Text(told.template, values)))
        yield safe_terminal(f"    {say.text(item.reason)} ({item.clause})")
        if item.too_low:
            yield f"    {say.text(t('less was declared than follows from the answers'))}"
    yield say.text(t("A help for the provider that binds nobody; the Ministry's own tool is another."))
