"""What a policy must know of a subject to say what it asks of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proofbox.checks.result import Json
from proofbox.policies.errors import BadRecordError
from proofbox.policies.model import AppliesWhen
from proofbox.policies.record import SubjectRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the submission says of itself, as far as a policy asks."""

    risk_tier: str | None = None
    """``low``, ``medium``, ``high``; None where it is not known."""
    task: str | None = None
    sector: str | None = None
    trial: str | None = None
    """``none``, ``level-1``, ``level-2`` or ``level-3``; None where it is not known."""
    sensitive: tuple[str, ...] = ()
    """The declared sensitive columns, in the order of the submission."""
    declared_performance: tuple[tuple[str, float], ...] = ()
    """(measure, at least) as the provider claims."""
    declared_losses: tuple[tuple[str, float], ...] = ()
    """(measure, at most) as the provider claims."""
    declared_thresholds: Mapping[str, float] = field(default_factory=dict)
    """Control id -> the threshold that the provider declares for it."""

    @classmethod
    def from_subject(cls, subject: SubjectRecord) -> Facts:
        """Return the facts of a recorded subject, so that a stored assessment can be judged again.

        Reads ``product.risk_tier``, ``product.sector``; ``model.task`` (where there is no model: ``data.task``);
        ``declared.trial``; ``data.sensitive``: a list of column names; ``declared.performance``: a list of
        ``{measure, at_least}`` or ``{measure, at_most}``; ``declared.thresholds``: control id -> number. A key that is
        absent or null is an unknown fact.

        Raises
        ------
        BadRecordError
            One of them has another type.
        """
        model = subject.model if subject.model is not None else {}
        performance = _list("declared.performance", subject.declared.get("performance"))
        thresholds = subject.declared.get("thresholds")
        if not isinstance(thresholds, dict | None):
            raise BadRecordError(f"declared.thresholds: got {thresholds!r}, expected control ids with numbers")
        return cls(
            risk_tier=_text("product.risk_tier", subject.product.get("risk_tier")),
            sector=_text("product.sector", subject.product.get("sector")),
            trial=_text("declared.trial", subject.declared.get("trial")),
            task=_text("model.task", model.get("task") or subject.data.get("task")),
            sensitive=tuple(_sensitive(subject.data.get("sensitive"))),
            declared_performance=tuple(_claims(performance, "at_least")),
            declared_losses=tuple(_claims(performance, "at_most")),
            declared_thresholds={
                control: _number(f"declared.thresholds.{control}", value)
                for control, value in (thresholds or {}).items()
            },
        )


def applies(condition: AppliesWhen | None, facts: Facts) -> bool:
    """Return whether a control or requirement is meant for this product; an unknown fact excludes nothing."""
    return not _excluding(condition, facts)


def why_not(condition: AppliesWhen | None, facts: Facts) -> tuple[str, str]:
    """Return the first key by which a condition excludes a product, and what the product has there."""
    return _excluding(condition, facts)[0]


def _excluding(condition: AppliesWhen | None, facts: Facts) -> list[tuple[str, str]]:
    if condition is None:
        return []
    keys: tuple[tuple[str, tuple[str, ...] | None, str | None], ...] = (
        ("risk_tier", condition.risk_tier, facts.risk_tier),
        ("task", condition.task, facts.task),
        ("sector", condition.sector, facts.sector),
        ("trial", condition.trial, facts.trial),
    )
    return [(key, fact) for key, listed, fact in keys if listed is not None and fact is not None and fact not in listed]


def _text(where: str, value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise BadRecordError(f"{where}: got {value!r}, expected text")


def _number(where: str, value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRecordError(f"{where}: got {value!r}, expected a finite number")
    return float(value)


def _list(where: str, value: Json) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRecordError(f"{where}: got {value!r}, expected a list")
    return value


def _sensitive(value: Json) -> list[str]:
    columns = _list("data.sensitive", value)
    texts = [column for column in columns if isinstance(column, str)]
    if len(texts) != len(columns):
        raise BadRecordError(f"data.sensitive: got {value!r}, expected column names")
    return texts


def _claims(listed: list[Json], bound: str) -> Iterator[tuple[str, float]]:
    for claim in listed:
        measure = claim.get("measure") if isinstance(claim, dict) else None
        if not isinstance(claim, dict) or not isinstance(measure, str) or not {"at_least", "at_most"} & set(claim):
            raise BadRecordError(f"declared.performance: got {claim!r}, expected {{measure, at_least or at_most}}")
        if bound in claim:
            yield measure, _number(f"declared.performance.{bound}", claim[bound])
