"""Whether the data may be used, for this purpose and in these countries, by what their record says.

## Measures

- `licence_stated`: [0, 1], higher is better, 1 is perfect. 1 where the record states a licence or terms of use.
- `licence_known`: [0, 1], higher is better, 1 is perfect. The share of the stated licences that are SPDX expressions of
  known identifiers; 0 where none is stated.
- `personal_data_without_basis`: [0, 1], lower is better, 0 is perfect. 1 where personal data are declared, in the
  record or in `submission.yaml`, and the record states no lawful basis for using them.
- `purpose_covered`: [0, 1], higher is better, 1 is perfect. How much of the product's purpose the data's own purposes
  name.
- `places_stated`: [0, 1], higher is better, 1 is perfect. Of processing and storage, the share for which the record
  names countries.
- `countries_outside`: [0, inf), lower is better, 0 is perfect. Countries of processing or storage that are not allowed.

## Method

The provenance record of the data in a role is read in any of its formats (docs/provenance.md). A licence is known if it
is an SPDX expression whose every identifier is on the SPDX list, `LicenseRef-NAME` for terms that are on no list, or an
address that stands for one, such as Creative Commons'. A purpose is covered (1) where the record names the product's
sector, or `any`; otherwise the measure is the share of the different words of the product's intended purpose that occur
in the record's, accents and small words left out. A country is outside if `allowed_countries` is given and does not
name it, or if the record itself excludes it for that use; the provider's country counts where the record excludes it.

## Limits

It compares what is written. Whether the licence is the right one, the basis holds and the purposes mean the same is for
a person to say: words in common are no proof of it, and other words may say the same. An unknown licence may be a good
one.

## References

- SPDX 2.3, annex D (licence expressions); the SPDX licence list, as the library packaging ships it.
- Data & Trust Alliance, Data Provenance Standards 1.0.0, group "use".
- Law 91/2025/QH15 (Viet Nam), articles 20 and 30.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator

from proofbox.checks.params import CheckParams, as_columns
from proofbox.checks.records.countries import outside
from proofbox.checks.records.licences import spdx_expression
from proofbox.checks.records.model import Record
from proofbox.checks.records.purposes import covered_share
from proofbox.checks.records.read import NoRecord, read_role
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import t

_SHOWN, _CHARACTERS = 20, 200
"""Foreign texts that stand in the detail, and characters of each."""


class Params(CheckParams):
    """Parameters of :func:`licence`."""

    role: Literal["evaluation", "training"] = "evaluation"
    """Whose record is read."""
    allowed_countries: Annotated[tuple[str, ...], BeforeValidator(as_columns)] = ()
    """Country codes of two letters; where none is given, every country is allowed that the record does not exclude."""


@check("provenance.licence")
def licence(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure whether the data may be used, by their record."""
    if not any(file.role == params.role for file in subject.declared_files):
        return Inapplicable(t("the submission names no {role} data", role=params.role))
    record = read_role(subject, params.role)
    if isinstance(record, NoRecord):
        return Inapplicable(record.reason)
    return Measured(
        measurements=(
            *_licences(record),
            _basis(record, subject),
            _purpose(record, subject),
            *_countries(record, subject, params.allowed_countries),
        )
    )


def _licences(record: Record) -> tuple[Measurement, Measurement]:
    known = {text: spdx_expression(text) for text in record.licences}
    first = list(known.items())[:_SHOWN]
    listed: list[Json] = [{"stated": text[:_CHARACTERS], "spdx": spdx or None} for text, spdx in first]
    detail: dict[str, Json] = {"record": record.path, "format": record.format, "licences": listed}
    share = sum(map(bool, known.values())) / len(known) if known else 0.0
    return (
        Measurement(measure="licence_stated", value=float(bool(known)), sample_size=1, detail=detail),
        Measurement(measure="licence_known", value=share, sample_size=max(len(known), 1), detail=detail),
    )


def _basis(record: Record, subject: Subject) -> Measurement:
    declared = record.personal_data == "declared" or bool(subject.personal_data)
    return Measurement(
        measure="personal_data_without_basis",
        value=float(declared and not record.lawful_basis),
        sample_size=1,
        detail={
            "personal_data_by_record": record.personal_data,
            "personal_data_columns_declared": _some(subject.personal_data),
            "lawful_basis": _some(record.lawful_basis),
        },
    )


def _purpose(record: Record, subject: Subject) -> Measurement:
    sector, intended = (str(subject.product.get(key) or "") for key in ("sector", "intended_purpose"))
    share, missing = covered_share(record.purposes, sector, intended)
    return Measurement(
        measure="purpose_covered",
        value=share,
        sample_size=1,
        detail={
            "product": {"sector": sector, "intended_purpose": intended[:_CHARACTERS]},
            "data": {"sectors": _some(record.purposes.sectors), "purposes": _some(record.purposes.texts)},
            "words_not_named": _some(missing),
        },
    )


def _countries(record: Record, subject: Subject, allowed: tuple[str, ...]) -> tuple[Measurement, Measurement]:
    provider = subject.product.get("provider")
    own = str(provider.get("country") or "") if isinstance(provider, dict) else ""
    uses = {"processing": record.processing, "storage": record.storage}
    found = {use: outside(places, allowed, own) for use, places in uses.items()}
    named: dict[str, Json] = {use: _some(places.named) for use, places in uses.items()}
    refused: dict[str, Json] = {use: _some(countries) for use, countries in found.items()}
    count = sum(map(len, found.values()))
    stated = sum(bool(places.named) for places in uses.values())
    size = max(sum(len(places.named) for places in uses.values()), 1)
    detail: dict[str, Json] = {"named": named, "outside": refused, "allowed": _some(allowed), "provider": own or None}
    return (
        Measurement(measure="places_stated", value=stated / len(uses), sample_size=len(uses), detail={"named": named}),
        Measurement(measure="countries_outside", value=float(count), sample_size=size, detail=detail),
    )


def _some(texts: Sequence[str]) -> list[Json]:
    return [text[:_CHARACTERS] for text in texts[:_SHOWN]]
