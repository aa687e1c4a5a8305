"""Whether the model card says what it must.

## Measures

- `model_card_blocks_filled`: [0, 1], higher is better, 1 is perfect. The share of the seven blocks that are there and
  say something of their own.
- `model_card_boilerplate`: [0, inf), lower is better, 0 is perfect. Blocks that are there and say nothing.

## Method

The document under `documents.model_card` is read as Markdown or plain text, in English or Vietnamese; a block of YAML
before it is left aside. Its headings are matched with the seven blocks of a model card in Decree 142/2026, Article
3(5): properties, purpose, scope, limits and risks, training data, training settings, performance. A block says nothing
if fewer than `min_words` words are left once questions, placeholders and bracketed instructions are taken away, or if
it repeats another one word for word. A card that is missing or cannot be read fills nothing. docs/cards.md has the
headings that are understood and a card to start from.

## Limits

That a block says something does not make it true: its performance figures are held against what was measured by
`transparency.claims`, and the rest is for a person to read. Word processor files are not read.

## References

- Decree 142/2026/ND-CP, Article 3(5).
- Mitchell and others, "Model Cards for Model Reporting", FAT* 2019, 220-229.
- Hugging Face, "Model Cards", for headings in use.
"""

from __future__ import annotations

from proofbox.checks.documents.blocks import BlockParams, Wanted, measured_blocks
from proofbox.checks.documents.cards import Card, read_card
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured
from proofbox.checks.subject import Subject

BLOCKS: Wanted = {
    "properties": ("properties", "characteristics", "model details", "model description", "about the model",
                   "dac tinh", "dac diem", "thuoc tinh", "thong tin mo hinh", "mo ta mo hinh", "gioi thieu mo hinh"),
    "purpose": ("purpose", "purposes", "intended use", "intended uses", "use", "uses", "direct use",
                "muc dich", "muc tieu", "cong dung"),
    "scope": ("scope", "out of scope", "out of scope use", "applicability", "pham vi", "doi tuong su dung"),
    "limits_and_risks": ("limitations", "limitation", "limits", "risks", "risk", "bias", "han che", "gioi han",
                         "rui ro"),
    "training_data": ("training data", "training dataset", "training set", "data used for training",
                      "du lieu huan luyen", "tap huan luyen", "du lieu dao tao"),
    "training_settings": ("training settings", "training setup", "training procedure", "training hyperparameters",
                          "hyperparameters", "training configuration", "training parameters", "training regime",
                          "thiet lap huan luyen", "cau hinh huan luyen", "tham so huan luyen", "sieu tham so",
                          "quy trinh huan luyen", "qua trinh huan luyen", "cach huan luyen"),
    "performance": ("performance", "results", "evaluation", "evaluation results", "metrics", "hieu nang", "hieu suat",
                    "ket qua", "danh gia"),
}  # fmt: skip


class Params(BlockParams):
    """Parameters of :func:`model_card`."""


@check("transparency.model_card")
def model_card(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure how much of the model card is filled."""
    card = read_card(subject, "model_card")
    names = ("model_card_blocks_filled", "model_card_boilerplate")
    found = measured_blocks(card.body if isinstance(card, Card) else card, BLOCKS, params.min_words, names)
    return Measured(measurements=tuple(found))
