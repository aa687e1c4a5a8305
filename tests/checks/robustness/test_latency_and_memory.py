import numpy as np
import pytest

from proofbox.checks.asked.callcosts import growth, throughput
from proofbox.checks.statistics.medians import quantile_interval

CHECK = "robustness.latency_and_memory"


@pytest.fixture
def costs(run, data):
    """Return what is measured of a model, by measure and batch size."""

    def build(model, params=None):
        rows = data({"x": np.arange(50.0)}, features=("x",))
        result = run(CHECK, data=rows, timed=model, params=params)
        return {(one.measure, one.group.get("batch_rows")): one for one in result.measurements}

    return build


def test_perfect_a_model_that_costs_the_same_each_time(costs, timed):
    found = costs(timed())
    assert found["latency_p50_seconds", "1"].value == pytest.approx(0.001001)
    assert found["throughput_rows_per_second", "10000"].value == pytest.approx(10_000 / 0.011)
    assert found["memory_growth_bytes_per_call", None].value == 0
    assert found["memory_growth_bytes_per_call", None].interval.high == 0
    assert found["rows_answered_at_once", None].value == 10_000
    assert found["share_of_memory_limit", None].value == pytest.approx(1e8 / 2**31)


def test_worst_a_leak_is_found_with_its_size(costs, timed):
    rng = np.random.default_rng(1)
    noise = rng.integers(-200, 200, 2_000) * 4096
    found = costs(timed(held=lambda call: 100_000_000 + 20_000 * call + int(noise[call])))
    leak = found["memory_growth_bytes_per_call", None]
    assert leak.interval.low > 0
    assert leak.interval.low <= 20_000 <= leak.interval.high


def test_no_leak_is_seen_where_memory_only_wavers_or_warms_up():
    alarms = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        warm = 50e6 * (1 - np.exp(-np.arange(150) / 8))
        found = growth(warm + rng.normal(0, 1e6, 150), 0.95)
        alarms += found[1].low > 0
    # Upwards alone the interval errs in 2.5 % at most: of 50, more than 4 once in 100 times.
    assert alarms <= 4


def test_middle_a_slow_model_is_measured_with_its_slow_calls(costs, timed):
    slow = timed(seconds=lambda call, rows: 0.5 if call % 20 == 0 else 0.01)
    found = costs(slow, {"batch_sizes": [1], "most_seconds": 100})
    assert found["latency_p50_seconds", "1"].value == 0.01
    assert found["latency_p99_seconds", "1"].value == 0.5
    assert found["share_of_call_limit", None].value == pytest.approx(0.5 / 120)


def test_time_is_bounded_and_few_calls_have_no_far_quantile(costs, timed):
    slow = timed(seconds=lambda call, rows: 2.0)
    found = costs(slow, {"batch_sizes": [1, 10]})
    assert found["latency_p50_seconds", "10"].sample_size == 10
    assert ("latency_p99_seconds", "10") not in found
    assert slow.calls <= 60 + 2 * 11


def test_a_model_that_fails_at_a_size_is_not_asked_for_more(costs, timed):
    found = costs(timed(most_rows=500), {"batch_sizes": [1, 1_000, 2_000]})
    assert found["rows_answered_at_once", None].value == 100
    assert found["rows_answered_at_once", None].detail["failures"] == [{"rows": 1_000, "what": "was killed"}]
    assert ("latency_p50_seconds", "1") in found
    assert ("latency_p50_seconds", "2000") not in found


def test_inapplicable(why, data, timed):
    none = data({"x": np.zeros(0)}, features=("x",))
    assert "no rows" in why(CHECK, data=none, timed=timed())
    rows = data({"x": [1.0]}, features=("x",))
    assert "none of the batches" in why(CHECK, data=rows, timed=timed(most_rows=0))


def test_degenerate_too_few_readings_show_no_growth():
    assert growth(np.ones(20), 0.95) is None
    assert quantile_interval(np.ones(5), 0.5, 0.95) is None


def test_intervals_of_quantiles_and_throughput_cover():
    rng = np.random.default_rng(5)
    median = far = rate = 0
    for _ in range(1_000):
        times = rng.lognormal(-7, 0.5, 400)
        found = [quantile_interval(times, share, 0.95) for share in (0.5, 0.99)]
        median += found[0].low <= np.exp(-7) <= found[0].high
        far += found[1].low <= np.exp(-7 + 0.5 * 2.326348) <= found[1].high
        one = throughput(times, 100, 0.95)[1]
        rate += one.low <= 100 / np.exp(-7 + 0.125) <= one.high
    assert median >= 940
    assert far >= 940
    assert rate >= 930
