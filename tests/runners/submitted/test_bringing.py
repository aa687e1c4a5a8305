"""The operator, and nobody else, allows a file of a submission more than usual."""

from __future__ import annotations

from proofbox.runners.remote.fetching import FetchLimits
from proofbox.runners.submitted import bringing
from proofbox.runners.submitted.bringing import Fetching, intake_limits
from proofbox.sandbox.intake import take_in
from proofbox.sandbox.store import IntakeLimits


def test_more_is_allowed_for_a_file_and_as_much_more_in_all_and_less_changes_nothing():
    usual = IntakeLimits()
    assert intake_limits(Fetching()) == usual
    assert intake_limits(Fetching(limits=FetchLimits(file_bytes=1))) == usual
    more = intake_limits(Fetching(limits=FetchLimits(file_bytes=usual.file_bytes + 1)))
    assert (more.file_bytes, more.total_bytes) == (usual.file_bytes + 1, usual.total_bytes + usual.file_bytes + 1)
    assert (more.files, more.archive_ratio) == (usual.files, usual.archive_ratio)


def test_what_the_command_says_reaches_the_taking_in(quick, submission, monkeypatch):
    seen = []

    def noted(source, into, limits=None, **rest):
        seen.append(limits)
        return take_in(source, into, limits, **rest)

    monkeypatch.setattr(bringing, "take_in", noted)
    argv = ("measure", submission, "--check", "security.safe_format")
    assert quick(*argv).returncode == 0
    assert quick(*argv, "--data-megabytes", "3000").returncode == 0
    assert [one.file_bytes >> 20 for one in seen] == [2048, 3000]
