"""Which attempt this is: of one product, and of one provider on the same evaluation data.

A product is a provider and a name: a new version is a new attempt of the same product. Attempts on the same data are
counted for the provider, so that another name for the product does not begin at one again, and another provider's
attempts are not held against this one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from proofbox.reports.ledger.entries import AttemptEntry, Commitment, ProductName

Key = tuple[str, ...]


def provider_key(product: ProductName) -> Key:
    """Return what tells providers apart: the registration number, or the name where there is none."""
    return ("id", _plain(product.provider_id)) if _plain(product.provider_id) else ("name", _plain(product.provider))


def product_key(product: ProductName) -> Key:
    """Return what tells products apart, whatever their version."""
    return (*provider_key(product), _plain(product.name))


def data_key(commitment: Commitment) -> Key:
    """Return what tells apart whose attempts on which evaluation data these are."""
    return (*provider_key(commitment.product), commitment.evaluation)


def numbers(commitment: Commitment, before: Iterable[AttemptEntry]) -> tuple[int, int]:
    """Return (which attempt of the product, which of its provider on the same evaluation data), each from 1."""
    product, data = product_key(commitment.product), data_key(commitment)
    earlier = [entry.commitment for entry in before]
    return (
        1 + sum(product_key(one.product) == product for one in earlier),
        1 + sum(data_key(one) == data for one in earlier),
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
