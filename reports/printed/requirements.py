"""Every requirement, control by control: verdict, reason, criterion, and the measurements that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary
from proofbox.reports.papers.paper import Block, Cell, Section, Table, Words
from proofbox.reports.printed.first import case
from proofbox.reports.printed.pieces import TONES, badge, figure, picture, scalar, table, text
from proofbox.reports.rates import group_counts

if TYPE_CHECKING:
    from proofbox.policies.record import CriterionRecord, MeasurementRecord
    from proofbox.reports.i18n import Translator
    from proofbox.reports.view import ControlView, FindingView, ReportView

MOST_MEASUREMENTS = 20
"""Of one finding; the table of all measurements at the end has the rest."""
SETTLED = ("pass", "not-applicable")


def requirement_sections(view: ReportView, say: Translator) -> Iterator[Section]:
    """Yield a section for each policy and one for each of its controls."""
    several = len(view.policies) > 1
    for item in view.policies:
        policy = item.policy
        read = say.gettext(
            "The text of the law was last read on {day}; the policy expires on {until}.",
            day=say.date(policy.checked_on),
            until=say.date(policy.expires_on),
        )
        title = say.gettext("Requirements, one by one") + (f": {policy.id}" if several else "")
        lead = f"{say.words(policy.title)} ({policy.id} {policy.version}). {read}"
        yield Section(title=title, basis="", blocks=(Words(text=lead),))
        for control in item.controls:
            yield _control(control, say)


def _control(view: ControlView, say: Translator) -> Section:
    control = view.control
    blocks: list[Block] = []
    if control is None:
        title = say.gettext("Findings without a control in this record")
    else:
        title = f"{control.id} · {say.words(control.title)}"
        blocks.append(Words(text=say.words(control.objective)))
        if not control.applies:
            blocks.append(Words(text=say.gettext("This control does not apply to this product."), note=True))
    if view.findings:
        blocks.append(_findings(view.findings, say))
    else:
        blocks.append(Words(text=say.gettext("No requirement of this control was judged."), note=True))
    basis = "; ".join(f"{vocabulary.word(say, vocabulary.FRAMEWORKS, one.framework)}, {clauses}"
                      for one, clauses in view.references)  # fmt: skip
    details = [block for item in view.findings for block in _details(item, say)]
    return Section(title=title, basis=basis, blocks=(*blocks, *details), level=2)


def _findings(items: tuple[FindingView, ...], say: Translator) -> Table:
    titles = ((say.gettext("Requirement"), 4), (say.gettext("Why"), 8), (say.gettext("Criterion"), 5))
    return table("", titles, ((_name(item, say), _why(item, say), _criterion(item, say)) for item in items))


def _name(item: FindingView, say: Translator) -> Cell:
    found = item.finding
    level = vocabulary.word(say, vocabulary.LEVELS, found.level)
    return text(badge(found.verdict, say), f"{found.requirement} · {level}", tone=TONES.get(found.verdict, "plain"))


def _why(item: FindingView, say: Translator) -> Cell:
    found, lines = item.finding, [say.sentence(item.finding.reason)]
    lines += [say.sentence(further) for further in found.further]
    if found.verdict not in SETTLED and item.requirement:
        hint = say.words(item.requirement.remediation)
        lines += [f"{say.gettext('What to do')}: {hint}"] if hint else []
    if found.waiver:
        from proofbox.reports.waiving import waiver_decision, waiver_line

        word = vocabulary.word(say, vocabulary.VERDICTS, found.verdict)
        lines.append(
            f"{say.gettext('Waiver (it does not change the verdict)')}: {word}, {waiver_line(say, found.waiver)}"
        )
        lines.append(waiver_decision(say, found.waiver))
    return text(*lines)


def _criterion(item: FindingView, say: Translator) -> Cell:
    found = item.finding.criterion
    if found is None:
        return text(item.finding.check or "–")
    lines = list(_criterion_lines(found, say))
    # What is met needs no more than what it was held against.
    return text(*(lines[:2] if item.finding.verdict in SETTLED else lines))


def _criterion_lines(found: CriterionRecord, say: Translator) -> Iterator[str]:
    yield f"{say.heading(say.measure(found.measure))} {vocabulary.comparison(say, found)}"
    origin = vocabulary.word(say, vocabulary.ORIGINS, found.origin)
    if found.policy_threshold is not None:
        own = vocabulary.comparison(say, found, policy=True)
        origin += f" ({say.gettext('the policy itself says: {threshold}', threshold=own)})"
    yield f"{say.gettext('Origin of the threshold')}: {origin}"
    yield f"{say.gettext('Decision rule')}: {vocabulary.decision_rule(say, found)}"


def _details(item: FindingView, say: Translator) -> Iterator[Block]:
    """Yield picture, measurements, groups and counterexamples of a finding that is not simply met."""
    if item.finding.verdict in SETTLED:
        return
    if item.chart:
        yield picture(item.chart)
    if item.measurements:
        caption = say.gettext("Measurements of {requirement}", requirement=item.finding.requirement)
        yield measurement_table(caption, item.measurements[:MOST_MEASUREMENTS], say)
    for one in item.measurements[:4]:
        yield from _groups(one, say)
    for record in item.cases:
        yield from case(record, say)


def measurement_table(caption: str, found: tuple[MeasurementRecord, ...], say: Translator) -> Table:
    """Return measurements with interval and sample size."""
    titles = ((say.gettext("Measure"), 5), (say.gettext("Measured on"), 4), (say.gettext("Value"), 2),
              (say.gettext("Interval"), 4), (say.gettext("Sample size"), 2))  # fmt: skip
    return table(caption, titles, (_measurement(one, say) for one in found))


def _measurement(item: MeasurementRecord, say: Translator) -> tuple[Cell, ...]:
    ends = "–"
    if item.interval:
        ends = f"{say.measured(item.interval.low)} – {say.measured(item.interval.high)}"
    return (
        text(say.heading(say.measure(item.measure))),
        text(_measured_on(item, say)),
        figure(say.measured(item.value)),
        figure(ends),
        figure(say.number(item.sample_size)),
    )


def _measured_on(item: MeasurementRecord, say: Translator) -> str:
    if item.group:
        return say.category("; ".join(f"{name}: {value}" for name, value in item.group.items()))
    if attribute := item.params.get("attribute"):
        return say.gettext("between the groups of {attribute}", attribute=scalar(attribute, say))
    role = item.params.get("role")
    return vocabulary.word(say, vocabulary.ROLES, role) if isinstance(role, str) else say.gettext("all rows")


def _groups(item: MeasurementRecord, say: Translator) -> Iterator[Block]:
    for rate, within, groups in group_counts(item)[:24]:
        by = scalar(item.params.get("attribute") or within or "–", say)
        titles = ((say.gettext("{measure} by {attribute}", measure=say.heading(say.measure(rate)), attribute=by), 6),
                  (say.gettext("Share"), 2), (say.gettext("Counted"), 3))  # fmt: skip
        rows = (
            (text(say.category(one.group)), figure(say.rate(one.rate)),
             figure(say.gettext("{count} of {rows}", count=one.count, rows=one.of)))
            for one in groups
        )  # fmt: skip
        yield table("", titles, rows)
