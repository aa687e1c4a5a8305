"""Whether the data's provenance record says what it must.

## Measures

- `required_fields_present`: [0, 1], higher is better, 1 is perfect. The share of required fields that are filled.
- `recommended_fields_present`: [0, 1], higher is better, 1 is perfect. The share of recommended fields that are.

## Method

The record of the evaluation data (`role: training` for the training data) is read from Croissant JSON-LD with the RAI
vocabulary, or from our own compact JSON (`schema: proofbox/provenance/v1`, whose keys are the fields' names). Required:
name, description, license, creator, date, source, sha256, collection, intended_use. Recommended: version, publisher,
timeframe, geography, missing_data, preprocessing, annotation, personal_data, limitations, biases, maintenance. A field
is filled if it is there and no placeholder (`TODO`, `n/a`, `unknown`); sha256 only if every digest has 64 hex digits. A
missing or unreadable record has filled nothing: both shares are 0.

## Limits

It asks whether something is said, not whether it is true. What a field must say is for a person to read.

## References

- MLCommons Croissant 1.1 and Croissant-RAI 1.0.
- Data & Trust Alliance, Data Provenance Standards 1.0.0: what is worth recording.
- Gebru et al., "Datasheets for Datasets", CACM 64 (2021) 86-92.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from proofbox.checks.params import CheckParams
from proofbox.checks.provenance_records import FIELDS, Record, read_record
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

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
    path = subject.provenance.get(params.role)
    found: Record | Text = (
        t("there is no provenance record of the {role} data", role=params.role)
        if path is None
        else read_record(subject, path)
    )
    return Measured(
        measurements=(
            _share("required_fields_present", params.required, found),
            _share("recommended_fields_present", params.recommended, found),
        )
    )


def _share(measure: str, wanted: tuple[str, ...], found: Record | Text) -> Measurement:
    filled = [name for name in wanted if isinstance(found, Record) and _says(found, name)]
    missing: list[Json] = [name for name in wanted if name not in filled]
    detail: dict[str, Json] = {"missing": missing}
    if isinstance(found, Record):
        detail |= {"record": found.path, "format": found.format}
        if "sha256" in wanted and "sha256" in missing and found.digests:
            detail["malformed_sha256"] = [digest[:80] for _, digest in found.digests if not _is_sha256(digest)]
    else:
        detail["problem"] = str(found)
    value = len(filled) / len(wanted)
    return Measurement(measure=measure, value=value, sample_size=len(wanted), detail=detail)


def _says(found: Record, name: str) -> bool:
    if name == "sha256":
        return bool(found.digests) and all(_is_sha256(digest) for _, digest in found.digests)
    return name in found.fields


def _is_sha256(digest: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{64}", digest) is not None
