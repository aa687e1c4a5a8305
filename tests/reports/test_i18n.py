"""Two languages: the catalogue is whole, and filling cannot be abused."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.checks.text import Text, t
from proofbox.reports import catalogue as catalogues
from proofbox.reports.errors import ReportsError
from proofbox.reports.i18n import Translator, catalogue, fill
from proofbox.reports.visible import markdown, visible

ROOT = Path(__file__).resolve().parents[2]


def test_every_sentence_has_a_vietnamese_one():
    lacking = catalogues.missing(catalogues.collect(ROOT))
    assert not lacking, "\n".join(f"{item.where}: {item.template}" for item in lacking)


def test_every_translation_names_the_same_places():
    assert catalogues.wrong_places() == ()


def test_no_template_has_more_than_plain_places():
    for message in catalogues.collect(ROOT):
        rest = catalogues.PLACE.sub("", message.template)
        assert "{" not in rest, message
        assert "}" not in rest, message


def test_collecting_finds_each_kind(tmp_path):
    for room in catalogues.ROOMS:
        (tmp_path / room).mkdir()
    measures = "- `flip_rate`: [0, 1], lower is better, 0 is perfect."
    check = f'"""Sum.\n\n## Measures\n\n{measures}\n\n## Method\n\n- `no`: [0"""\n'
    (tmp_path / "checks" / "a.py").write_text(check + 'x = t("one {a}", a=1)\n')
    (tmp_path / "runners" / "b.py").write_text('say.gettext("two")\nother("three")\n')
    (tmp_path / "reports" / "c.j2").write_text(
        '<p title="{{ _("four") }}">{% if x %}{{ _("five {n}", n=1) }}{% endif %}</p>'
    )
    found = catalogues.collect(tmp_path)
    assert [item.template for item in found] == ["flip rate", "one {a}", "two", "four", "five {n}"]
    assert found[1].where == "checks/a.py:10"


@pytest.mark.parametrize("source", ['t("a" + b)', "t(x)", 't(f"{x}")', 't("a" if x else "b")'])
def test_a_template_that_cannot_be_collected_is_refused(tmp_path, source):
    for room in catalogues.ROOMS:
        (tmp_path / room).mkdir()
    (tmp_path / "checks" / "a.py").write_text(source)
    with pytest.raises(ReportsError, match="literal template"):
        catalogues.collect(tmp_path)


def test_stubs_are_appended_and_still_count_as_missing(tmp_path, monkeypatch):
    path = tmp_path / "vi" / "LC_MESSAGES" / "proofbox.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n', "utf-8")
    monkeypatch.setattr(catalogues, "CATALOGUES", tmp_path)
    message = catalogues.Message(template='say "no" \\ {x}', where="checks/a.py:3")
    catalogues.append_stubs([message])
    assert 'msgid "say \\"no\\" \\\\ {x}"\nmsgstr ""' in path.read_text("utf-8")
    assert catalogues.missing([message]) == (message,)


def test_reasons_of_several_clauses_are_translated_clause_by_clause():
    text = Text("this was not measured; about {rows} further rows of the same composition would probably settle it",
                {"rows": "2,400"})  # fmt: skip
    said = Translator("vi").sentence(text)
    assert said.startswith("Nội dung này chưa được đo; cần thêm khoảng 2.400 dòng")


def test_a_clause_with_a_semicolon_of_its_own_is_found_among_others(monkeypatch):
    say = Translator("vi")
    monkeypatch.setattr(say, "_messages", {"a; b": "AB", "c": "C", "a": "A"})
    assert say.text(t("c; a; b; a; x")) == "C; AB; A; x"


@pytest.mark.parametrize(
    ("value", "english", "vietnamese"),
    [
        (0.6917, "0.6917", "0,6917"),
        (0.8, "0.80", "0,80"),
        (1989, "1,989", "1.989"),
        (0, "0", "0"),
        (0.00001, "1.0e-05", "1,0e-05"),
        (-0.25, "-0.25", "-0,25"),
        (float("inf"), "inf", "inf"),
        (float("nan"), "nan", "nan"),
        (True, "yes", "có"),
        ("0.6917", "0.6917", "0,6917"),
        ("95 %", "95 %", "95 %"),
        ("1,989", "1,989", "1.989"),
        ("0.8 – 0.9", "0.8 – 0.9", "0,8 – 0,9"),
        ("accuracy", "accuracy", "accuracy"),
        ("loan_status", "loan_status", "loan_status"),
        ("v1.2.3", "v1.2.3", "v1.2.3"),
    ],
)
def test_values_are_said_in_the_language(value, english, vietnamese):
    text = t("{x}", x=value)
    assert Translator("en").text(text) == english
    assert Translator("vi").text(text) == vietnamese


@pytest.mark.parametrize("value", ["selection_rate", "selection rate"])
def test_our_own_words_are_translated_where_no_name_can_stand(value):
    assert Translator("en").text(t("{measure}", measure=value)) == "selection rate"
    assert Translator("vi").text(t("{measure}", measure=value)) == "tỷ lệ lựa chọn"
    assert Translator("vi").text(t("{column}", column=value)) == value


def test_a_sentence_gets_its_capital_but_a_name_keeps_its_own():
    say = Translator("en")
    assert say.sentence(t("the {x} is bad", x="é")) == "The é is bad."
    assert say.sentence(t("{column} is bad", column="income")) == "income is bad."


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_filling_never_fails_and_touches_plain_places_only(template, values):
    fill(template, values)


@pytest.mark.parametrize("template", ["{x.__class__}", "{x[0]}", "{x!r}", "{x:>99999999}", "{}", "{0}", "{{x}}", "{y}"])
def test_a_strangers_template_cannot_reach_into_values(template):
    assert fill(template, {"x": "s"}) in {template, "{s}"}


def test_words_fall_back_to_english_and_then_to_anything():
    say = Translator("vi")
    assert say.words({"en": "a", "vi": "b"}) == "b"
    assert say.words({"en": "a"}) == "a"
    assert say.words({"fr": "c"}) == "c"
    assert say.words({}) == ""


def test_dates_that_are_none_are_shown_as_they_are():
    assert Translator("vi").date("soon") == "soon"
    assert Translator("en").moment("soon") == "soon"
    assert Translator("en").moment("2026-11-22T16:00:00+07:00") == "22 November 2026, 09:00 UTC"


def test_english_has_no_catalogue():
    assert catalogue("en") == {}


@given(st.text())
def test_visible_text_has_nothing_hidden_and_is_stable(text):
    shown = visible(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert visible(shown) == shown
    shown.encode()


def test_vietnamese_letters_stay_in_both_normal_forms():
    for text in ("Thẩm định tín dụng", "Tha\u0302\u0309m"):
        assert visible(text) == text


def test_markdown_shows_a_name_as_it_is():
    assert markdown("[x](javascript:1) **b** <i> http://e") == r"\[x\](javascript\:1) \*\*b\*\* \<i\> http\://e"
