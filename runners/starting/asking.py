"""Ask a person at a terminal about what was guessed; an empty answer keeps the guess."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import rich_click as click

from proofbox.runners.starting.columns import Column
from proofbox.runners.starting.guessing import Given, Guess, guess
from proofbox.runners.starting.writing import Product
from proofbox.runners.submitted.submission import RiskTier, Sector

if TYPE_CHECKING:
    from proofbox.runners.starting.init import Ask


def at_terminal(guessed: Guess, product: Product, columns: tuple[Column, ...]) -> tuple[Guess, Product]:
    """Ask for what decides most: target, sensitive columns, and what no file tells."""
    names = [column.name for column in columns]
    target = click.prompt("Column of the true answers", default=guessed.target, type=click.Choice(names))
    if target != guessed.target:
        features = tuple(name for name in guessed.features if name != target)
        given = Given(target=target, features=features, sensitive=guessed.sensitive)
        guessed = guess(columns, None, given)
    text = click.prompt("Sensitive columns, with commas", default=", ".join(guessed.sensitive) or "none")
    chosen = tuple(part.strip() for part in text.split(",") if part.strip() in names and part.strip() != target)
    return replace(guessed, sensitive=chosen), replace(
        product,
        name=click.prompt("Name of the product", default=product.name),
        provider=click.prompt("Who provides it", default=product.provider),
        sector=click.prompt("Sector", default=product.sector, type=click.Choice(get_args(Sector))),
        risk_tier=click.prompt("Risk tier", default=product.risk_tier, type=click.Choice(get_args(RiskTier))),
        purpose=click.prompt("Intended purpose, in one sentence", default=product.purpose),
    )


AT_TERMINAL: Ask = at_terminal
