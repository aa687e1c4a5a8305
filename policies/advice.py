"""What a policy may be loaded with, and its author should still look at: references that nobody can follow."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from proofbox.policies.clause_numbers import clause_numbers
from proofbox.policies.errors import BadDocumentError, Problem
from proofbox.policies.model import Policy
from proofbox.policies.validation import check, nearest
from proofbox.policies.yamlfile import Document, read_own_yaml


def advice(path: Path) -> tuple[Problem, ...]:
    """Return what the author of a policy file should look at; nothing where the file cannot be read at all."""
    try:
        document = read_own_yaml(path.read_bytes(), path.name)
    except (BadDocumentError, OSError):
        return ()
    policy, _ = check(document, Policy)
    return () if policy is None else tuple(_advice(document, policy))


def _advice(document: Document, policy: Policy) -> Iterator[Problem]:
    known = clause_numbers()
    for index, control in enumerate(policy.controls):
        place = ("controls", index)
        if not control.references:
            expected = "the clause of a law, a standard or a handbook that it comes from"
            yield document.problem(place, got=f"{control.id} without a reference", expected=expected)
        for inner, reference in enumerate(control.references):
            where = (*place, "references", inner)
            listed = known.get(reference.framework)
            if listed is None:
                # A framework of one's own may have any name; one that is nearly a known one is a slip.
                if near := difflib.get_close_matches(reference.framework, known, n=1, cutoff=0.9):
                    got, expected = f"the framework '{reference.framework}'", f"one of {', '.join(known)}"
                    hint = f"did you mean '{near[0]}'?"
                    yield document.problem((*where, "framework"), got=got, expected=expected, hint=hint)
                continue
            if "".join(reference.clause.split()) not in ("".join(number.split()) for number in listed):
                got = f"'{reference.clause}', which the list of {reference.framework} does not have"
                hint = nearest(reference.clause, listed)
                yield document.problem((*where, "clause"), got=got, expected="a clause of that list", hint=hint)
            if not reference.source or reference.confidence is None:
                expected = "'source' and 'confidence' (V or V2) beside a clause of a law"
                yield document.problem(where, got=f"{reference.clause} without them", expected=expected)
