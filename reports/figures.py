"""The picture of one judged value, and its words: laid out from the record, nothing computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proofbox.policies.record import Finding, MeasurementRecord
from proofbox.reports import vocabulary
from proofbox.reports.charts import Dot, Mark, criterion_chart
from proofbox.reports.i18n import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture with the sentence that says the same."""

    title: str
    uri: str
    alt: str


def criterion_figure(finding: Finding, rests_on: tuple[MeasurementRecord, ...], translator: Translator) -> Chart | None:
    """Return the deciding value against its threshold.

    None where there is no such value, or where an exact one is met: there a picture says no more than the sentence.
    """
    criterion = finding.criterion
    if criterion is None or not rests_on or rests_on[0].measure != criterion.measure:
        return None
    deciding = rests_on[0]
    if deciding.interval is None and finding.verdict == "pass":
        return None
    ends = criterion.threshold if isinstance(criterion.threshold, tuple) else (criterion.threshold,) * 2
    needed = vocabulary.comparison(translator, criterion)
    mark = Mark(
        low=None if criterion.comparison == "at_most" else ends[0],
        high=None if criterion.comparison == "at_least" else ends[1],
        label=needed,
    )
    title = translator.measure(criterion.measure)
    alt = translator.gettext("{measure}: {value}; needed: {needed}.", measure=title,
                             value=value_in_words(deciding, translator), needed=needed)  # fmt: skip
    return Chart(title=title, uri=criterion_chart(dot_of(title, deciding, translator.measured), mark), alt=alt)


def dot_of(label: str, item: MeasurementRecord, say: Callable[[float], str]) -> Dot:
    """Return a measurement as it is drawn."""
    low, high = (item.interval.low, item.interval.high) if item.interval else (None, None)
    return Dot(label=label, value=item.value, low=low, high=high, shown=say(item.value))


def value_in_words(item: MeasurementRecord, translator: Translator, say: Callable[[float], str] | None = None) -> str:
    """Return ``0.6917 (95% interval 0.599 to 0.789)``, or the value alone where there is no interval.

    Parameters
    ----------
    say
        Writes a number; by default with four decimals.
    """
    say = say or translator.measured
    if item.interval is None:
        return say(item.value)
    return translator.gettext(
        "{value} ({confidence} interval {low} to {high})",
        value=say(item.value),
        confidence=translator.percent(item.interval.confidence),
        low=say(item.interval.low),
        high=say(item.interval.high),
    )
