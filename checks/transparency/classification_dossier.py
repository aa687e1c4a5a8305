"""Whether the dossier of the risk classification says what it must.

## Measures

- `dossier_blocks_filled`: [0, 1], higher is better, 1 is perfect. The share of the four blocks that are there and say
  something of their own.
- `dossier_boilerplate`: [0, inf), lower is better, 0 is perfect. Blocks that are there and say nothing.

## Method

The document under `documents.classification_dossier` is read as Markdown or plain text, in English or Vietnamese. Its
headings are matched with the four parts of Decree 142/2026, Article 12(2): (a) identity of system and provider, (b)
purpose, functions, architecture, scope and the groups affected, (c) main input data, (d) summary of the measures for
risk, safety and transparency. What says nothing is found as in `transparency.model_card`.

## Limits

That a block says something does not make it true: a person reads it. Source code, parameters and raw data need not
stand in it (Article 12(4)). Word processor files are not read: export them as text.

## References

- Law 134/2025/QH15, Article 10(1); Decree 142/2026/ND-CP, Article 12(2) and (4).
"""

from __future__ import annotations

from proofbox.checks.documents.blocks import BlockParams, Wanted, measured_blocks, text_of
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text

KEY = "classification_dossier"

BLOCKS: Wanted = {
    "identity": ("identity", "identification", "provider", "general information", "dinh danh", "thong tin chung",
                 "nha cung cap", "thong tin nhan dien"),
    "purpose_and_functions": ("purpose", "purposes", "functions", "function", "architecture", "scope",
                              "affected groups", "muc dich", "chuc nang", "kien truc", "pham vi", "nhom bi tac dong"),
    "input_data": ("input data", "main data", "data", "du lieu dau vao", "du lieu chinh", "du lieu"),
    "risk_safety_transparency": ("risk", "risks", "safety", "transparency", "rui ro", "an toan", "minh bach"),
}  # fmt: skip


class Params(BlockParams):
    """Parameters of :func:`classification_dossier`."""


@check("transparency.classification_dossier")
def classification_dossier(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure how much of the dossier of the classification is filled."""
    text = text_of(subject, KEY)
    if isinstance(text, Text) and KEY not in subject.documents:
        # The dossier may have been handed in elsewhere: what was not submitted here is not known to be empty.
        return Inapplicable(text)
    found = measured_blocks(text, BLOCKS, params.min_words, ("dossier_blocks_filled", "dossier_boilerplate"))
    return Measured(measurements=tuple(found))
