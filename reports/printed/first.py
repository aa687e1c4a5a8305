"""The first pages: the conclusion and why, what could not be concluded, and the smallest case that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary
from proofbox.reports.attempts import attempt_text
from proofbox.reports.gating import gate_lines, gate_view
from proofbox.reports.papers.paper import Banner, Block, Places, Section, Table, Words
from proofbox.reports.printed.pieces import TONES, badge, figure, places, table, text

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, CounterexampleRecord
    from proofbox.reports.i18n import Translator
    from proofbox.reports.view import FindingView, ReportView


def marks(keyid: str | None, say: Translator, *, signed: bool) -> tuple[str, ...]:
    """Return what stands beside the title of a report.

    Parameters
    ----------
    keyid
        Of the key that signed the bundle; None where none did.
    signed
        Whether the file itself carries a signature.
    """
    if keyid is not None:
        return (f"◇ {say.gettext('Signed, to be verified')}",)
    return () if signed else (f"◇ {say.gettext('Unsigned')}",)


def banner(a: Assessment, view: ReportView, say: Translator, *, keyid: str | None, signed: bool) -> Banner:
    """Return the conclusion, and the warnings that belong beside it; ``keyid`` and ``signed`` as for :func:`marks`."""
    against = ", ".join(f"{say.words(one.title) or one.id} ({one.id} {one.version})" for one in a.policies)
    lines = [
        f"{say.gettext('Judged against')} {against}.",
        vocabulary.word(say, vocabulary.CONCLUSION_SENTENCES, a.conclusion),
    ]
    if view.walls.isolated is False:
        lines.append(f"⚠ {say.text(vocabulary.NOT_ISOLATED)}")
    lines += [f"⚠ {item.warning}" for item in view.policies if item.warning]
    if keyid is not None:
        note = say.gettext(
            "The bundle of this report is signed with the key below. A page cannot prove that itself: verify the bundle"
            " with that key, which you have from the signer by another way."
        )
        lines.append(f"{say.gettext('Signed, to be verified')}. {note} {keyid}")
    elif not signed:
        note = say.gettext(
            "This report shows what was measured, but nothing yet proves who made it or that it was not altered."
        )
        lines.append(f"{say.gettext('Unsigned')}. {note}")
    return Banner(
        title=vocabulary.word(say, vocabulary.CONCLUSIONS, a.conclusion),
        lines=tuple(lines),
        tone=TONES.get(a.conclusion, "open"),
    )


def head(a: Assessment, digest: str, say: Translator) -> Places:
    """Return what identifies product and evidence."""
    product = a.subject.product
    committed = a.run.attempt.commitment if a.run.attempt else ""
    provider = product.get("provider")
    named = provider.get("name") if isinstance(provider, dict) else provider
    return places(
        (
            (say.gettext("Provider"), str(named or "")),
            (say.gettext("Intended purpose"), str(product.get("intended_purpose") or "")),
            (say.gettext("Sector"), vocabulary.word(say, vocabulary.SECTORS, str(product.get("sector") or ""))),
            (
                say.gettext("Risk tier, as declared"),
                vocabulary.word(say, vocabulary.TIERS, str(product.get("risk_tier") or "")),
            ),
            (say.gettext("Assessed on"), say.moment(a.run.finished_at)),
            (say.gettext("This attempt"), f"{say.sentence(attempt_text(a.run))} {committed}".rstrip()),
            (say.gettext("Digest of what was assessed (SHA-256)"), a.subject.digest),
            (say.gettext("Digest of the evidence bundle (SHA-256)"), digest),
        )
    )


def first_sections(a: Assessment, view: ReportView, say: Translator) -> Iterator[Section]:
    """Yield what a reader must know before the rest."""
    if view.failed:
        yield Section(title=say.gettext("What failed, and why"), basis="", blocks=(reasons(view.failed, say),))
    if view.open:
        yield Section(title=say.gettext("What could not be concluded"), basis="", blocks=(reasons(view.open, say),))
    blocks: list[Block] = [_tally(view, say)]
    if view.advised:
        named = "; ".join(f"{_title(item, say)} ({item.finding.requirement})" for item in view.advised)
        blocks.append(Words(text=f"{say.gettext('Recommendations not met:')} {named}."))
    yield Section(title=say.gettext("Requirements by verdict"), basis="", blocks=tuple(blocks))
    if view.smallest:
        title = say.gettext("The smallest case that shows it")
        yield Section(title=title, basis="", blocks=tuple(case(view.smallest, say)))
    if gate := gate_view(a.run.detail):
        lines = tuple(Words(text=line) for line in gate_lines(gate, say))
        yield Section(title=say.gettext("The gate, and what was failing before"), basis="", blocks=lines)


def reasons(items: tuple[FindingView, ...], say: Translator) -> Table:
    """Return findings with the sentence that says why."""
    return table(
        "",
        ((say.gettext("Requirement"), 4), (say.gettext("Verdict"), 2), (say.gettext("Why"), 9)),
        (
            (
                text(_title(item, say), item.finding.requirement),
                text(badge(item.finding.verdict, say), tone=TONES.get(item.finding.verdict, "plain")),
                text(say.sentence(item.finding.reason)),
            )
            for item in items
        ),
    )


def case(record: CounterexampleRecord, say: Translator) -> Iterator[Block]:
    """Yield one counterexample: what changed, row by row, and what stayed."""
    found = record.case
    yield Words(text=f"{say.gettext('Counterexample')}: {say.sentence(found.summary)}")
    rows = [
        (text(f"{name} ({say.gettext('changed')})"), *(text(say.scalar(row.values[place])) for row in found.rows))
        for place, name in enumerate(found.columns)
        if name in found.changed
    ]
    rows.append((text(say.gettext("Decision")), *(text(row.decision) for row in found.rows)))
    if any(row.score is not None for row in found.rows):
        scores = (say.measured(row.score) if row.score is not None else "–" for row in found.rows)
        rows.append((text(say.gettext("Score")), *map(text, scores)))
    titles = ((say.gettext("Input"), 4), *((say.text(row.label), 4) for row in found.rows))
    yield table("", titles, rows)
    same = [(place, name) for place, name in enumerate(found.columns) if name not in found.changed]
    if same and found.rows:
        kept = "; ".join(f"{name}: {say.scalar(found.rows[0].values[place])}" for place, name in same)
        yield Words(text=f"{say.gettext('The same in every row:')} {kept}", note=True)
    where = say.gettext("Row {row} of the evaluation data, counted from 0.", row=found.source_row)
    kept_in = say.gettext("File: {file}", file=f"counterexamples/{record.id}.json")
    yield Words(text=f"{where} {kept_in}", note=True)


def _title(item: FindingView, say: Translator) -> str:
    return say.words(item.control.title) if item.control else item.finding.control


def _tally(view: ReportView, say: Translator) -> Table:
    columns = (
        (say.gettext("Verdict"), 4),
        *((vocabulary.word(say, vocabulary.LEVELS, one), 2) for one in ("must", "should")),
    )
    rows = (
        (text(badge(verdict, say)), figure(say.number(must)), figure(say.number(should)))
        for verdict, must, should in view.tally
    )
    return table("", columns, rows)
