"""Deadlines through the installed command, in both languages."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_deadlines_name_their_clause_in_both_languages(proofbox: Command):
    given = ("deadlines", "incident", "--at", "2026-11-25T09:00+07:00", "--urgent", "--trial")
    result = proofbox(*given)
    assert result.returncode == 0
    assert "2026-11-28 09:00+07:00  urgent preliminary report of the incident (72 hours)" in result.stdout
    assert "Decree 142/2026/NĐ-CP, 19" in result.stdout
    assert "Not legal advice" in result.stdout
    told = proofbox(*given, "--lang", "vi").stdout
    assert "báo cáo sơ bộ khẩn cấp về sự cố (72 giờ)" in told
    assert "report" not in told
    found = json.loads(proofbox(*given, "--json").stdout)
    assert [item["clause"] for item in found] == ["19", "19", "25"]


@pytest.mark.parametrize(
    "given",
    [
        ("incident", "--at", "2026-11-25"),
        ("incident", "--at", "yesterday"),
        ("reclassified", "--on", "25/11/2026"),
        ("reclassified", "--on", "9999-12-31"),
        ("trial", "--level", "1", "--start", "2026-02-01", "--end", "2026-01-01"),
        ("personal-data",),
    ],
)
def test_what_is_no_day_is_bad_input(proofbox: Command, given: tuple[str, ...]):
    result = proofbox("deadlines", *given)
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)
    assert "expected" in result.stderr or "ends on" in result.stderr
