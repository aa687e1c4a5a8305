import pytest

CHECK = "logging.operation_log"
WHOLE = (("log-opened", {"retention_days": 365}), "model-loaded", "decision", "decision")


@pytest.fixture
def found(measures, subject):
    def _found(raw, **params):
        who = subject({"log.jsonl": raw}, documents={"operation_log": "log.jsonl"})
        return measures(CHECK, subject=who, params=params)

    return _found


def values(found):
    return {name: one.value for name, one in found.items()}


PERFECT = {
    "chain_breaks": 0,
    "lines_unreadable": 0,
    "times_backwards": 0,
    "required_events_present": 1,
    "retention_days": 365,
}


def test_perfect_a_whole_log(found, chained):
    assert values(found(chained(*WHOLE))) == PERFECT
    assert values(found(chained(*WHOLE).replace(b"\n", b"\r\n"))) == PERFECT
    assert values(found(chained(*WHOLE).rstrip(b"\n"))) == PERFECT


@pytest.mark.parametrize("line", range(3))
def test_any_changed_line_breaks_the_chain_at_the_next(found, line, chained):
    lines = chained(*WHOLE).splitlines(keepends=True)
    lines[line] = lines[line].replace(b"08:", b"09:")
    assert found(b"".join(lines))["chain_breaks"].detail["lines"] == [line + 2]


@pytest.mark.parametrize("line", range(3))
def test_any_line_taken_out_breaks_the_chain(found, line, chained):
    lines = chained(*WHOLE).splitlines(keepends=True)
    del lines[line]
    assert found(b"".join(lines))["chain_breaks"].detail["lines"] == [line + 1]


def test_a_line_put_in_breaks_the_chain_twice(found, chained):
    lines = chained(*WHOLE).splitlines(keepends=True)
    lines.insert(2, b'{"time": "2026-05-01T08:01:30+07:00", "event": "decision", "previous": "00"}\n')
    assert found(b"".join(lines))["chain_breaks"].detail["lines"] == [3, 4]


def test_worst_nothing_can_be_read(found):
    got = values(found(b"not json\n[1]\n" + b'{"event": "x"}\n' + b'{"time": "2026-05-01T08:00:00", "event": "x"}\n'))
    assert got == {"chain_breaks": 4, "lines_unreadable": 4, "times_backwards": 0, "required_events_present": 0,
                   "retention_days": 0}  # fmt: skip


def test_middle_an_event_is_missing_and_one_comes_too_early(found, chained):
    early = ("decision", {"time": "2026-04-30T08:00:00+07:00"})
    got = found(chained("log-opened", "decision", early))
    assert got["required_events_present"].detail["missing"] == ["model-loaded"]
    assert got["times_backwards"].detail["lines"] == [3]
    assert got["retention_days"].value == 0


def test_a_policy_may_ask_for_other_events(found, chained):
    assert values(found(chained("a"), required=["a", "b"]))["required_events_present"] == 0.5


@pytest.mark.parametrize("days", [-1, True, "365", 1e9, None, 1.5])
def test_days_that_are_none_count_for_nothing(found, days, chained):
    assert values(found(chained(("log-opened", {"retention_days": days}))))["retention_days"] == 0


def test_degenerate_a_deep_line_and_a_long_one_are_unreadable(found):
    got = found(b"[" * 90_000 + b"\n" + b'"' + b"x" * 200_000 + b'"\n')
    assert got["lines_unreadable"].value == 2


def test_degenerate_an_empty_log(why, subject):
    who = subject({"log.jsonl": b""}, documents={"operation_log": "log.jsonl"})
    assert why(CHECK, subject=who) == "the log has no line"


def test_inapplicable_without_a_log(why, subject):
    assert "names no such document" in why(CHECK, subject=subject({}))
