"""The clauses of a reason that say what would settle it, and with which other requirements it was judged."""

from __future__ import annotations

from proofbox.checks.text import Text, t
from proofbox.policies.power import CHANCE, Settling
from proofbox.policies.record import FamilyRecord


def settling_clause(settling: Settling) -> Text:
    """Return what would settle a result that is inconclusive: rows of the same composition, or of one group alone."""
    if settling.rows is None:
        return t(
            "the value lies on the threshold as far as these rows can tell, so no number of further rows can be named "
            "that would settle it"
        )
    rows, chance = f"{settling.rows:,}", percent(CHANCE)
    if settling.group is not None and settling.group.itself:
        return t(
            "about {rows} further rows of this group, counted for its {rate}, would settle it with a probability of "
            "{chance}, were the true value the one measured",
            rows=rows,
            chance=chance,
            rate=settling.group.rate.replace("_", " "),
        )
    if settling.group is None:
        return t(
            "about {rows} further rows of the same composition would settle it with a probability of {chance}, were "
            "the true values those measured",
            rows=rows,
            chance=chance,
        )
    return t(
        "about {rows} further rows of the same composition, or about {group_rows} of one group alone ({group}, counted "
        "for its {rate}), would settle it with a probability of {chance}, were the true values those measured",
        rows=rows,
        chance=chance,
        group_rows=f"{settling.group.rows:,}",
        group=", ".join(f"{name}: {value}" for name, value in settling.group.group.items()),
        rate=settling.group.rate.replace("_", " "),
    )


def family_clause(family: FamilyRecord) -> Text:
    """Return how a result was judged together with others."""
    fail, passing = percent(family.fail_confidence), percent(family.pass_confidence)
    if family.procedure == "holm":
        return t(
            "judged together with the {members} results of the family {family} (Holm), so that a fail needs the {fail} "
            "interval and a pass the {passing} interval",
            members=family.members,
            family=family.id,
            fail=fail,
            passing=passing,
        )
    return t(
        "judged together with the {members} results of the family {family} (Benjamini-Hochberg), so that a fail needs "
        "the {fail} interval and a pass the {passing} interval",
        members=family.members,
        family=family.id,
        fail=fail,
        passing=passing,
    )


def percent(share: float) -> str:
    """Return a confidence as text, ``95 %`` or ``99.17 %``, with as many digits as keep it apart from 100 %."""
    if abs(round(share, 4) - share) < 1e-12:
        return f"{share * 100:.10g} %"
    for decimals in range(2, 12):
        text = f"{share * 100:.{decimals}f}"
        if float(text) < 100:
            return f"{text} %"
    return f"{share * 100!r} %"
