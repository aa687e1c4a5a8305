"""``proofbox deadlines``: when something is due by the law of Viet Nam, each with its clause."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import rich_click as click

from proofbox.runners.commands.options import json_option, lang_option

if TYPE_CHECKING:
    from proofbox.policies.deadlines import Deadline

SECTORS = ("credit", "health", "education", "employment", "public-service", "justice", "other")
Found = TypeVar("Found")
Day = TypeVar("Day", datetime.date, datetime.datetime)


@click.group("deadlines")
def command() -> None:
    """Compute when something is due, with the clause it comes from (docs/deadlines.md). Not legal advice."""


@command.command("incident")
@click.option("--at", required=True, help="When it became known, for example 2026-11-25T09:00+07:00.")
@click.option("--urgent", is_flag=True, help="It calls for the urgent preliminary report.")
@click.option("--reported", help="Day (YYYY-MM-DD) on which the preliminary report was sent.")
@click.option(
    "--trial", "in_trial", is_flag=True, help="It happened in a controlled trial, or a limit was exceeded there."
)
@lang_option
@json_option
def incident(at: str, reported: str | None, **given: object) -> None:
    """Compute what is due after an incident: preliminary and official report."""
    from proofbox.policies import deadlines

    moment, sent = _moment("--at", at), None if reported is None else _day("--reported", reported)
    found = deadlines.incident(moment, urgent=bool(given["urgent"]), reported=sent)
    _tell((*found, *(deadlines.trial_incident(moment) if given["in_trial"] else ())), given)


@command.command("reclassified")
@click.option("--on", "day", required=True, help="Day (YYYY-MM-DD) on which the higher tier was found.")
@lang_option
@json_option
def reclassified(day: str, **given: object) -> None:
    """Compute what is due after a system was found to be in a higher risk tier."""
    from proofbox.policies import deadlines

    _tell(deadlines.reclassified(_day("--on", day)), given)


@command.command("trial")
@click.option("--level", type=click.Choice(["1", "2", "3"]), required=True, help="Level of the trial.")
@click.option("--start", required=True, help="First day (YYYY-MM-DD).")
@click.option("--end", required=True, help="Last day (YYYY-MM-DD).")
@lang_option
@json_option
def trial(level: str, start: str, end: str, **given: object) -> None:
    """List the reports of a controlled trial."""
    from proofbox.policies import deadlines
    from proofbox.runners.errors import UsageError

    try:
        found = deadlines.trial(cast("Literal[1, 2, 3]", int(level)), _day("--start", start), _day("--end", end))
    except ValueError as err:
        raise UsageError(str(err)) from err
    _tell(found, given)


@command.command("transition")
@click.option("--in-use-since", "since", required=True, help="Day (YYYY-MM-DD) on which the system was put into use.")
@click.option("--sector", type=click.Choice(SECTORS), required=True, help="As in submission.yaml.")
@click.option("--listed", is_flag=True, help="Decision 33/2026 lists it as a system of high risk.")
@click.option("--list-changed", help="Day (YYYY-MM-DD) on which a change of that list came to name it.")
@lang_option
@json_option
def transition(since: str, sector: str, list_changed: str | None, **given: object) -> None:
    """Compute until when a system that is in use already must meet the law."""
    from proofbox.policies import deadlines

    found = deadlines.transition(_day("--in-use-since", since), sector, listed=bool(given["listed"]))
    changed = () if list_changed is None else deadlines.list_changed(_day("--list-changed", list_changed))
    _tell((*found, *changed), given)


@command.command("personal-data")
@click.option("--breach-at", help="When a breach became known, for example 2026-11-25T09:00+07:00.")
@click.option("--processing-since", help="Day (YYYY-MM-DD) on which the processing began.")
@lang_option
@json_option
def personal_data(breach_at: str | None, processing_since: str | None, **given: object) -> None:
    """Compute what is due after a breach of personal data, or from the start of processing them."""
    from proofbox.policies import deadlines
    from proofbox.runners.errors import UsageError

    if breach_at is None and processing_since is None:
        raise UsageError("got neither --breach-at nor --processing-since, expected at least one")
    breach = () if breach_at is None else deadlines.breach(_moment("--breach-at", breach_at))
    since = processing_since
    started = () if since is None else deadlines.processing(_day("--processing-since", since))
    _tell((*breach, *started), given)


def _tell(found: tuple[Deadline, ...], given: dict[str, object]) -> None:
    from proofbox.runners.policy_tools.deadlines import deadline_json, deadline_lines

    if given["json"]:
        print(json.dumps([deadline_json(item) for item in found], ensure_ascii=False))
        return
    for line in deadline_lines(found, str(given["lang"])):
        print(line)


def _day(option: str, text: str) -> datetime.date:
    return _near(option, text, _parsed(datetime.date.fromisoformat, option, text, "a date as YYYY-MM-DD"))


def _moment(option: str, text: str) -> datetime.datetime:
    expected = "a moment with its offset, for example 2026-11-25T09:00+07:00"
    found = _parsed(datetime.datetime.fromisoformat, option, text, expected)
    if found.tzinfo is None:
        from proofbox.runners.errors import UsageError

        raise UsageError(f"{option} {text}: got no offset from UTC, expected {expected}")
    return _near(option, text, found)


def _near(option: str, text: str, found: Day) -> Day:
    """Return a day of an age in which the law can matter, so that no sum leaves the calendar."""
    if not 2000 <= found.year <= 2200:
        from proofbox.runners.errors import UsageError

        raise UsageError(f"{option} {text}: expected a year from 2000 to 2200")
    return found


def _parsed(parse: Callable[[str], Found], option: str, text: str, expected: str) -> Found:
    from proofbox.runners.errors import UsageError

    try:
        return parse(text)
    except ValueError as err:
        raise UsageError(f"{option} {text}: expected {expected}") from err
