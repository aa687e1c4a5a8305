"""Whether the figures that the documents claim are within what was measured.

## Measures

- `claim_excess`: (-inf, inf), lower is better, no value is perfect. How far the boldest claim lies beyond the better
  end of the measured interval; at or below 0 no claim says more than was measured.
- `claims_above_measured`: [0, inf), lower is better, 0 is perfect. Claims that lie beyond it.
- `claims_compared`: [0, inf), neither way is better, no value is perfect. Claims that could be held against a
  measurement.
- `claims_not_compared`: [0, inf), lower is better, 0 is perfect. Claims that were read and could not be: of a measure
  that was not measured, of training data, or of a part of the data.
- `figures_unread`: [0, inf), lower is better, 0 is perfect. Places that seem to claim a figure of a known measure and
  were not read: running text, cells that hold no number, a YAML block or a list of components that is broken.

## Method

Read are the model card and the system card (the `model-index` of the YAML block, and tables with a column of measures
and one of values) and the `performanceMetrics` of the provider's own CycloneDX list. Percent signs and decimal commas
are understood; a figure between 1 and 100 of a measure in [0, 1] is read as percent, and the detail says so. The same
decisions on the same evaluation rows are measured as by `performance.classification`, or by `performance.regression`
where the answers are numbers. Of a measure of which more is better the claim less the upper end of the interval is its
excess, of one of which less is better the lower end less the claim. The detail names every claim with its place and
what it was compared with or why it was not, and every place that was not read.

## Limits

The interval speaks of the evaluation data that were submitted. A claim of other data is compared all the same, since
the document does not bind what is measured here; one that names training data is not. A claim below the interval is
modest and no fault. Numbers in running text are named and not judged: a person reads them.

## References

- Decree 142/2026/ND-CP, Article 3(5); Circular 05/2026/TT-BKHCN, Article 3, P2(c): no overclaiming.
- Hugging Face, model card metadata, `model-index`.
- CycloneDX 1.6, `modelCard.quantitativeAnalysis.performanceMetrics`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proofbox.checks.counted.counts import Counts
from proofbox.checks.documents.bom import Bom, read_bom
from proofbox.checks.documents.cards import Card, read_card
from proofbox.checks.documents.claims import Claim, Claims, claims_of
from proofbox.checks.params import CheckParams
from proofbox.checks.performance import classification, regression
from proofbox.checks.registry import check, get_check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement, exact
from proofbox.checks.spec import MeasureSpec
from proofbox.checks.subject import Decisions, Subject
from proofbox.checks.text import t

MOST_LISTED = 50


class Params(CheckParams):
    """Parameters of :func:`claims`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """One claim beside what was measured."""

    claim: Claim
    value: float
    measured: Measurement
    excess: float

    def to_json(self) -> Json:
        interval = self.measured.interval
        return {
            **_said(self.claim),
            "claimed": self.value,
            "measured": self.measured.value,
            "low": None if interval is None else interval.low,
            "high": None if interval is None else interval.high,
            "excess": self.excess,
        }


@check("transparency.claims")
def claims(
    subject: Subject, counts: Counts, params: Params, decisions: Decisions | None = None
) -> Measured | Inapplicable:
    """Measure how far the claims of the documents go beyond what was measured."""
    if not {"model_card", "system_card", "bom"} & set(subject.documents):
        return Inapplicable(t("the submission has no model card, system card or list of components"))
    measured = _measured(counts, params, decisions)
    if isinstance(measured, Inapplicable):
        return measured
    found = _claims(subject)
    by_measure = {item.measure: item for item in measured.measurements}
    left = [(claim, why) for claim in found.read if (why := _why_not(claim, by_measure))]
    fit = [claim for claim in found.read if not _why_not(claim, by_measure)]
    compared = [_compared(claim, by_measure[claim.measure]) for claim in fit]
    return Measured(measurements=tuple(_measurements(found, compared, left)))


def _measured(counts: Counts, params: Params, decisions: Decisions | None) -> Measured | Inapplicable:
    """Measure what claims are held against: right decisions, or errors where the answers are numbers."""
    if decisions is not None and not decisions.classes:
        given = regression.Params(confidence=params.confidence)
        found = regression.regression(counts.data, decisions, given)
    else:
        found = classification.classification(counts, classification.Params(confidence=params.confidence), decisions)
    assert isinstance(found, Measured | Inapplicable)  # neither asks the model anything
    return found


def _why_not(claim: Claim, by_measure: Mapping[str, Measurement]) -> str:
    """Return why a claim is not compared; empty where it is."""
    if claim.of_training:
        return "of training data"
    if claim.part:
        return "of a part of the data"
    return "" if claim.measure in by_measure else "not measured"


def _claims(subject: Subject) -> Claims:
    found = Claims()
    for key in ("model_card", "system_card"):
        card = read_card(subject, key)
        if isinstance(card, Card):
            found.add(claims_of(card))
        elif key in subject.documents:
            found.not_read(subject.documents[key], card)
    if "bom" in subject.documents:
        bom = read_bom(subject)
        if isinstance(bom, Bom):
            for metric in bom.metrics:
                found.take(bom.path, metric.line, metric.type, metric.value, part=metric.slice)
        else:
            found.not_read(subject.documents["bom"], bom)
    return found


def _spec(measure: str) -> MeasureSpec:
    specs = [get_check(name).measures for name in ("performance.classification", "performance.regression")]
    return next(known[measure] for known in specs if measure in known)


def _compared(claim: Claim, measured: Measurement) -> _Compared:
    spec = _spec(measured.measure)
    # Of a measure in [0, 1], 84 means 84 %.
    value = (claim.figure.as_share() if spec.range == "[0, 1]" else claim.figure).value
    interval = measured.interval
    low, high = (measured.value, measured.value) if interval is None else (interval.low, interval.high)
    excess = low - value if spec.better == "lower" else value - high
    return _Compared(claim=claim, value=value, measured=measured, excess=excess)


def _measurements(found: Claims, compared: list[_Compared], left: list[tuple[Claim, str]]) -> Iterator[Measurement]:
    above = [one for one in compared if one.excess > 0]
    listed: dict[str, Json] = {"claims": [one.to_json() for one in compared[:MOST_LISTED]]}
    size = max(len(found.read) + len(found.unread), 1)
    if compared:
        boldest = max(compared, key=lambda one: one.excess)
        yield exact("claim_excess", boldest.excess, len(compared), {"boldest": boldest.to_json(), **listed})
    yield exact("claims_compared", len(compared), size, listed)
    yield exact("claims_above_measured", len(above), size, {"claims": [one.to_json() for one in above[:MOST_LISTED]]})
    not_compared: list[Json] = [{**_said(claim), "because": why} for claim, why in left[:MOST_LISTED]]
    yield exact("claims_not_compared", len(left), size, {"claims": not_compared})
    unread: list[Json] = [one.to_json() for one in found.unread[:MOST_LISTED]]
    yield exact("figures_unread", len(found.unread), size, {"unread": unread})


def _said(claim: Claim) -> dict[str, Json]:
    return {
        "measure": claim.measure or None,
        "written": claim.written,
        "figure": claim.figure.written,
        "read_as_percent": claim.figure.percent or claim.figure.as_share().percent,
        "where": claim.where,
        "of": claim.of or None,
        "part": claim.part or None,
    }
