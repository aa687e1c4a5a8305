"""Whether the words by which people are told that they face an AI system say so, in Vietnamese.

## Measures

- `notice_names_ai`: [0, 1], higher is better, 1 is perfect. 1 where the notice says in Vietnamese that it is an AI
  system that people deal with.
- `notice_points_made`: [0, 1], higher is better, 1 is perfect. The share of four points that the notice makes: purpose,
  scope or limits, where to turn to a person, and that it is AI.

## Method

The text under `documents.notice` is read as it is shown to people. Each point is looked for by its words in Vietnamese:
written with its accents, since a notice without them is not Vietnamese that everybody can read. That it is AI counts
where the text names "trí tuệ nhân tạo", "hệ thống AI", "trợ lý ảo", "chatbot" or "AI" in capitals, in a sentence with
Vietnamese accents.

## Limits

The check reads the words and not the product: that people really see them, at the first contact and before a decision
takes effect, is attested by a person. Words are looked for and not understood: a sentence that denies the use of AI
counts as one that names it.

## References

- Law 134/2025/QH15, Article 11(1), (3) and (4); Decree 142/2026/ND-CP, Articles 16 and 18.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from proofbox.checks.documents.blocks import text_of
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text

_ACCENTED = re.compile(r"[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")

AI = re.compile(r"(?i:trí tuệ nhân tạo|trợ lý ảo|chatbot)|\bAI\b")
"""The letters in capitals alone: *ai* is Vietnamese for *who*."""
POINTS: Mapping[str, re.Pattern[str]] = {
    "purpose": re.compile(r"mục đích|nhằm|dùng để|được sử dụng để|giúp", re.IGNORECASE),
    "scope_or_limits": re.compile(
        r"phạm vi|giới hạn|hạn chế|có thể sai|chỉ mang tính|tham khảo|không thay thế", re.IGNORECASE
    ),
    "person_to_turn_to": re.compile(
        r"liên hệ|khiếu nại|yêu cầu.{0,40}(?:con người|nhân viên|cán bộ|xem xét)|hotline|đường dây nóng", re.IGNORECASE
    ),
}


@check("transparency.notice")
def notice(subject: Subject) -> Measured | Inapplicable:
    """Measure whether a notice says in Vietnamese that people face an AI system."""
    text = text_of(subject, "notice")
    if isinstance(text, Text):
        return Inapplicable(text)
    sentences = [one for one in _SENTENCE.split(unicodedata.normalize("NFC", text)) if _ACCENTED.search(one)]
    names_ai = any(AI.search(sentence) for sentence in sentences)
    made = {name: any(pattern.search(one) for one in sentences) for name, pattern in POINTS.items()}
    made["ai"] = names_ai
    missing = [name for name, there in made.items() if not there]
    return Measured(
        measurements=(
            Measurement(
                measure="notice_names_ai", value=float(names_ai), sample_size=max(len(sentences), 1),
                detail={"sentences_in_vietnamese": len(sentences)},
            ),
            Measurement(
                measure="notice_points_made", value=sum(made.values()) / len(made), sample_size=len(made),
                detail={"missing": [*missing]},
            ),
        )
    )  # fmt: skip
