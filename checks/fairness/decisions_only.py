"""Whether recorded decisions about a few people or many fall differently on groups: no model and no true labels.

## Measures

- `demographic_parity_difference`: [0, 1], lower is better, 0 is perfect. The highest selection rate of any group less
  the lowest.
- `demographic_parity_ratio`: [0, 1], higher is better, 1 is perfect. The lowest selection rate divided by the highest:
  what the four-fifths rule looks at; without a value where nobody is selected.
- `fisher_p_value`: [0, 1], neither way is better, no value is perfect. How often chance alone would bring a table as
  unlikely as this, had nobody looked at the groups.
- `boschloo_p_value`: [0, 1], neither way is better, no value is perfect. The same by Boschloo's test, which is exact
  too and misses less.
- `selection_shortfall`: [0, inf), lower is better, 0 is perfect. How many more people of the group that fell shortest
  would have been selected, had it been selected at everybody's rate.
- `standard_deviations`: [0, inf), lower is better, 0 is perfect. That shortfall in standard deviations of a blind draw.
- `common_odds_ratio`: [0, inf), neither way is better, 1 is perfect. The odds of that group of being selected against
  the odds of everybody else.

## Method

Difference and ratio have exact intervals as long as the pairs of groups make at most 100,000 tables together (300
people against 300, say): every possible table is added up at the rate that is least favourable, so that they never
cover less than they say; beyond that they are made as for `fairness.demographic_parity`. Fisher's and Boschloo's
p-values are those of scipy; with more than two groups they are the smallest of all pairs, times the number of pairs.

`within` names columns of like cases (a department, a grade, a round of promotions). Shortfall, standard deviations and
odds ratio then compare within each of them and are added up (Mantel and Haenszel), while the rates and p-values stay
those of all rows: where the two disagree, look at who applied where. Decisions may be recorded ones or a model's.

## Limits

A p-value says how surprising the table is, not how large the difference: judge the ratio's interval. A small audit that
finds nothing has shown nothing. The columns under `within` may themselves be where people are kept apart. Strata are
taken as one common odds ratio; the detail lists each, since opposite ones cancel out. Sample weights are refused: exact
tests count people.

## References

- US Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D); Connecticut v. Teal, 457 U.S. 440 (1982).
- Castaneda v. Partida, 430 U.S. 482 (1977), note 17: differences of two or three standard deviations.
- Fisher, JRSS 98 (1935) 39-82; Boschloo, Statistica Neerlandica 24 (1970) 1-35.
- Chan and Zhang, Biometrics 55 (1999) 1202-1209; Berger and Boos, JASA 89 (1994) 1012-1016.
- Mantel and Haenszel, JNCI 22 (1959) 719-748; Robins, Breslow, Greenland, Biometrics 42 (1986) 311-323.
- Bickel, Hammel, O'Connell, "Sex Bias in Graduate Admissions: Data from Berkeley", Science 187 (1975) 398-404.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from pydantic import model_validator

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.gapmeasures import difference_of, ratio_of
from proofbox.checks.grouped.outcomes import Comparison, compare, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams, weights_are_no_people
from proofbox.checks.grouped.strata import Strata, strata_of
from proofbox.checks.params import Attribute
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.exactgaps import Kind, exact_gap_interval, few_enough, pairs_of
from proofbox.checks.statistics.exacttables import Pair, boschloo, fisher


class Params(GroupParams):
    """Parameters of :func:`decisions_only`."""

    within: Attribute | None = None
    """Columns of like cases, within which people are compared."""

    @model_validator(mode="after")
    def _within_is_no_attribute(self) -> Params:
        if shared := set(self.within or ()) & set(self.attribute):
            raise ValueError(f"'within' names {sorted(shared)[0]}, which is the attribute itself")
        return self


@check("fairness.decisions_only")
def decisions_only(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how recorded decisions fall on groups, exactly where they are few."""
    if refused := weights_are_no_people(counts.data):
        return refused
    outcomes = count_outcomes(counts, params)
    if isinstance(outcomes, Inapplicable):
        return outcomes
    compared = compare(outcomes, "selection_rate")
    if isinstance(compared, Inapplicable):
        return compared
    strata = strata_of(counts, params, params.within or (), outcomes)
    if isinstance(strata, Inapplicable):
        return strata
    detail = {key: value for key, value in outcomes.detail.items() if key != "rows_without_true_label"}
    return Measured(
        measurements=(
            *_gaps(compared, detail, params.confidence),
            *_tests(compared, detail),
            *_like_with_like(compared, strata, detail, params),
        )
    )


def _gaps(compared: Comparison, detail: Mapping[str, Json], confidence: float) -> Iterator[Measurement]:
    exact = few_enough(compared.family)
    for found in (
        difference_of("demographic_parity_difference", [compared], detail, confidence),
        *ratio_of("demographic_parity_ratio", [compared], detail, confidence),
    ):
        kind: Kind = "difference" if found.measure.endswith("difference") else "ratio"
        yield replace(found, interval=exact_gap_interval(compared.family, kind, confidence)) if exact else found


def _tests(compared: Comparison, detail: Mapping[str, Json]) -> Iterator[Measurement]:
    pairs = pairs_of(compared.family)
    tests: dict[str, Callable[[Pair], float]] = {"fisher_p_value": fisher}
    if few_enough(compared.family):
        tests["boschloo_p_value"] = boschloo
    for measure, test in tests.items():
        yield Measurement(
            measure=measure,
            value=min(1.0, min(map(test, pairs)) * len(pairs)),
            sample_size=compared.sample_size,
            detail={**detail, **compared.detail(), "tables_too_many_for_boschloo": len(tests) == 1},
        )


def _like_with_like(
    compared: Comparison, strata: Strata, detail: Mapping[str, Json], params: Params
) -> Iterator[Measurement]:
    group = max(range(len(compared.categories)), key=lambda place: strata.against_all(place).shortfall)
    against = strata.against_all(group)
    of: dict[str, Json] = {
        **detail,
        "group": dict(compared.categories[group]),
        "within": list(params.within or ()),
        "strata": [
            {"stratum": dict(name), "people": int(people), "selected": int(selected), "expected": float(expected)}
            for name, people, selected, expected in zip(
                strata.names, against.people, against.selected, against.expected, strict=True
            )
        ],
    }
    size = compared.sample_size
    yield Measurement(measure="selection_shortfall", value=max(0.0, against.shortfall), sample_size=size, detail=of)
    deviations = against.standard_deviations
    if deviations is not None:
        yield Measurement(measure="standard_deviations", value=max(0.0, deviations), sample_size=size, detail=of)
    if odds := against.odds_ratio(params.confidence):
        yield Measurement(measure="common_odds_ratio", value=odds[0], interval=odds[1], sample_size=size, detail=of)
