"""Crosswalks as lines for a person and as JSON for a program, with what a policy shows of each clause."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t
from proofbox.policies.coverage import coverage
from proofbox.policies.crosswalks import ClauseMap, Crosswalk, carried, crosswalks
from proofbox.policies.loader import load_policy
from proofbox.reports import vocabulary
from proofbox.reports.console import safe_terminal
from proofbox.reports.crosswalk_oscal import mapping_collection
from proofbox.reports.i18n import Translator
from proofbox.runners.errors import UsageError
from proofbox.runners.policy_tools.reports import COVERS_SAID

if TYPE_CHECKING:
    from proofbox.checks.result import Json

CONFIDENCES: Mapping[str, Text] = {
    "low": t("low confidence"),
    "medium": t("medium confidence"),
    "high": t("high confidence"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMap:
    """One map, with what a policy shows of the clauses that it starts from."""

    crosswalk: Crosswalk
    item: ClauseMap
    sources: Mapping[str, tuple[str, ...]]
    """Framework -> clauses: all of the map's, or with a policy those that it points to."""
    covers: Mapping[str, str]
    """``framework clause`` -> the strongest evidence that the policy gives for it; empty without a policy."""


def found_maps(policy: str | None, target: str | None) -> tuple[FoundMap, ...]:
    """Return the maps to a framework (None: to any), and with a policy only those that start from its clauses.

    Raises
    ------
    UsageError
        No crosswalk leads to that framework.
    BadPolicyError, UnknownPolicyError
        The policy cannot be read.
    """
    targets = [one.target for one in crosswalks()]
    if target is not None and target not in targets:
        raise UsageError(f"--to {target}: no crosswalk leads there; there are: {', '.join(targets)}")
    if policy is None:
        return tuple(
            FoundMap(crosswalk=one, item=item, sources={s.framework: s.clauses for s in item.sources}, covers={})
            for one in crosswalks()
            if target in (None, one.target)
            for item in one.maps
        )
    loaded = load_policy(policy).policy
    covers = {f"{one.framework} {one.clause}": one.cover for one in coverage(loaded)}
    return tuple(
        FoundMap(
            crosswalk=one.crosswalk,
            item=one.item,
            sources=one.named,
            covers={
                key: covers[key] for f, names in one.named.items() for name in names if (key := f"{f} {name}") in covers
            },
        )
        for one in carried(loaded, target)
    )


def write_oscal(path: Path, target: str | None) -> None:
    """Write the crosswalks to a framework (None: all) as an OSCAL mapping-collection.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    document = mapping_collection([one for one in crosswalks() if target in (None, one.target)])
    try:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as err:
        raise UsageError(f"{path}: cannot be written ({err.strerror})") from err


def crosswalk_json(found: Sequence[FoundMap]) -> list[Json]:
    """Return the form of ``policy crosswalk --json``."""
    return [
        {
            "target": one.crosswalk.target,
            "theme": one.item.id,
            "relation": one.item.relation,
            "confidence": one.item.confidence,
            "sources": {framework: [*clauses] for framework, clauses in one.sources.items()},
            "targets": [*one.item.targets],
            "rationale": dict(one.item.rationale.words()),
            "gap": dict(one.item.gap.words()),
            "covers": dict(one.covers),
        }
        for one in found
    ]


def crosswalk_lines(found: Sequence[FoundMap], language: str) -> Iterator[str]:
    """Yield the lines of ``policy crosswalk``."""
    say = Translator(language)
    target = ""
    for one in found:
        if one.crosswalk.target != target:
            target = one.crosswalk.target
            yield ""
            yield safe_terminal(say.words(one.crosswalk.title.words()))
        relation = vocabulary.word(say, vocabulary.RELATIONS, one.item.relation)
        yield safe_terminal(
            f"  {', '.join(one.item.targets)}: {relation}, {say.text(CONFIDENCES[one.item.confidence])}"
        )
        for framework, clauses in one.sources.items():
            name = vocabulary.word(say, vocabulary.FRAMEWORKS, framework)
            yield safe_terminal(
                f"      {name}: {', '.join(_clause(say, one, framework, clause) for clause in clauses)}"
            )
        yield safe_terminal(f"      {say.words(one.item.rationale.words())}")
        gap = t("gap: {gap}", gap=say.words(one.item.gap.words()))
        yield safe_terminal(f"      {say.text(gap)}")
    yield ""
    yield say.text(
        t("These maps are ours, by theme; there is no official table. A map is no evidence that a clause is met.")
    )


def _clause(say: Translator, one: FoundMap, framework: str, clause: str) -> str:
    cover = one.covers.get(f"{framework} {clause}")
    return clause if cover is None else f"{clause} ({say.text(COVERS_SAID[cover])})"
