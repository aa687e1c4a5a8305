"""The console summary: plain lines in pipes and CI, colours on a terminal, names that cannot act."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest

from proofbox.reports.console import print_summary, safe_terminal, summary_lines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("CI", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


def printed(assessment, out, **more):
    print_summary(assessment, file=out, **more)
    return out.getvalue()


def test_the_first_line_is_the_conclusion_and_the_reasons_follow(model_a, tmp_path):
    lines = printed(model_a, io.StringIO(), report=tmp_path / "report.html", bundle=tmp_path).splitlines()
    assert lines[0] == "DOES NOT CONFORM: Mortgage screening, model A 1.0.0, judged against vn-trusted-ai 2026.1"
    assert lines[1] == "Requirements by verdict: Fail 2, Error 1, Inconclusive 1, Not run 1, Pass 2, Not applicable 1"
    assert any("VN-FAIR-01.a [Fail] The demographic parity ratio (white) is 0.6917" in line for line in lines)
    assert any("about 2,400 further rows" in line for line in lines)
    assert lines[-2] == f"Report: {tmp_path}/report.html"
    assert lines[-1] == f"Evidence bundle (unsigned): {tmp_path}"


def test_what_is_only_advised_and_not_met_is_named_in_one_line(model_a):
    advised = tuple(dataclasses.replace(one, level="should") for one in model_a.findings)
    lines = summary_lines(dataclasses.replace(model_a, findings=advised))
    named = [line for line in lines if line.startswith("Advised, and not met: ")]
    assert len(named) == 1
    for one in advised:
        assert (f" {one.requirement}" in named[0]) is (one.verdict not in {"pass", "not-applicable"})
    musts = tuple(dataclasses.replace(one, level="must") for one in model_a.findings)
    assert not any("Advised" in line for line in summary_lines(dataclasses.replace(model_a, findings=musts)))
    long = summary_lines(dataclasses.replace(model_a, findings=advised[:1] * 10), "vi")
    assert long[2].startswith("Khuyến nghị, và chưa đạt: ✕ VN-FAIR-01.a, ")
    assert long[2].count("VN-FAIR-01.a") == 8


def test_vietnamese(model_a):
    lines = summary_lines(model_a, "vi")
    assert lines[0].startswith("KHÔNG PHÙ HỢP: ")
    assert any("[Chưa đạt]" in line for line in lines)


def test_a_pipe_gets_no_colours_and_a_terminal_does(model_a):
    assert "\x1b" not in printed(model_a, io.StringIO())
    assert "\x1b[" in printed(model_a, Terminal())


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_plain_lines_gets_them(model_a, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert "\x1b" not in printed(model_a, Terminal())


def test_colours_change_no_word(model_a):
    coloured = re.sub(r"\x1b\[[\d;]*m", "", printed(model_a, Terminal()))
    assert coloured == printed(model_a, io.StringIO())


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_hostile_names_neither_act_nor_vanish(hostile, stream):
    out = printed(hostile, stream())
    assert "\u202e" not in out
    assert "\x1b[31m" not in out
    assert "\\u001b[31m$x^{$ **bold** [a](javascript:1)" in out


def test_rich_markup_in_a_name_is_a_name(model_a, tmp_path):
    out = printed(model_a, Terminal(), report=tmp_path / "[red]x[/red]")
    assert "[red]x[/red]" in out


def test_a_long_list_is_cut_and_says_so(model_a):
    many = type(model_a)(
        **{name: getattr(model_a, name) for name in model_a.__dataclass_fields__ if name != "findings"},
        findings=model_a.findings[:1] * 20,
    )
    lines = summary_lines(many)
    assert sum("VN-FAIR-01.a" in line for line in lines) == 8
    assert any("and 12 more" in line for line in lines)


@pytest.mark.parametrize(
    ("language", "expires", "said"),
    [
        ("en", "2026-11-21", "! Policy vn-trusted-ai expired on 21 November 2026, before this assessment."),
        ("en", "2027-01-01", "! Policy vn-trusted-ai expires on 1 January 2027."),
        ("vi", "2026-11-21", "ngày 21 tháng 11 năm 2026"),
        ("en", "2027-11-22", None),
    ],
)
def test_an_old_policy_is_warned_of_here_too(model_a, language, expires, said):
    policy = dataclasses.replace(model_a.policies[0], expires_on=expires)
    lines = summary_lines(dataclasses.replace(model_a, policies=(policy,)), language)
    warned = [line for line in lines if line.startswith("! ")]
    assert len(warned) == (said is not None)
    assert said is None or said in warned[0]


def test_lines_cannot_be_forged():
    assert safe_terminal("a\nb\r\tc") == "a\\u000ab\\u000d\\u0009c"
