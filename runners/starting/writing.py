"""Write a guessed submission as a YAML file with comments, and the snippet for the script that trains the model."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.runners.starting.guessing import Guess
    from proofbox.runners.submitted.submission import RiskTier, Sector

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")

AGE_PARTS = 4
"""Into how many groups a sensitive column of numbers is split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What no file tells: who answers for the product, and what it is for."""

    name: str
    version: str = "0.1.0"
    provider: str = "Your company"
    sector: Sector = "other"
    risk_tier: RiskTier = "high"
    purpose: str = "Say in one sentence who uses the answers, and for which decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the files of the submission lie in it, and what they are."""

    model: str
    model_format: str
    evaluation: str
    training: str | None = None


def submission_text(product: Product, files: Files, guess: Guess, age: tuple[str, ...] = ()) -> str:
    """Return ``submission.yaml`` with a comment beside everything that was guessed.

    Parameters
    ----------
    age
        The sensitive columns of many numbers, which are split into groups.
    """
    why = {key: f"   # guessed: {said}" for key, said in guess.why.items()}
    lines = [
        "# Written by 'proofbox init': look at what says 'guessed' or 'yours'. docs/submission.md has every key.",
        "schema: proofbox/submission/v1",
        "product:   # yours: who answers for it, and what it is for",
        f"  name: {scalar(product.name)}",
        f"  version: {scalar(product.version)}",
        f"  provider: {{name: {scalar(product.provider)}, country: VN}}",
        f"  sector: {product.sector}   # credit, health, education, employment, public-service, justice, other",
        f"  risk_tier: {product.risk_tier}   # low, medium, high; 'proofbox classify' helps",
        f"  intended_purpose: {scalar(product.purpose)}",
        "model:",
        f"  path: {scalar(files.model)}",
        f"  format: auto   # found: {files.model_format}",
        f"  task: {guess.task}{why['task']}",
        "  # Columns given to the model, in this order; nothing else enters the sandbox.",
        f"  features: {flow(guess.features)}{why['features']}",
    ]
    if guess.task != "regression":
        lines.append(f"  output: {guess.output}   # label, probability or score")
        lines.append(f"  positive_label: {label(guess.positive_label or '1')}   # the class whose rates are counted")
        if guess.task == "multiclass-classification":
            lines.append(f"  classes: [{', '.join(label(one) for one in guess.classes)}]")
        if guess.output == "probability" and guess.task == "binary-classification":
            lines.append("  threshold: 0.5   # a probability of at least this is the positive label")
    lines += _data(files, guess, age)
    return "\n".join(lines) + "\n"


def _data(files: Files, guess: Guess, age: tuple[str, ...]) -> list[str]:
    people = [
        f"{{column: {scalar(name)}, quantiles: {AGE_PARTS}}}" if name in age else scalar(name)
        for name in guess.sensitive
    ]
    lines = [
        "data:",
        "  evaluation:",
        f"    path: {scalar(files.evaluation)}",
        f"    target: {scalar(guess.target)}   # guessed: {guess.why['target']}",
        "    # Attributes of people: they never enter the sandbox unless they are features too.",
        f"    sensitive: [{', '.join(people)}]   # guessed: by their names; add what is missing",
        f"    id: {flow(guess.ids)}   # who or what a row is: left out of duplicate search",
    ]
    if guess.weight:
        lines.append(f"    weight: {scalar(guess.weight)}   # guessed: by its name")
    if guess.time:
        lines.append(f"    time: {scalar(guess.time)}   # guessed: by its name; when a row came about")
    if files.training:
        lines.append(f"  training: {{path: {scalar(files.training)}, target: {scalar(guess.target)}}}")
    else:
        lines.append("  # training: {path: data/train.csv, target: ...}   # with it, leaks between the two are found")
    lines += [
        "# declared:   # what you claim, frozen before the run",
        "#   performance: [{measure: accuracy, at_least: 0.80}]",
        "# documents: {model_card: docs/model-card.md}",
    ]
    return lines


def scalar(text: str) -> str:
    """Return a text as YAML: plain where that is safe, else in double quotes."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def label(text: str) -> str:
    """Return a label as YAML: a whole number as such, so that it reads as it stands in the data."""
    return text if _WHOLE.fullmatch(text) else scalar(text)


def flow(names: tuple[str, ...]) -> str:
    """Return names as a YAML list in one line."""
    return f"[{', '.join(map(scalar, names))}]"


def snippet() -> str:
    """Return the training-side snippet: standard library only, for the end of the user's own script."""
    return (Path(__file__).parent.parent / "templates/record_training.py.txt").read_text(encoding="utf-8")
