"""Second opinions: let the installed scanners look at a submission behind the walls, for the check to record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.artefacts.opinions import NoOpinions, Opinion

if TYPE_CHECKING:
    from proofbox.checks.subject import Subject
    from proofbox.runners.hosted.walls import Walls


def second_opinions(subject: Subject, walls: Walls) -> tuple[Opinion, ...] | NoOpinions:
    """Ask every installed scanner about every file; what they say changes no figure.

    Where no scanner is installed or no walls can be had, nobody is asked, and that is what is recorded.
    """
    from proofbox.sandbox.errors import IsolationError
    from proofbox.sandbox.scanners import ask_scanners, installed

    if not installed():
        return NoOpinions(reason="no other scanner is installed ('pip install proofbox[scanners]' brings two)")
    try:
        answers = tuple(ask_scanners(walls.executor(), subject.root, [file.path for file in subject.files]))
    except IsolationError as err:
        return NoOpinions(reason=f"no walls could be had for them: {err}")
    return tuple(
        Opinion(
            scanner=one.scanner,
            version=one.version,
            path=one.path,
            answer=one.answer,
            issues=one.issues,
            what=one.what,
        )
        for one in answers
    )
