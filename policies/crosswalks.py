"""Crosswalks: which clauses of one law or framework are about the same thing as those of another, as data.

The shape follows OSCAL's mapping-collection: sources, targets, relation, confidence, gap. They are ours, by theme; no
official table of correspondence was found. A map covers nothing: only evidence does, clause by clause
(:mod:`proofbox.policies.coverage`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field

from proofbox.policies.clause_lists import ClauseList, clause_lists
from proofbox.policies.errors import BadDocumentError, Problem
from proofbox.policies.model import Date, Filled, Policy, PolicyModel, Slug, Wording
from proofbox.policies.validation import nearest, validate
from proofbox.policies.yamlfile import Document, read_yaml

SCHEMA = "proofbox/crosswalk/v1"

Relation = Literal["equal-to", "equivalent-to", "subset-of", "superset-of", "intersects-with"]
Confidence = Literal["low", "medium", "high"]


class Sources(PolicyModel):
    """Clauses of one framework that a map starts from."""

    framework: Slug
    clauses: tuple[Filled, ...] = Field(min_length=1)


class ClauseMap(PolicyModel):
    """One theme: the clauses on either side, how they relate, and what the target asks beyond."""

    id: Slug
    """the theme, unique in the file"""
    relation: Relation
    """of the sources to the targets (NIST IR 8477)"""
    confidence: Confidence
    """how sure we are of the relation"""
    sources: tuple[Sources, ...] = Field(min_length=1)
    targets: tuple[Filled, ...] = Field(min_length=1)
    """clauses of the crosswalk's target"""
    rationale: Wording
    """why the two are mapped"""
    gap: Wording
    """what the target asks that the sources do not, or the other way round"""


class Crosswalk(PolicyModel):
    """A whole file: every map from clauses of several frameworks to those of one."""

    schema_: Literal["proofbox/crosswalk/v1"] = Field(alias="schema")
    id: Slug
    checked_on: Date
    title: Wording
    target: Slug
    maps: tuple[ClauseMap, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One map as a policy bears on it."""

    crosswalk: Crosswalk
    item: ClauseMap
    named: Mapping[str, tuple[str, ...]]
    """Framework -> those of the map's source clauses that the policy points to."""


def read_crosswalk(raw: bytes, name: str) -> Crosswalk:
    """Read a file of maps.

    Raises
    ------
    BadDocumentError
        Something in it is wrong: its shape, a framework without a list of clauses, a clause that its list lacks, a
        theme given twice; ``problems`` holds every mistake with its place.
    """
    document = read_yaml(raw, name)
    found = validate(document, Crosswalk)
    if problems := tuple(_meaning(document, found, clause_lists())):
        raise BadDocumentError(problems)
    return found


@cache
def crosswalks() -> tuple[Crosswalk, ...]:
    """Return the crosswalks that come with the product, by id."""
    folder = resources.files("proofbox.policies").joinpath("crosswalk")
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda item: item.name)
    return tuple(read_crosswalk(entry.read_bytes(), entry.name) for entry in entries)


def carried(policy: Policy, target: str | None = None) -> tuple[Carried, ...]:
    """Return the maps that start from a clause which the policy points to, in the order of the files.

    Parameters
    ----------
    target
        Only to this framework; None for all.
    """
    pointed = {(one.framework, _plain(one.clause)) for control in policy.controls for one in control.references}
    found = []
    for crosswalk in crosswalks():
        for item in crosswalk.maps if target in (None, crosswalk.target) else ():
            named = {
                source.framework: kept
                for source in item.sources
                if (kept := tuple(one for one in source.clauses if (source.framework, _plain(one)) in pointed))
            }
            if named:
                found.append(Carried(crosswalk=crosswalk, item=item, named=named))
    return tuple(found)


def _plain(clause: str) -> str:
    return "".join(clause.split())


def _meaning(document: Document, found: Crosswalk, known: Mapping[str, ClauseList]) -> Iterator[Problem]:
    if found.target not in known:
        yield _unknown(document, ("target",), found.target, known)
    first: dict[str, int] = {}
    for index, item in enumerate(found.maps):
        place = ("maps", index)
        if item.id in first:
            line = document.position(("maps", first[item.id], "id"))[0]
            hint = f"the first stands in line {line}"
            yield document.problem(
                (*place, "id"), got=f"'{item.id}' a second time", expected="each theme once", hint=hint
            )
        first.setdefault(item.id, index)
        yield from _sides(document, place, found, item, known)


def _sides(
    document: Document,
    place: tuple[str | int, ...],
    found: Crosswalk,
    item: ClauseMap,
    known: Mapping[str, ClauseList],
) -> Iterator[Problem]:
    for inner, source in enumerate(item.sources):
        where = (*place, "sources", inner)
        if source.framework == found.target:
            expected = "another framework than the target"
            yield document.problem((*where, "framework"), got=f"'{source.framework}'", expected=expected)
        elif source.framework not in known:
            yield _unknown(document, (*where, "framework"), source.framework, known)
        else:
            yield from _clauses(document, (*where, "clauses"), source.clauses, known[source.framework])
    if found.target in known:
        yield from _clauses(document, (*place, "targets"), item.targets, known[found.target])


def _clauses(
    document: Document, place: tuple[str | int, ...], clauses: tuple[str, ...], listed: ClauseList
) -> Iterator[Problem]:
    for index, clause in enumerate(clauses):
        if listed.find(clause) is None:
            hint = nearest(clause, [one.clause for one in listed.clauses])
            expected = f"a clause of the list of {listed.framework}"
            yield document.problem((*place, index), got=f"'{clause}'", expected=expected, hint=hint)
        elif clause in clauses[:index]:
            yield document.problem((*place, index), got=f"'{clause}' a second time", expected="each clause once")


def _unknown(document: Document, place: tuple[str | int, ...], got: str, known: Mapping[str, ClauseList]) -> Problem:
    return document.problem(
        place, got=f"the framework '{got}'", expected=f"one of {', '.join(known)}", hint=nearest(got, known)
    )
