"""Mistakes put into the small submission of the tests, one at a time or several together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Spoil = Callable[[Path], object]
"""Spoils the submission in a folder."""


def edit(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        file = folder / "submission.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def rows(*lines: str, sensitive: str = "sex", more: str = "") -> Spoil:
    """Write the evaluation data anew; ``more`` is a further key of the evaluation block."""

    def spoil(folder: Path) -> None:
        (folder / "data/eval.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        edit("sensitive: [sex]", f"sensitive: [{sensitive}]" + (f"\n    {more}" if more else ""))(folder)

    return spoil
