"""Write the list: every history whose signatures verify, as JSON and as one page in each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary
from proofbox.reports.canonical import canonical_bytes
from proofbox.reports.folder import refuse_filled, write_folder
from proofbox.reports.i18n import LANGUAGES, Translator
from proofbox.reports.pages import render_page
from proofbox.reports.register.entries import SCHEMA, Entry, entry_of, listing_order
from proofbox.reports.review.errors import BrokenHistoryError
from proofbox.reports.review.history import read_history
from proofbox.reports.review.wording import STATES, conditions_texts

if TYPE_CHECKING:
    from proofbox.reports.signing.interface import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The list of one day."""

    on: str
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]
    """Why a history is not in the list."""

    def counts(self) -> dict[str, int]:
        """Return how many are approved, expired and revoked."""
        standings = [entry.standing for entry in self.entries]
        return {standing: standings.count(standing) for standing in ("approved", "expired", "revoked")}


def register_of(reviews: Path, trusted: Sequence[Verifier], on: str) -> Register:
    """Return the list of a day from a folder of histories.

    Parameters
    ----------
    trusted
        Whose decisions count; at least one.
    """
    entries, left_out = [], []
    for folder in sorted(reviews.iterdir()) if reviews.is_dir() else ():
        try:
            entry = entry_of(read_history(reviews, folder.name, trusted), on)
        except BrokenHistoryError as err:
            left_out.append(str(err))
        else:
            entries += [entry] if entry is not None else []
    return Register(on=on, entries=tuple(sorted(entries, key=listing_order)), left_out=tuple(left_out))


def write_register(out: Path, reviews: Path, trusted: Sequence[Verifier], on: str) -> Register:
    """Write the list of a day to a new folder, whole or not at all.

    Raises
    ------
    BundleExistsError
        ``out`` holds something.
    BundleWriteError
        The disk refused; nothing is left behind.
    """
    refuse_filled(out)
    register = register_of(reviews, trusted, on)
    files = {"register.json": register_json(register)}
    for language in LANGUAGES:
        name = "register.html" if language == "en" else f"register.{language}.html"
        files[name] = register_page(register, language).encode()
    write_folder(out, files)
    return register


def register_json(register: Register) -> bytes:
    """Return ``register.json`` as canonical JSON; equal lists give equal bytes."""
    return canonical_bytes(
        {"schema": SCHEMA, "on": register.on, "entries": [entry.to_json() for entry in register.entries]}
    )


def register_page(register: Register, language: str) -> str:
    """Return the list as one self-contained page.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    return render_page(
        "register.html.j2",
        Translator(language),
        register=register,
        current=[entry for entry in register.entries if entry.standing == "approved"],
        ended=[entry for entry in register.entries if entry.standing != "approved"],
        states=STATES,
        v=vocabulary,
        conditions_texts=conditions_texts,
    )
