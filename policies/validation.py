"""From a document to a pydantic model, or to the error that this room raises for it."""

from __future__ import annotations

from proofbox.checks.documents.document import Document
from proofbox.checks.documents.validation import Model, check, nearest, problems_below, shown, wrong
from proofbox.policies.errors import BadDocumentError

__all__ = ["check", "nearest", "problems_below", "shown", "validate", "wrong"]


def validate(document: Document, model: type[Model]) -> Model:
    """Return ``document`` as a ``model``.

    Raises
    ------
    BadDocumentError
        With one problem for every mistake, in the order of the file.
    """
    found, problems = check(document, model)
    if found is None:
        raise BadDocumentError(problems)
    return found
