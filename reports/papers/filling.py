"""Fill a form in from one bundle: what the evidence says, where it comes from, and what a person must still write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from proofbox.policies.record_json import to_json
from proofbox.reports import vocabulary
from proofbox.reports.i18n import Translator
from proofbox.reports.papers.clean import cleaned
from proofbox.reports.papers.judged import Judgement, judged_table
from proofbox.reports.papers.measured import files_table, measured_table
from proofbox.reports.papers.paper import (
    Banner,
    Block,
    Cell,
    Paper,
    PaperWords,
    Place,
    Places,
    Section,
    Words,
    places_left,
)
from proofbox.reports.papers.taking import Record, said, take

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.papers.form import Basis, Form, FormPlace, Part


def fill_form(form: Form, content: BundleContent, language: str) -> Paper:
    """Return one form, filled in from a bundle as far as its evidence goes.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    filler = _Filler(content, Translator(language))
    sections = tuple(
        Section(
            title=filler.say.words(section.title.words()),
            basis=filler.basis(section.basis),
            blocks=tuple(block for part in section.parts for block in filler.blocks(part)),
        )
        for section in form.sections
    )
    lacking = lacking_controls(form, content.assessment)
    paper = Paper(
        id=form.id,
        language=language,
        title=filler.say.words(form.title.words()),
        subtitle=filler.basis(form.basis),
        notices=notices(language),
        marks=(filler.say.gettext("Draft: a person completes it and answers for it"),),
        banner=Banner(title=filler.say.words(form.about.words()), lines=(), tone="plain"),
        head=filler.head(),
        sections=sections,
        made=content.assessment.run.finished_at,
        words=paper_words(filler.say),
        wide=any(part.judged is not None and len(part.judged.columns) > MOST_UPRIGHT for part in form.parts()),
    )
    return cleaned(replace(paper, banner=replace(paper.banner, lines=tuple(filler.state(paper, lacking)))))


def lacking_controls(form: Form, assessment: Assessment) -> tuple[str, ...]:
    """Return the controls that a form rests on and that no policy of the assessment has."""
    known = {control.id for policy in assessment.policies for control in policy.controls}
    return tuple(name for name in form.controls() if name not in known)


MOST_UPRIGHT = 5
"""Columns that an upright page has room for."""
NOTICE = "Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision."


def notices(language: str) -> tuple[str, ...]:
    """Return what every page says, in both languages, that of the paper first."""
    order = sorted(("vi", "en"), key=lambda one: one != language)
    return tuple(Translator(one).gettext(NOTICE) for one in order)


def paper_words(say: Translator) -> PaperWords:
    """Return the words that every writer adds."""
    return PaperWords(
        source=say.gettext("Source"),
        to_write=say.gettext("To be written by a person"),
        page=say.gettext("Page {page} of {pages}"),
    )


class _Filler:
    def __init__(self, content: BundleContent, say: Translator) -> None:
        self.content, self.say = content, say
        self.held = Judgement(content.assessment, say)
        self.record: Record = {**to_json(content.assessment), "bundle": {"digest": content.bundle.digest}}

    def basis(self, given: Iterable[Basis]) -> str:
        """Return the clauses, with how well each is known."""
        return basis_in_words(given, self.say)

    def head(self) -> Places:
        """Return what identifies the evidence."""
        wanted = (
            ("product", self.say.gettext("Product"), ("subject.product.name", "subject.product.version")),
            ("provider", self.say.gettext("Provider"), ("subject.product.provider.name",)),
            ("assessed", self.say.gettext("Assessed on"), ("run.finished_at",)),
            ("subject", self.say.gettext("Digest of what was assessed (SHA-256)"), ("subject.digest",)),
            ("bundle", self.say.gettext("Digest of the evidence bundle (SHA-256)"), ("bundle.digest",)),
        )
        places = [
            Place(id=name, label=label, cell=Cell(lines=(" ".join(map(self._plain, where)),)))
            for name, label, where in wanted
        ]
        told = said(self.record["policies"], "policies", self.say)
        places.insert(3, Place(id="policies", label=self.say.gettext("Judged against"), cell=Cell(lines=(told,))))
        return Places(places=tuple(places))

    def state(self, paper: Paper, lacking: tuple[str, ...]) -> Iterable[str]:
        """Yield how far the evidence goes."""
        left, places = places_left(paper)
        yield self.say.gettext("{left} of {places} places are left for a person; each is marked.",
                               left=left, places=places)  # fmt: skip
        if lacking:
            yield self.say.gettext("Controls that this form rests on and this bundle lacks: {controls}.",
                                   controls=", ".join(lacking))  # fmt: skip
        yield self.say.gettext(
            "Sources name requirements, measurements or places of assessment.json, which is the record. Titles and"
            " labels are short words of our own; the wording of the law and its forms counts."
        )

    def blocks(self, part: Part) -> Iterable[Block]:
        """Yield the blocks of one part of a form."""
        if part.text is not None:
            yield Words(text=self.say.words(part.text.words()))
        elif part.places is not None:
            yield Places(places=tuple(map(self._place, part.places)))
        elif part.judged is not None:
            yield judged_table(part.judged, self.held)
        elif part.measured is not None:
            yield from measured_table(part.measured, self.content.assessment, self.say)
        elif part.files == "subject":
            listed = [(str(one["path"]), cast("int", one["size"]), str(one["sha256"]))
                      for one in self.content.assessment.subject.files]  # fmt: skip
            yield from files_table(listed, self.say.gettext("Files, as taken in"), self.say)
        else:
            entries = [(one.path, one.size, one.sha256) for one in self.content.manifest]
            yield from files_table(entries, self.say.gettext("Files of the evidence bundle"), self.say)

    def _place(self, place: FormPlace) -> Place:
        found = ((where, said(take(self.record, where), place.say, self.say)) for where in place.take)
        where, text = next(((where, text) for where, text in found if text), ("", ""))
        lacks = self.say.words(place.write.words()) if place.write and not text else ""
        also = self.say.words(place.also.words()) if place.also else ""
        cell = Cell(
            lines=(text,) if text else (),
            sources=(f"assessment.json: {where}",) if where else (),
            to_write=" ".join(filter(None, (lacks, also))),
        )
        return Place(id=place.id, label=self.say.words(place.label.words()), cell=cell)

    def _plain(self, where: str) -> str:
        return said(take(self.record, where), "moment" if where.endswith("_at") else "text", self.say)


def basis_in_words(given: Iterable[Basis], say: Translator) -> str:
    """Return clauses, with how well each is known."""
    told = (
        f"{vocabulary.word(say, vocabulary.FRAMEWORKS, one.framework)}, {_clause(one.clause, say)}"
        f" ({vocabulary.word(say, vocabulary.CONFIDENCE, one.confidence)})"
        for one in given
    )
    return "; ".join(told)


def _clause(clause: str, say: Translator) -> str:
    """Return a clause with the word that its number is of; its own numbering stays."""
    if clause[:1].isdigit():
        return say.gettext("Article {number}", number=clause)
    return clause.replace("Annex", say.gettext("Annex"))
