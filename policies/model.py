"""``policy.yaml`` as pydantic models: the shape of the file. What its words mean is checked in ``meaning``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator

from proofbox.checks.described import Described
from proofbox.checks.tasks import Task
from proofbox.policies.terms import Controlled, Level, Origin, Procedure
from proofbox.policies.validation import wrong

SCHEMA = "proofbox/policy/v1"

Comparison = Literal["at_least", "at_most", "equals", "between"]
RiskTier = Literal["low", "medium", "high"]
Sector = Literal["credit", "health", "education", "employment", "public-service", "justice", "other"]
Trial = Literal["none", "level-1", "level-2", "level-3"]
EACH_DECLARED = "each-declared"
EACH_ATTRIBUTE = ("each-sensitive", "each-pair")


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) or len(text) > 64:
        raise wrong("lower-case letters, digits and single hyphens, at most 64", "for example 'vn-trusted-ai'")
    return text


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*", text) or len(text) > 64:
        raise wrong("letters, digits and single '.', '_' or '-' between them", "for example 'VN-FAIR-01.a'")
    return text


def _date(text: str) -> str:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError(text)
        datetime.date.fromisoformat(text)
    except ValueError as err:
        raise wrong("a date as YYYY-MM-DD", "for example 2026-11-22") from err
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise wrong("text that is not empty")
    return text.strip()


def _clause(text: str) -> str:
    clause = _filled(text)
    if clause.casefold() in {"n/a", "na", "none", "tbd", "todo", "unknown"} or not any(map(str.isalnum, clause)):
        raise wrong("the clause as its own text numbers it", "a reference without a clause points to nothing")
    return clause


Slug = Annotated[str, AfterValidator(_slug)]
Identifier = Annotated[str, AfterValidator(_identifier)]
Date = Annotated[str, AfterValidator(_date)]
Filled = Annotated[str, AfterValidator(_filled)]
ClauseNumber = Annotated[str, AfterValidator(_clause)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]


class PolicyModel(Described):
    """Base of everything in a policy file: frozen, nothing unknown accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(PolicyModel):
    """One text in every language of the product."""

    en: Filled
    """English"""
    vi: Filled
    """Vietnamese"""

    def words(self) -> Mapping[str, str]:
        """Return language code -> text."""
        return {"en": self.en, "vi": self.vi}


class Reference(PolicyModel):
    """One clause of a law, a standard or a framework that a control points to."""

    framework: Slug
    """id of the framework, for example vn-law-134-2025"""
    clause: ClauseNumber
    """the clause as its own text numbers it"""
    relation: Literal["supports", "equal-to", "equivalent-to", "subset-of", "superset-of", "intersects-with"]
    """how the control relates to the clause; only a lawyer may say more than supports"""
    source: str = ""
    """key of the source that was read"""
    confidence: Literal["V", "V2"] | None = None
    """V: the clause's own text was read; V2: a secondary source was read"""


class AppliesWhen(PolicyModel):
    """Products that a control or requirement is meant for; a key left out means all."""

    risk_tier: tuple[RiskTier, ...] | None = Field(default=None, min_length=1)
    task: tuple[Task, ...] | None = Field(default=None, min_length=1)
    sector: tuple[Sector, ...] | None = Field(default=None, min_length=1)
    trial: tuple[Trial, ...] | None = Field(default=None, min_length=1)
    """level of the controlled trial that the submission names, or none"""

    @model_validator(mode="after")
    def _says_something(self) -> AppliesWhen:
        if not self.model_fields_set:
            raise wrong("at least one of risk_tier, task, sector, trial", "leave it out where all are meant")
        return self


class Criterion(PolicyModel):
    """A measure, one comparison with a threshold, and how uncertainty bears on the verdict."""

    measure: Filled
    """a measure of the check, or each-declared"""
    at_least: Number | Literal["declared"] | None = None
    at_most: Number | Literal["declared"] | None = None
    equals: Number | None = None
    between: tuple[Number, Number] | None = None
    decision_rule: Literal["guarded", "simple"] = "guarded"
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0, strict=True)
    """confidence of the intervals"""
    origin: Origin = "default"
    """where the threshold comes from"""
    declarable: Flag = False
    """whether the provider may declare a threshold of its own for the control"""

    @property
    def comparison(self) -> Comparison:
        """The one comparison that is given."""
        return next(iter(self._given()))

    @property
    def threshold(self) -> float | tuple[float, float] | None:
        """The threshold as a number or a range; None where the provider declares it."""
        value = self._given()[self.comparison]
        return None if isinstance(value, str) else value

    def _given(self) -> dict[Comparison, float | str | tuple[float, float]]:
        pairs: dict[Comparison, float | str | tuple[float, float] | None] = {
            "at_least": self.at_least,
            "at_most": self.at_most,
            "equals": self.equals,
            "between": self.between,
        }
        return {name: value for name, value in pairs.items() if value is not None}

    @model_validator(mode="after")
    def _one_comparison(self) -> Criterion:
        given = self._given()
        if len(given) != 1:
            got = " and ".join(given) or "no comparison"
            raise wrong("exactly one of at_least, at_most, equals, between", "split it in two requirements", got=got)
        if self.between is not None and not self.between[0] < self.between[1]:
            raise wrong("between: [low, high] with low below high", got=f"between {list(self.between)}")
        if self.measure == EACH_DECLARED and self.threshold is not None:
            expected = f"'at_least: declared' together with 'measure: {EACH_DECLARED}'"
            raise wrong(expected, "a claim under declared.performance says itself on which side", got="a number")
        if self.declarable and (next(iter(given)) not in {"at_least", "at_most"} or self.threshold is None):
            raise wrong("declarable only beside at_least or at_most with a number", got="declarable: true")
        return self


class AttestationAsked(PolicyModel):
    """A question that a person answers and signs, for what no test can show."""

    question: Wording
    needs: tuple[Literal["document", "signer", "date"], ...] = Field(min_length=1)


class Requirement(PolicyModel):
    """One verifiable condition."""

    id: Identifier
    level: Level
    check: str | None = None
    """id of the check that measures"""
    with_: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """parameters of the check"""
    criterion: Criterion | None = None
    attestation: AttestationAsked | None = None
    """asked instead of a check"""
    gate: Flag = False
    """whether its failure ends the run before the model is loaded"""
    applies_when: AppliesWhen | None = None
    remediation: Wording | None = None
    """what to do when it fails"""

    @property
    def evidence(self) -> str:
        """The check's id, or ``attestation``."""
        return self.check or "attestation"

    @model_validator(mode="after")
    def _check_or_attestation(self) -> Requirement:
        if (self.check is None) == (self.attestation is None):
            got = "neither" if self.check is None else "both"
            raise wrong("either 'check' or 'attestation'", got=got)
        if self.check is not None and self.criterion is None:
            raise wrong("'criterion' beside 'check'", "add 'criterion:'", got="no key 'criterion'")
        if self.attestation is not None and (self.criterion is not None or self.with_ or self.gate):
            raise wrong("no 'criterion', 'with' or 'gate' beside 'attestation'", got="one of them")
        if self.gate and self.level != "must":
            raise wrong("'gate: true' with 'level: must' only", "a recommendation cannot end a run", got="should")
        return self


class Control(PolicyModel):
    """An obligation and its objective, with the requirements that show it."""

    id: Identifier
    title: Wording
    objective: Wording
    """what the control is for, in plain words"""
    references: tuple[Reference, ...] = ()
    """clauses that it points to; a policy for one's own house may point to none"""
    applies_when: AppliesWhen | None = None
    requirements: tuple[Requirement, ...] = Field(min_length=1)


class Family(PolicyModel):
    """Requirements whose chance of a wrong verdict is controlled together."""

    id: Identifier
    requirements: tuple[Identifier, ...] = Field(min_length=1)
    """ids of requirements that are judged guarded; each may be in one family"""
    procedure: Procedure = "holm"
    """holm: the chance of any wrong verdict; benjamini-hochberg: the expected share of wrong ones"""
    controls: Controlled = "fail"
    """which verdict is kept from being wrong: fail, pass or both"""
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0, strict=True)
    """of the family as a whole; no member is judged with less than its own"""


class Attempts(PolicyModel):
    """How a pass grows harder with the number of attempts on the same evaluation data."""

    confidence: Literal["bonferroni"]
    """bonferroni: attempt n has the share 1 / (n (n + 1)) of the error that each guarded criterion allows a pass"""


class Policy(PolicyModel):
    """A versioned set of controls."""

    schema_: Literal["proofbox/policy/v1"] = Field(alias="schema")
    id: Slug
    version: Filled
    checked_on: Date
    """when the text of the law was last read"""
    expires_on: Date
    """when it must have been read again"""
    title: Wording
    extends: tuple[Filled, ...] = ()
    controls: tuple[Control, ...] = ()
    families: tuple[Family, ...] = ()
    """requirements whose chance of a wrong verdict is controlled together"""
    attempts: Attempts | None = None
    """left out: the number of attempts changes nothing"""

    @model_validator(mode="after")
    def _dated(self) -> Policy:
        if self.expires_on <= self.checked_on:
            raise wrong("'expires_on' later than 'checked_on'", got=f"{self.expires_on} after {self.checked_on}")
        return self


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``policy.yaml``."""
    schema = Policy.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA} | schema
