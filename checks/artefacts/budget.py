"""How much a look at a submission may read: counted in work and never in seconds, so that two runs agree."""

from __future__ import annotations

from dataclasses import dataclass

from proofbox.checks.errors import TooMuchError
from proofbox.checks.text import t

MOST_DEPTH = 6
"""Containers within containers."""


@dataclass(slots=True, kw_only=True)
class Budget:
    """What is left to read of one submission, over all its files."""

    unpacked_bytes: int = 1_500_000_000
    """Bytes that come out of compressed streams."""
    opcodes: int = 5_000_000
    """Opcodes of pickles."""
    items: int = 3_000_000
    """Entries of archives, fields of messages, values of headers, nodes of trees."""
    text_bytes: int = 200_000_000
    """Bytes of text and JSON that are parsed."""

    def unpack(self, size: int) -> None:
        """Count bytes that were unpacked.

        Raises
        ------
        BadDataError
            There are more than were left; so do the other methods.
        """
        self.unpacked_bytes -= size
        if self.unpacked_bytes < 0:
            raise TooMuchError(t("it unpacks to more bytes than are read"))

    def step(self) -> None:
        """Count one opcode of a pickle."""
        self.opcodes -= 1
        if self.opcodes < 0:
            raise TooMuchError(t("it has more opcodes than are followed"))

    def item(self, count: int = 1) -> None:
        """Count entries."""
        self.items -= count
        if self.items < 0:
            raise TooMuchError(t("it has more entries than are looked at"))

    def parse(self, size: int) -> None:
        """Count bytes of text."""
        self.text_bytes -= size
        if self.text_bytes < 0:
            raise TooMuchError(t("it has more text than is read"))
