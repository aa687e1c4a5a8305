"""Whether the system card says what it must.

## Measures

- `system_card_blocks_filled`: [0, 1], higher is better, 1 is perfect. The share of the seven blocks that are there and
  say something of their own.
- `system_card_boilerplate`: [0, inf), lower is better, 0 is perfect. Blocks that are there and say nothing.
- `system_card_unknown_digests`: [0, inf), lower is better, 0 is perfect. SHA-256 digests written in the card that are
  those of no file of the submission and not the model's own.

## Method

The document under `documents.system_card` is read as Markdown or plain text, in English or Vietnamese. Its headings are
matched with the blocks of a system card in Decree 142/2026, Article 3(6): architecture, components, model, data,
purpose, safety and security measures, and, as one block, incidents with vulnerabilities and how they were mended. What
says nothing is found as in `transparency.model_card`. Every run of 64 hex digits is taken for a digest and looked for
among the files that came in. A card that is missing or cannot be read fills nothing. docs/cards.md has the headings
that are understood.

## Limits

That a block says something does not make it true: a person reads it. A component that the card names without a digest
is not looked for; `provenance.bom` compares a list that a machine can read.

## References

- Decree 142/2026/ND-CP, Article 3(6).
"""

from __future__ import annotations

import re

from proofbox.checks.documents.blocks import BlockParams, Wanted, measured_blocks
from proofbox.checks.documents.cards import Card, read_card
from proofbox.checks.records.actual import taken_digests
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement
from proofbox.checks.signatures.identity import model_identity
from proofbox.checks.subject import Subject

BLOCKS: Wanted = {
    "architecture": ("architecture", "system overview", "design", "kien truc", "tong quan he thong", "thiet ke"),
    "components": ("components", "component", "parts", "thanh phan", "cau phan"),
    "model": ("model", "models", "mo hinh"),
    "data": ("data", "dataset", "datasets", "du lieu"),
    "purpose": ("purpose", "purposes", "intended use", "intended uses", "muc dich", "muc tieu"),
    "safety_and_security": ("safety", "security", "an toan", "bao mat", "an ninh"),
    "incidents": ("incident", "incidents", "vulnerability", "vulnerabilities", "fixes", "su co", "lo hong",
                  "khac phuc"),
}  # fmt: skip

MOST_LISTED = 20

_DIGEST = re.compile(r"(?<![0-9a-zA-Z])[0-9a-fA-F]{64}(?![0-9a-zA-Z])")


class Params(BlockParams):
    """Parameters of :func:`system_card`."""


@check("transparency.system_card")
def system_card(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure how much of the system card is filled, and which of its digests are of nothing that came in."""
    card = read_card(subject, "system_card")
    names = ("system_card_blocks_filled", "system_card_boilerplate")
    found = measured_blocks(card.body if isinstance(card, Card) else card, BLOCKS, params.min_words, names)
    if isinstance(card, Card):
        found.append(_digests(card.body, subject))
    return Measured(measurements=tuple(found))


def _digests(text: str, subject: Subject) -> Measurement:
    written = sorted({digest.lower() for digest in _DIGEST.findall(text)})
    known = {file.sha256 for file in subject.files} | {model_identity(subject).digest, *taken_digests(subject).values()}
    unknown = [digest for digest in written if digest not in known]
    return Measurement(
        measure="system_card_unknown_digests",
        value=float(len(unknown)),
        sample_size=max(len(written), 1),
        detail={"digests_written": len(written), "unknown": [*unknown[:MOST_LISTED]]},
    )
