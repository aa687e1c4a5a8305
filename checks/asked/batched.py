"""What a check says that needs rows which are too many to hold."""

from __future__ import annotations

from proofbox.checks.subject import Dataset
from proofbox.checks.text import Text, t


def not_held(data: Dataset) -> Text:
    """Return why a check that needs all rows at once cannot have those of a file that is read in batches."""
    return t(
        "the {role} data have {rows} rows, which are read in batches, and this check needs all of them at once; "
        "a higher --rows-in-memory holds them",
        role=data.role,
        rows=data.rows,
    )
