import pytest

from proofbox.checks import spec
from proofbox.checks.errors import BadCheckError, BadParamsError, ChecksError, UnknownCheckError
from proofbox.checks.labels import label_text
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check, get_check
from proofbox.checks.text import t

DOC = """One sentence.

## Measures

- `rate`: [0, 1], higher is better, 1 is perfect. Something
  over two lines.
- `count`: [0, inf), neither way is better, no value is perfect.

## Method

Counting.

## Limits

Many.

## References

- None.
"""


def measures_of(doc):
    return spec.measures_of("family.name", doc)


def test_measure_lines_are_read_over_several_lines():
    found = measures_of(DOC)
    assert found["rate"].about == "Something over two lines."
    assert (found["rate"].better, found["rate"].perfect, found["count"].perfect) == ("higher", "1", None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("## Limits", "## Caveats", "needs the sections"),
        ("- `rate`: [0, 1], higher", "- `rate`: [0, 1], bigger", "cannot read the measure line"),
        ("- `rate`: [0, 1], higher is better, 1 is perfect. Something\n  over two lines.\n- `count`: [0, inf), neither "
         "way is better, no value is perfect.", "Nothing.", "names no measure"),
    ],
)  # fmt: skip
def test_a_docstring_of_another_shape_is_refused(old, new, said):
    assert old in DOC
    with pytest.raises(BadCheckError, match=said):
        measures_of(DOC.replace(old, new))


def test_an_unknown_check_is_told_with_the_nearest():
    with pytest.raises(UnknownCheckError, match=r"did you mean fairness\.demographic_parity"):
        get_check("fairness.demographic_party")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, r"parameter 'attribute': field required \(got nothing; parameters are: attribute, confidence, counted"),
        ({"attribute": "sex", "colour": 1}, "parameter 'colour'"),
        ({"attribute": ""}, "parameter 'attribute'"),
        ({"attribute": "sex", "confidence": 1}, "parameter 'confidence'"),
        ({"attribute": "sex", "min_group_size": "many"}, "parameter 'min_group_size'.*'many'"),
    ],
)
def test_wrong_parameters_are_told_by_name(params, said):
    with pytest.raises(BadParamsError, match=said):
        get_check("fairness.demographic_parity").params(params)


def test_several_attributes_may_be_written_in_one_text():
    assert get_check("fairness.group_rates").params({"attribute": "sex, race"}).attribute == ("sex", "race")


def test_static_checks_are_those_that_ask_for_no_model():
    assert get_check("provenance.leakage").static
    assert not get_check("robustness.noise").static
    assert not get_check("fairness.group_rates").static


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (1.0, "1"), (True, "true"), (" Nu\u031b\u0303 ", "Nữ"), (1.5, "1.5"), (-0.0, "0"), ("1", "1")],
)
def test_labels_have_one_text_form(value, text):
    assert label_text(value) == text


def test_a_text_keeps_its_template_and_fills_it_when_shown():
    said = t("{n} of {all}", n=1, all=2)
    assert str(said) == "1 of 2"
    assert said.to_json() == {"template": "{n} of {all}", "values": {"n": 1, "all": 2}}


def test_errors_have_one_base():
    assert issubclass(BadParamsError, ChecksError)
    assert CheckParams().confidence == 0.95


def test_only_data_that_a_check_asks_for_can_be_read_in_batches():
    def checked(data):
        return data

    for streams in (("training",), ("decisions",)):
        with pytest.raises(BadCheckError, match="streams"):
            check("family.name", streams=streams)(checked)
