"""What the policy tools found, as lines for a person and as JSON for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t
from proofbox.policies.coverage import COVERS
from proofbox.reports import vocabulary
from proofbox.reports.console import safe_terminal
from proofbox.reports.i18n import Translator

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.coverage import Covered
    from proofbox.policies.difference import Change
    from proofbox.policies.selftest import SelfTest
    from proofbox.runners.policy_tools.whatif import WhatIf

_DIRECTIONS = {"stricter": t("stricter"), "looser": t("looser"), "other": t("otherwise")}
COVERS_SAID: dict[str, Text] = {
    "tested": t("tested by a machine"),
    "documented": t("shown by a document"),
    "attested": t("attested by a person"),
    "named": t("named by the policy; no list of this framework's clauses to hold it against"),
    "not-covered": t("not covered"),
}


def difference_json(changes: Sequence[Change]) -> list[Json]:
    """Return the form of ``policy diff --json``."""
    return [{"direction": item.direction, "where": item.where, "what": str(item.what)} for item in changes]


def difference_lines(changes: Sequence[Change], language: str) -> Iterator[str]:
    """Yield the lines of ``policy diff``: what got stricter, what got looser, the rest, and a count of each."""
    say = Translator(language)
    for direction, word in _DIRECTIONS.items():
        for item in changes:
            if item.direction == direction:
                where = f"{item.where}: " if item.where else ""
                yield safe_terminal(f"{say.text(word):10} {where}{say.text(item.what)}")
    count = Counter[str](item.direction for item in changes)
    yield ", ".join(f"{say.text(word)} {count[direction]}" for direction, word in _DIRECTIONS.items())


def selftest_json(tried: SelfTest) -> dict[str, Json]:
    """Return the form of ``policy test --json``."""
    return {
        "policy": tried.policy,
        "version": tried.version,
        "requirements": tried.requirements,
        "fixtures": tried.cases,
        "derived": list(tried.derived),
        "unknown": list(tried.unknown),
        "wrong": [str(item) for item in tried.wrong],
        "never_failed": list(tried.never_failed),
        "mutants": tried.mutants,
        "survivors": [f"{item.requirement}: {item.what}" for item in tried.survivors],
        "score": tried.score,
        "well": tried.well,
    }


def selftest_lines(tried: SelfTest) -> Iterator[str]:
    """Yield the lines of ``policy test``."""
    yield (
        f"{tried.policy} {tried.version}: {tried.requirements} requirements, {tried.cases} fixtures, "
        f"{tried.mutants} mutants, mutation score {_score(tried)}"
    )
    for item in tried.wrong:
        yield safe_terminal(f"  {item}; where the change was meant, 'proofbox policy test P --write' writes them anew")
    for name in tried.never_failed:
        yield safe_terminal(f"  {name}: no fixture fails this control, so nothing shows that it can fail")
    for mutant in tried.survivors:
        yield safe_terminal(f"  {mutant.requirement}: no fixture notices {mutant.what}")
    for name in tried.unknown:
        yield safe_terminal(f"  {name}: has fixtures, and the policy has no such requirement")
    if tried.derived:
        yield f"  tried by derived fixtures, since the file of fixtures has none for them: {', '.join(tried.derived)}"


def _score(tried: SelfTest) -> str:
    # Never rounded up to 1: one survivor among many thousands must show.
    return "1.0" if not tried.survivors else f"{min(tried.score, 0.9999):.4f}"


def coverage_json(found: Sequence[Covered]) -> list[Json]:
    """Return the form of ``policy coverage --json``."""
    return [item.to_json() for item in found]


def coverage_lines(found: Sequence[Covered], language: str) -> Iterator[str]:
    """Yield the lines of ``policy coverage``."""
    say = Translator(language)
    framework = ""
    for item in found:
        if item.framework != framework:
            framework = item.framework
            yield ""
            yield safe_terminal(vocabulary.word(say, vocabulary.FRAMEWORKS, framework))
        by = ", ".join(name for kind in COVERS for name in item.requirements.get(kind, ()))
        yield safe_terminal(f"  {item.clause:14} {say.text(COVERS_SAID[item.cover])}{f': {by}' if by else ''}")
        if item.text:
            yield safe_terminal(f"  {'':14}   {say.words(item.text)}")
        if item.only_named:
            note = t("named by {names}, which do not measure it", names=", ".join(item.only_named))
            yield safe_terminal(f"  {'':14}   {say.text(note)}")
    yield ""
    count = Counter(item.cover for item in found)
    yield ", ".join(f"{say.text(COVERS_SAID[kind])} {count[kind]}" for kind in COVERS if count[kind])


def whatif_json(found: WhatIf) -> dict[str, Json]:
    """Return the form of ``policy whatif --json``."""
    rows: list[Json] = [
        {
            "bundle": row.bundle,
            "product": row.product,
            "before": row.before,
            "after": row.after,
            "verdicts": [{"requirement": name, "before": old, "after": new} for name, old, new in row.verdicts],
        }
        for row in found.rows
    ]
    unread: list[Json] = [{"bundle": one.bundle, "why": one.why} for one in found.unread]
    return {"policy": found.policy, "version": found.version, "bundles": rows, "unread": unread}


def whatif_lines(found: WhatIf, language: str) -> Iterator[str]:
    """Yield the lines of ``policy whatif``: those that would change, then how many of each change there are."""
    say = Translator(language)

    def word(conclusion: str) -> str:
        return vocabulary.word(say, vocabulary.CONCLUSIONS, conclusion)

    for row in found.rows:
        if row.before != row.after:
            yield safe_terminal(f"{row.bundle}: {row.product}: {word(row.before)} -> {word(row.after)}")
            for name, *verdicts in row.verdicts:
                words = (vocabulary.word(say, vocabulary.VERDICTS, verdict) for verdict in verdicts)
                yield safe_terminal(f"    {name}: {' -> '.join(words)}")
    for one in found.unread:
        left_out = t("left out: {bundle}: {why}", bundle=one.bundle, why=one.why)
        yield safe_terminal(say.text(left_out))
    for (old, new), count in sorted(Counter((row.before, row.after) for row in found.rows).items()):
        yield f"{word(old)} -> {word(new)}: {count}"
