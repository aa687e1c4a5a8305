"""How well somebody who sees the model's answers could tell whether a person was in the training data.

## Measures

- `attack_auc`: [0, 1], lower is better, 0.5 is perfect. The chance that the attack ranks a training row above an
  evaluation row by how sure the model is of the row's true label.
- `calibrated_attack_auc`: [0, 1], lower is better, 0.5 is perfect. The same after taking off how easy the row is for
  models that never saw it.
- `baseline_auc`: [0, 1], neither way is better, 0.5 is perfect. The same for those other models alone: what sets the
  two files apart without anything having been remembered.

## Method

The attacker knows the row, its true label and the model's answer, and holds a row for a member where the answer fits
the label well: by the probability given to the true label, by the score on the label's side where scores are no
probabilities, by right or wrong where the model gives labels only, by the error where it gives numbers (Yeom and
others). For the calibrated attack (Watson and others) shadow models, trees of ours trained on both files and never on
the row they are asked about, say how likely the true label was; what is left is what this model knows beyond that. If
the two files differ, the plain attack finds the difference and calls it memory; the calibrated one does not.

Rows of the evaluation data that also stand in the training data, features and label, are left out: they are members.
At most 10,000 rows of each file are asked about, drawn at random. Intervals: DeLong's on the logit scale. The detail
has the share of members found at one false alarm in a hundred.

## Limits

Stronger attacks exist, with many shadow models or with access to the model's inside; a value near 0.5 says that this
attack fails. Shadow models of another kind than the model leave some of the rows' difficulty in. The interval takes the
shadow models as given.

## References

- Yeom, Giacomelli, Fredrikson, Jha, "Privacy risk in machine learning", IEEE CSF 2018, section 3.
- Watson, Guo, Cormode, Sablayrolles, "On the importance of difficulty calibration in membership inference attacks",
  ICLR 2022. Carlini and others, "Membership inference attacks from first principles", IEEE S&P 2022: low false alarms.
- DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988) 837-845.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking, ask_all
from proofbox.checks.counted.counting import encode
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa, pt
from proofbox.checks.leaks.rowmatch import matching_rows
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.samples.crossfitted import FOLDS, numbers_of, out_of_fold_probabilities, out_of_fold_values
from proofbox.checks.statistics.auc import auc_interval
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

FEWEST_ROWS = 50
_SMALLEST = 1e-6
"""Probabilities are kept so far from 0 and 1, so that one sure mistake does not outweigh all other rows."""


class Params(CheckParams):
    """Parameters of :func:`membership_inference`."""

    most_rows: int = Field(default=10_000, ge=100, le=100_000)
    """Rows of each file that the model is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """Members and others in one table, members first."""

    table: pa.Table
    """The features."""
    labels: pa.ChunkedArray
    member: NDArray[np.bool_]
    left_out: int
    """Evaluation rows that stand in the training data."""


@check("privacy.membership_inference")
def membership_inference(data: Dataset, training: Dataset | None, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how well training rows can be told from others by the model's answers."""
    if reason := _nothing_to_attack(data, training):
        return Inapplicable(reason)
    assert training is not None
    trial = _trial(data, training, params.most_rows, rng)
    if isinstance(trial, Text):
        return Inapplicable(trial)
    members = int(trial.member.sum())
    first, second = yield from ask_all([trial.table.slice(0, members), trial.table.slice(members)])
    signals = _signals(trial, first, second, data.positive_label, rng)
    if isinstance(signals, Text):
        return Inapplicable(signals)
    return Measured(measurements=tuple(_measurements(trial, *signals, params.confidence)))


def _nothing_to_attack(data: Dataset, training: Dataset | None) -> Text | None:
    if data.rows == 0:
        return t("the {role} data have no rows", role=data.role)
    if training is None:
        return t("the submission names no {role} data", role="training")
    for one in (data, training):
        if one.target is None:
            return t("the {role} data have no column of true labels", role=one.role)
    if lacking := [name for name in data.features if name not in training.table.column_names]:
        return t("the {role} data have no column {column}", role=training.role, column=lacking[0])
    if min(data.rows, training.rows) < FEWEST_ROWS:
        return t("fewer than {rows} rows in one of the files are too few for an attack", rows=FEWEST_ROWS)
    return None


def _trial(data: Dataset, training: Dataset, most: int, rng: Generator) -> _Trial | Text:
    pairs = [(name, name) for name in data.features] + [(str(data.target), str(training.target))]
    leaked = matching_rows(data.table, training.table, pairs).rows
    others = np.setdiff1d(np.arange(data.rows), leaked)
    if len(others) < FEWEST_ROWS:
        return t("nearly all evaluation rows stand in the training data, so there is nobody to tell members from")
    tables, labels = [], []
    for one, rows in ((training, np.arange(training.rows)), (data, others)):
        chosen = np.sort(rng.choice(rows, most, replace=False)) if len(rows) > most else rows
        table = one.table.select(list(data.features)).take(chosen)
        tables.append(_as_evaluation(table, data.table))
        labels.append(one.table.column(str(one.target)).take(chosen))
    if mismatch := next(
        (n for n in data.features if tables[0].schema.field(n).type != tables[1].schema.field(n).type), ""
    ):
        return t("{column} is of one type in the training data and of another in the evaluation data", column=mismatch)
    member = np.repeat([True, False], [tables[0].num_rows, tables[1].num_rows])
    texts = [column.cast(pa.string()) if pt.is_dictionary(column.type) else column for column in labels]
    if texts[0].type != texts[1].type:
        texts = [column.cast(pa.string()) for column in texts]
    joined = pa.chunked_array([chunk for column in texts for chunk in column.chunks], type=texts[0].type)
    return _Trial(
        table=pa.concat_tables(tables).unify_dictionaries(), labels=joined, member=member, left_out=len(leaked)
    )


def _as_evaluation(table: pa.Table, like: pa.Table) -> pa.Table:
    """Return numbers in the types of the evaluation data: 1 and 1.0 are the same to a model."""
    columns = []
    for name in table.column_names:
        column, kind = table.column(name), like.schema.field(name).type
        numbers = [pt.is_integer(one) or pt.is_floating(one) for one in (column.type, kind)]
        if all(numbers):
            column = column.cast(pa.float64() if pt.is_floating(column.type) or pt.is_floating(kind) else kind)
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _signals(
    trial: _Trial, first: Decisions, second: Decisions, positive_label: str, rng: Generator
) -> tuple[Floats, Floats, str] | Text:
    """Return the model's and the shadows' signal for each row, higher for a better fit, and what kind they are."""
    features = numbers_of(trial.table, trial.table.column_names)
    if not first.classes:
        truth = trial.labels.cast(pa.float64(), safe=False).to_numpy()
        answers = np.concatenate([_scores(first), _scores(second)])
        return -np.abs(answers - truth), -np.abs(out_of_fold_values(features, truth, rng) - truth), "error"
    target = encode(trial.labels)
    counts = np.bincount(target.codes, minlength=len(target.categories))
    if (
        len(target.categories) < 2
        or counts[: len(target.categories)].min() < FOLDS
        or counts[len(target.categories) :].any()
    ):
        return t("some labels are missing or too rare for shadow models to learn")
    shadow = out_of_fold_probabilities(features, target.codes, rng)[np.arange(len(target.codes)), target.codes]
    known = positive_label in target.categories and len(target.categories) == 2
    if first.score is None or second.score is None or not known:
        named = np.array([*target.categories])[target.codes]
        said = np.concatenate([np.array(one.classes)[one.codes] for one in (first, second)])
        return (said == named).astype(np.float64), shadow, "right or wrong"
    positive = target.is_label(positive_label)
    score = np.concatenate([_scores(first), _scores(second)])
    if score.min() >= 0 and score.max() <= 1:
        return _log(np.where(positive, score, 1 - score)), _log(shadow), "probability of the true label"
    # Scores without a scale: each label's side is centred, so that the two sides can be ranked together.
    side = np.where(positive, score, -score)
    for label in (True, False):
        side[positive == label] -= np.median(side[positive == label])
    return side, _log(shadow), "score on the side of the true label"


def _scores(answer: Decisions) -> Floats:
    assert answer.score is not None
    return answer.score


def _log(probability: Floats) -> Floats:
    logs: Floats = np.log(np.clip(probability, _SMALLEST, 1 - _SMALLEST))
    return logs


def _measurements(trial: _Trial, own: Floats, shadow: Floats, kind: str, confidence: float) -> Iterator[Measurement]:
    members, others = int(trial.member.sum()), int((~trial.member).sum())
    detail: dict[str, Json] = {
        "signal": kind,
        "members": members,
        "others": others,
        "evaluation_rows_left_out_as_members": trial.left_out,
    }
    # Where the two signals have different scales, each is expressed in its own spread before they are compared.
    scaled = own - shadow if kind.startswith("probability") else _standard(own) - _standard(shadow)
    for measure, signal in (("attack_auc", own), ("calibrated_attack_auc", scaled), ("baseline_auc", shadow)):
        found = auc_interval(signal, trial.member, confidence)
        assert found is not None
        value, interval = found
        alarm = float(np.quantile(signal[~trial.member], 0.99))
        caught = float((signal[trial.member] > alarm).mean())
        yield Measurement(
            measure=measure,
            value=value,
            interval=interval,
            sample_size=members + others,
            detail={**detail, "members_found_at_one_false_alarm_in_100": caught},
        )


def _standard(values: Floats) -> Floats:
    centred: Floats = values - values.mean()
    spread = float(centred.std())
    return centred / spread if spread else centred
