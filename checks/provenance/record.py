"""Whether the data's provenance record says what it must.

## Measures

- `required_fields_present`: [0, 1], higher is better, 1 is perfect. The share of required fields that are filled.
- `recommended_fields_present`: [0, 1], higher is better, 1 is perfect. The share of recommended fields that are.
- `record_problems`: [0, inf), lower is better, 0 is perfect. Places in which the record departs from its format: wrong
  types, missing or unknown keys, paths out of the submission. A record that cannot be read at all is one.

## Method

The record of the evaluation data (`role: training` for the training data) is read from Croissant 1.0 or 1.1 with the
RAI vocabulary, the Data Provenance Standards 1.0.0, PROV-JSON, or our own compact YAML or JSON (`schema:
proofbox/provenance/v1`, whose keys are the fields' names); docs/provenance.md says which key of which fills what.
Required: name, description, license, creator, date, source, sha256, collection, intended_use. Recommended: version,
publisher, timeframe, geography, missing_data, preprocessing, annotation, personal_data, limitations, biases,
maintenance. A field is filled if it is there, of the right type and no placeholder (`TODO`, `n/a`, `unknown`); sha256
only if every digest has 64 hex digits. The Data Provenance Standards have no key for digests: there the one in
`submission.yaml` counts. A missing or unreadable record has filled nothing: both shares are 0.

## Limits

It asks whether something is said, not whether it is true. What a field must say is for a person to read.

## References

- MLCommons Croissant 1.1 and Croissant-RAI 1.0.
- Data & Trust Alliance, Data Provenance Standards 1.0.0: what is worth recording.
- Gebru et al., "Datasheets for Datasets", CACM 64 (2021) 86-92.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from proofbox.checks.params import CheckParams
from proofbox.checks.records.model import FIELDS, Record
from proofbox.checks.records.read import NoRecord, problem_text, read_role
from proofbox.checks.records.values import is_sha256
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import t

_REQUIRED = ("name", "description", "license", "creator", "date", "source", "sha256", "collection", "intended_use")
_RECOMMENDED = (
    "version",
    "publisher",
    "timeframe",
    "geography",
    "missing_data",
    "preprocessing",
    "annotation",
    "personal_data",
    "limitations",
    "biases",
    "maintenance",
)

_SHOWN = 50
"""Problems that stand in the detail."""


class Params(CheckParams):
    """Parameters of :func:`record`."""

    role: Literal["evaluation", "training"] = "evaluation"
    required: tuple[str, ...] = Field(default=_REQUIRED, min_length=1)
    recommended: tuple[str, ...] = Field(default=_RECOMMENDED, min_length=1)

    @field_validator("required", "recommended")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in FIELDS]:
            raise ValueError(f"no such field: {', '.join(unknown)}; the fields are {', '.join(FIELDS)}")
        return names


@check("provenance.record")
def record(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure how much of the provenance record is filled."""
    if not any(file.role == params.role for file in subject.declared_files):
        return Inapplicable(t("the submission names no {role} data", role=params.role))
    found = read_role(subject, params.role)
    declared = any(is_sha256(file.declared_sha256 or "") for file in subject.declared_files if file.role == params.role)
    return Measured(
        measurements=(
            _share("required_fields_present", params.required, found, declared=declared),
            _share("recommended_fields_present", params.recommended, found, declared=declared),
            _problems(found),
        )
    )


def _share(measure: str, wanted: tuple[str, ...], found: Record | NoRecord, *, declared: bool) -> Measurement:
    filled = [name for name in wanted if isinstance(found, Record) and _says(found, name, declared=declared)]
    missing: list[Json] = [name for name in wanted if name not in filled]
    detail: dict[str, Json] = {"missing": missing}
    if isinstance(found, Record):
        detail |= {"record": found.path, "format": found.format}
        if "sha256" in wanted and "sha256" in missing and found.digests:
            detail["malformed_sha256"] = [one.sha256[:80] for one in found.digests if not is_sha256(one.sha256)]
    else:
        detail["problem"] = str(found.reason)
    value = len(filled) / len(wanted)
    return Measurement(measure=measure, value=value, sample_size=len(wanted), detail=detail)


def _problems(found: Record | NoRecord) -> Measurement:
    told = [problem_text(one) for one in found.problems] if isinstance(found, Record) else []
    if isinstance(found, NoRecord) and not found.absent:
        told = [found.reason]
    shown: list[Json] = [{"template": one.template, "values": {**one.values}} for one in told[:_SHOWN]]
    return Measurement(measure="record_problems", value=float(len(told)), sample_size=1, detail={"problems": shown})


def _says(found: Record, name: str, *, declared: bool) -> bool:
    if name != "sha256":
        return name in found.fields
    if not found.holds_digests:
        return declared
    return bool(found.digests) and all(is_sha256(one.sha256) for one in found.digests)
