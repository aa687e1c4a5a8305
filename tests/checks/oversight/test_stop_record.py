import pytest

CHECK = "oversight.stop_record"


@pytest.fixture
def result(run, subject, chained):
    def _result(*events):
        who = subject({"log.jsonl": chained(*events)}, documents={"operation_log": "log.jsonl"})
        return run(CHECK, subject=who)

    return _result


def values(result):
    return {one.measure: one.value for one in result.measurements}


def test_perfect_it_stopped_and_said_nothing_more(result):
    stopped = ("stopped", {"time": "2026-05-01T08:01:02+07:00"})
    found = result("decision", "stop-requested", stopped, "override", "resumed", "decision")
    assert values(found) == {
        "overrides_recorded": 1,
        "stops_unanswered": 0,
        "decisions_after_stop": 0,
        "stop_seconds": 2,
    }


def test_worst_it_never_stopped(result):
    found = result("stop-requested", "decision", "stop-requested", "decision")
    assert values(found) == {"overrides_recorded": 0, "stops_unanswered": 2, "decisions_after_stop": 0}
    assert "came about" in str(found.absent["stop_seconds"])


def test_middle_the_longest_counts_and_decisions_after_a_stop_are_named(result):
    found = result("stop-requested", "stopped", "decision", "resumed", "stop-requested", "error", "stopped", "decision")
    assert values(found)["stop_seconds"] == 120
    after = next(one for one in found.measurements if one.measure == "decisions_after_stop")
    assert (after.value, after.detail["lines"]) == (2, [3, 8])


def test_degenerate_a_clock_that_ran_backwards_gives_no_negative_time(result):
    stopped = ("stopped", {"time": "2026-05-01T07:00:00+07:00"})
    assert values(result("stop-requested", stopped))["stop_seconds"] == 0


def test_without_a_drill_only_overrides_are_counted(result):
    found = result("decision", "override")
    assert values(found) == {"overrides_recorded": 1}
    assert {str(one) for one in found.absent.values()} == {
        "the log shows no request to stop, so that nothing was tried"
    }


def test_inapplicable_without_a_log(why, subject):
    assert "names no such document" in why(CHECK, subject=subject({}))
