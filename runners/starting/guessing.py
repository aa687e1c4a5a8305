"""Guess what an undescribed model and table are for; each guess says what it rests on, and a person corrects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from proofbox.checks.personal.plain import plain
from proofbox.runners.errors import UsageError
from proofbox.runners.starting import words

if TYPE_CHECKING:
    from proofbox.checks.tasks import Task
    from proofbox.runners.starting.columns import Column
    from proofbox.sandbox.describing import Description


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What whoever calls has said, and what therefore need not be guessed."""

    target: str | None = None
    sensitive: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What the columns are probably for."""

    target: str
    features: tuple[str, ...]
    task: Task
    output: str = "label"
    positive_label: str | None = None
    """None for a regression."""
    classes: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    weight: str | None = None
    time: str | None = None
    why: dict[str, str] = field(default_factory=dict)
    """Key of the submission -> what the guess rests on."""
    doubts: tuple[str, ...] = ()
    """What a person must look at before the first run, one sentence each."""


def guess(columns: Sequence[Column], told: Description | None, given: Given) -> Guess:
    """Return what the columns are for.

    Parameters
    ----------
    columns
        Those of the evaluation data, in the order of the file.
    told
        What the model said of itself; None where it said nothing.

    Raises
    ------
    UsageError
        A given column is not there, or nothing tells which column is the target.
    """
    by_name = {column.name: column for column in columns}
    for name in (given.target, *(given.sensitive or ()), *(given.features or ())):
        if name is not None and name not in by_name:
            raise UsageError(f"got the column '{name}', expected one of {', '.join(list(by_name)[:12])}")
    read = given.features or (told.features if told else ())
    target, because = _target(columns, read, told, given)
    found = Guess(target=target, features=read, task="regression", why={"target": because})
    found = _roles(found, columns, given)
    found = _features(found, columns, told, given)
    return _answers(found, by_name[target], told, given)


def _target(columns: Sequence[Column], read: Sequence[str], told: Description | None, given: Given) -> tuple[str, str]:
    if given.target is not None:
        return given.target, "as given"
    free = [column for column in columns if column.name not in read]
    named = sorted(free, key=lambda column: -words.names_target(column.name))
    if named and words.names_target(named[0].name):
        return named[0].name, "its name says so"
    free = [one for one in free if not words.names_identifier(one.name) and not words.names_sensitive(one.name)]
    classes = set(told.classes) if told else set()
    fitting = [column for column in free if classes and column.labels and set(column.labels) <= classes]
    if len(fitting) == 1:
        return fitting[0].name, "its values are the model's classes, and the model does not read it"
    if read and len(free) == 1:
        return free[0].name, "the model does not read it"
    last = columns[-1]
    if last in free and (last in fitting or last.distinct == 2):
        return last.name, "it is the last column"
    shown = ", ".join(column.name for column in (free or columns)[:12])
    raise UsageError(f"nothing tells which column holds the true answers; name it: --target COLUMN (one of {shown})")


def _roles(found: Guess, columns: Sequence[Column], given: Given) -> Guess:
    rest = [column for column in columns if column.name != found.target]
    free = [column for column in rest if column.name not in found.features]
    ids = tuple(one.name for one in free if words.names_identifier(one.name) or (one.unique and one.kind == "text"))
    weight = next((one.name for one in free if words.names_weight(one.name) and one.kind == "number"), None)
    dated = [one for one in free if words.names_time(one.name) and not words.names_sensitive(one.name)]
    time = next((one.name for one in dated if one.kind in ("whole", "other") and not one.missing), None)
    people = [one for one in rest if words.names_sensitive(one.name) and one.name not in ids]
    usable = [one.name for one in people if one.groups or one.kind in ("whole", "number")]
    sensitive = given.sensitive if given.sensitive is not None else tuple(usable)
    return replace(found, sensitive=sensitive, ids=ids, weight=weight, time=time)


def _features(found: Guess, columns: Sequence[Column], told: Description | None, given: Given) -> Guess:
    names = [column.name for column in columns]
    if found.features:
        missing = [name for name in found.features if name not in names]
        said = "as given" if given.features else "the model says so itself"
        doubts = found.doubts
        if missing:
            doubts += (f"the model reads {', '.join(missing[:8])}, which the evaluation data do not have",)
        return replace(found, why={**found.why, "features": said}, doubts=doubts)
    apart = {found.target, found.weight, found.time, *found.ids}
    every = tuple(name for name in names if name != found.target)
    inner = tuple(name for name in names if name not in apart)
    fewer = tuple(name for name in inner if name not in found.sensitive)
    takes = told.columns if told else 0
    for choice, because in ((fewer, "no sensitive one"), (inner, "sensitive ones too"), (every, "all but the target")):
        if choice and len(choice) == takes:
            said = f"the model takes {takes} columns and does not name them: {because}"
            doubt = f"are these the columns that the model was trained on, in this order? {', '.join(choice[:12])}"
            return replace(found, features=choice, why={**found.why, "features": said}, doubts=(*found.doubts, doubt))
    chosen = fewer or inner or every
    doubt = "the model does not say which columns it reads: look at model.features"
    if takes:
        doubt = f"the model takes {takes} columns, and {len(chosen)} were guessed: look at model.features"
    said = "all columns but the target, identifiers and sensitive ones"
    return replace(found, features=chosen, why={**found.why, "features": said}, doubts=(*found.doubts, doubt))


def _answers(found: Guess, target: Column, told: Description | None, given: Given) -> Guess:
    task, because = _task(target, told, given)
    why = {**found.why, "task": because}
    doubts = found.doubts
    if target.missing:
        doubts += (f"{target.missing} rows have no value in '{target.name}': leave them out, or mend them",)
    if task == "regression":
        return replace(found, task=task, why=why, doubts=doubts)
    classes = told.classes if told else ()
    labels = [label for label in (classes or target.labels) if label in target.labels] or list(target.labels)
    positive = next((label for word in words.FAVOURABLE for label in labels if plain(label) == word), None)
    if positive is None and labels:
        positive = labels[-1]
        doubts += (f"is '{positive}' the label whose rates should be counted? there are {', '.join(labels[:6])}",)
    if classes and not set(target.labels) <= set(classes):
        doubts += (f"the model answers {', '.join(classes[:6])}, the data hold {', '.join(target.labels[:6])}",)
    methods = told.methods if told else frozenset()
    output = "probability" if "predict_proba" in methods else "label"
    if output == "label" and "predict" not in methods and "decision_function" in methods:
        output = "score"
    return replace(
        found, task=task, output=output, positive_label=positive, classes=tuple(labels), why=why, doubts=doubts
    )


def _task(target: Column, told: Description | None, given: Given) -> tuple[Task, str]:
    if given.task is not None:
        return given.task, "as given"
    if told and told.kind == "regressor":
        return "regression", "the model answers numbers"
    if told and told.classes:
        several = len(told.classes) > 2
        task: Task = "multiclass-classification" if several else "binary-classification"
        return task, f"the model has {len(told.classes)} classes"
    if target.labels and target.distinct <= 2:
        return "binary-classification", f"'{target.name}' has {target.distinct} different values"
    if target.labels and (target.kind == "text" or (target.kind == "whole" and target.distinct <= 20)):
        return "multiclass-classification", f"'{target.name}' has {target.distinct} different values"
    return "regression", f"'{target.name}' holds numbers"
