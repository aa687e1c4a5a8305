"""What the page lays out from details that other versions may write differently: shown, or quietly left out."""

from __future__ import annotations

import dataclasses

import pytest

from proofbox.reports.figures import criterion_figure, value_in_words
from proofbox.reports.html import render_html
from proofbox.reports.i18n import Translator
from proofbox.reports.rates import group_counts, rates_views, strata_of
from proofbox.reports.view import build_view
from proofbox.reports.walls import walls_view
from proofbox.reports.worstgroups import worst_views


def by_measure(assessment, measure):
    return next(item for item in assessment.measurements if item.measure == measure)


def test_the_groups_behind_a_gap_are_read_from_its_detail(model_a):
    ((rate, within, groups),) = group_counts(by_measure(model_a, "demographic_parity_ratio"))
    assert (rate, within) == ("selection_rate", "")
    assert [(found.group, found.count, found.of) for found in groups] == [("0", 78, 123), ("1", 617, 673)]
    ((rate, _, _),) = group_counts(by_measure(model_a, "equalized_odds_difference"))
    assert rate == "true_positive_rate"


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"rates": 3},
        {"rates": [3, {}]},
        {"rate": "x"},
        {"rate": "x", "groups": []},
        {"rate": "x", "groups": [{"group": "a", "count": 1, "of": 2, "rate": 0.5}]},
        {"rate": "x", "groups": [{"group": {"a": "b"}, "count": "1", "of": 2, "rate": 0.5}]},
        {"rate": ["x"], "groups": [{"group": {"a": "b"}, "count": 1, "of": 2, "rate": 0.5}]},
    ],
)
def test_a_detail_of_another_shape_shows_no_groups(model_a, detail):
    assert group_counts(dataclasses.replace(model_a.measurements[0], detail=detail)) == ()


def test_group_rates_are_one_view_for_each_attribute(model_a):
    (view,) = rates_views(model_a.measurements, Translator("en"))
    assert view.attribute == "white"
    assert view.measures == ("selection_rate", "true_positive_rate", "false_positive_rate")
    assert [(group, size) for group, size, _ in view.rows] == [("0", 123), ("1", 673)]
    assert view.charts[0].alt == (
        "selection rate by white: 0: 63.4% (95% interval 54.6% to 71.4%); 1: 91.7% (95% interval 89.3% to 93.5%)."
    )


def test_a_group_without_one_rate_leaves_a_gap(model_a):
    some = tuple(
        item
        for item in model_a.measurements
        if not (item.measure == "true_positive_rate" and item.group == {"white": "0"})
    )
    (view,) = rates_views(some, Translator("en"))
    assert [cells[1] is None for _, _, cells in view.rows] == [True, False]


def test_an_intersection_is_a_view_of_its_own(model_a):
    both = dataclasses.replace(model_a.measurements[0], group={"white": "0", "sex": "f"})
    views = list(rates_views((*model_a.measurements, both), Translator("en")))
    assert [view.attribute for view in views] == ["white", "sex + white"]
    assert views[1].rows[0][0] == "f + 0"


def test_other_checks_of_groups_are_views_of_their_own_after_the_rates(model_a):
    rate = next(item for item in model_a.measurements if item.group)
    interval = dataclasses.replace(rate.interval, low=-2.5, high=3.5)
    error = dataclasses.replace(
        rate, check="fairness.regression_gap", measure="mean_error", value=0.5, interval=interval
    )
    metrics = [
        dataclasses.replace(
            rate, check="fairness.group_performance", measure="group_performance", detail={"metric": one}
        )
        for one in ("f1_score", "roc_auc_score")
    ]
    views = list(rates_views((error, *metrics, *model_a.measurements), Translator("en")))
    assert [view.heading for view in views] == [
        "By white",
        "Mean error by white",
        "Group performance (f1_score) by white",
        "Group performance (roc_auc_score) by white",
    ]
    assert views[1].say(0.5) == "0.5000"
    assert views[1].charts[0].alt == "mean error by white: 0: 0.5000 (95% interval -2.5000 to 3.5000)."
    assert views[0].say(0.5) == "50.0%"


WORST = {
    "rate": "selection_rate",
    "groups_judged": 8,
    "worst_groups": [
        {"group": {"sex": "f", "race": "a"}, "rate": 0.1, "count": 10, "of": 100, "rest": 0.6, "difference": -0.5,
         "low": -0.6, "high": -0.38, "adjusted_p_value": 0.0001},
        {"group": {"sex": "f"}, "rate": 0.4, "of": "100"},
    ],
    "too_small": [{"group": {"race": "c"}, "rows": 3, "of": 3}],
}  # fmt: skip


def test_the_worst_groups_are_a_table_and_a_picture(model_a):
    found = dataclasses.replace(model_a.measurements[0], measure="worst_group_difference", detail=WORST)
    (view,) = worst_views((found, *model_a.measurements), Translator("vi"))
    assert [(row.group, row.short) for row in view.rows] == [("sex: f + race: a", "f + a")]
    assert view.too_small == ("race: c (3)",)
    assert view.chart.alt == (
        "tỷ lệ lựa chọn: của nhóm trừ của những người còn lại. sex: f + race: a: -50,0% (từ -60,0% đến -38,0%)."
    )
    page = render_html(dataclasses.replace(model_a, measurements=(found, *model_a.measurements)), "vi")
    assert "Các nhóm khác biệt nhất so với phần còn lại: tỷ lệ lựa chọn" in page
    assert "Quá ít dòng để đánh giá: race: c (3)" in page


def test_a_value_without_letters_is_named_with_its_attribute_in_the_picture(model_a):
    worst = [{**WORST["worst_groups"][0], "group": {"white": "0", "debt": ">= 0.9", "town": "Huế"}}]
    detail = WORST | {"worst_groups": worst}
    found = dataclasses.replace(model_a.measurements[0], measure="worst_group_difference", detail=detail)
    (view,) = worst_views((found,), Translator("en"))
    assert view.rows[0].short == "white: 0 + debt: >= 0.9 + Huế"


def test_what_a_person_must_attest_is_settled_by_a_statement_and_not_by_another_run(model_a):
    place = next(n for n, one in enumerate(model_a.findings) if one.verdict == "not-run")
    attested = dataclasses.replace(model_a.findings[place], check="attestation")
    findings = (*model_a.findings[:place], attested, *model_a.findings[place + 1 :])
    page = render_html(dataclasses.replace(model_a, findings=findings), "vi")
    assert "văn bản xác nhận có ghi ngày của người chịu trách nhiệm" in page
    assert "khắc phục nội dung đứng trước" not in page
    assert "khắc phục nội dung đứng trước" in render_html(model_a, "vi")


@pytest.mark.parametrize("change", [{"worst_groups": 3}, {"worst_groups": [3]}, {"rate": None}, {"groups_judged": "8"}])
def test_worst_groups_of_another_shape_are_left_out(model_a, change):
    found = dataclasses.replace(model_a.measurements[0], measure="worst_group_difference", detail=WORST | change)
    assert list(worst_views((found,), Translator("en"))) == []


def test_a_gap_in_one_of_many_classes_says_which(model_a):
    gap = by_measure(model_a, "demographic_parity_ratio")
    block = {**gap.detail, "within": "class x"}
    ((_, within, _),) = group_counts(dataclasses.replace(gap, detail={"rates": [block]}))
    assert within == "class x"


STRATIFIED = {
    "group": {"sex": "f"},
    "within": ["department"],
    "strata": [
        {"stratum": {"department": "A"}, "people": 108, "selected": 89, "expected": 69.5},
        {"stratum": {"department": "B"}, "people": "25", "selected": 17, "expected": 15.8},
    ],
}


def test_like_compared_with_like_is_a_table_under_its_finding(model_a):
    gap = by_measure(model_a, "demographic_parity_ratio")
    strange = dataclasses.replace(gap, detail={**STRATIFIED, "strata": "none"})
    assert strata_of(gap) == strata_of(strange) == ("", ())
    found = dataclasses.replace(gap, detail=STRATIFIED)
    short, strata = strata_of(found)
    assert (short, [(one.name, one.people, one.selected, one.expected) for one in strata]) == (
        "f",
        [("A", 108, 89, 69.5)],
    )
    others = tuple(found if item is gap else item for item in model_a.measurements)
    page = render_html(dataclasses.replace(model_a, measurements=others), "vi")
    assert "f theo từng department" in page
    assert "69,5" in page


def test_an_exact_value_that_is_met_needs_no_picture_and_a_missed_one_does(model_a):
    finding = next(item for item in model_a.findings if item.requirement == "VN-DAT-06.a")
    rests_on = (by_measure(model_a, "exact_duplicates"),)
    assert criterion_figure(finding, rests_on, Translator("en")) is None
    failed = dataclasses.replace(finding, verdict="fail")
    assert criterion_figure(failed, rests_on, Translator("en")).alt == "exact duplicates: 0; needed: at most 0."
    assert criterion_figure(failed, (), Translator("en")) is None


def test_a_value_in_words(model_a):
    ratio = by_measure(model_a, "demographic_parity_ratio")
    assert value_in_words(ratio, Translator("vi")) == "0,6917 (khoảng tin cậy 95% từ 0,5990 đến 0,7890)"


def test_references_to_one_framework_stand_together(model_a):
    policy = model_a.policies[0]
    first = policy.controls[0].references[0]
    more = dataclasses.replace(first, clause="14(1)(b)")
    control = dataclasses.replace(policy.controls[0], references=(*policy.controls[0].references, more))
    changed = dataclasses.replace(policy, controls=(control, *policy.controls[1:]))
    view = build_view(dataclasses.replace(model_a, policies=(changed,)), Translator("en"))
    assert [clauses for _, clauses in view.policies[0].controls[0].references] == ["4(3), 14(1)(b)", "MEASURE 2.11"]


def test_an_attempt_that_does_not_say_it_was_held_got_through():
    view = walls_view({"rows": [{"probe": "a", "held": True}, {"probe": "b"}, {"held": "yes"}, 3], "level": 2}, {})
    assert [attempt.held for attempt in view.attempts] == [True, False, False]
    assert view.got_through == 2
    assert view.rest == {"level": 2}


@pytest.mark.parametrize("rows", [[], "none", None, 3])
def test_a_self_check_of_another_shape_is_shown_as_it_is(rows):
    view = walls_view({"rows": rows}, {})
    assert view.attempts == ()
    assert view.rest == {"rows": rows}


def test_open_walls_are_said_aloud(model_a):
    from proofbox.reports.html import render_html

    run = dataclasses.replace(
        model_a.run, selfcheck={"rows": [{"probe": "network", "held": False, "got": "connected"}]}
    )
    page = render_html(dataclasses.replace(model_a, run=run), "en")
    assert "1 of 1 attempts got through" in page
    assert "<details open>" in page
