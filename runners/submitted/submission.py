"""Read ``submission.yaml``: the provider's own words, checked for shape before anything else is touched."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_serializer, model_validator

from proofbox.checks.tasks import Task
from proofbox.policies.classification import ClassificationAnswers
from proofbox.policies.errors import BadDocumentError, Problem
from proofbox.policies.trial_level import TrialFlags
from proofbox.policies.validation import validate, wrong
from proofbox.policies.yamlfile import Document, read_yaml
from proofbox.runners.errors import BadSubmissionError

FILE_NAME = "submission.yaml"

Label = Annotated[str | int | float | bool, Field(union_mode="left_to_right")]
Name = Annotated[str, Field(min_length=1, max_length=500)]
ModelFormat = Literal["auto", "onnx", "skops", "sklearn", "xgboost", "lightgbm", "catboost", "mlflow", "python", "http"]
Sector = Literal["credit", "health", "education", "employment", "public-service", "justice", "other"]
RiskTier = Literal["low", "medium", "high"]


def _none_as_empty(value: object) -> object:
    return () if value is None else value


Columns = Annotated[tuple[Name, ...], BeforeValidator(_none_as_empty)]


class Block(BaseModel):
    """A block of ``submission.yaml``: frozen, and a key that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Provider(Block):
    """Who answers for the product."""

    name: Name
    id: str | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    contact: str | None = None


class Product(Block):
    """What is submitted."""

    name: Name
    version: Name
    provider: Provider
    sector: Sector
    risk_tier: RiskTier
    intended_purpose: Annotated[str, Field(min_length=1, max_length=5000)]


class Needs(Block):
    """What the model needs beyond one thread and reading its own files; granted within these bounds."""

    threads: Annotated[int, Field(ge=1, le=32)] = 1
    """Threads that its libraries may start for one call."""
    scratch_bytes: Annotated[int, Field(ge=0, le=1024 * 1024 * 1024)] = 0
    """Size of an empty folder in memory that it may write to, gone with its process; 0 for none."""


class ModelBlock(Block):
    """The model: where it is, and what its answers mean."""

    path: Name
    format: ModelFormat = "auto"
    sha256: str | None = None
    signature: Name | None = None
    """The model's signature, in the form of OpenSSF model signing; ``model.sig`` beside the model is found unnamed."""
    task: Task
    features: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100_000)]
    output: Literal["label", "probability", "score"] = "label"
    positive_label: Label = 1
    favourable_label: Label | None = None
    classes: tuple[Label, ...] = ()
    """All labels that may occur in the data; empty for whatever occurs (two for a binary classification)."""
    threshold: Annotated[float, Field(allow_inf_nan=False)] = 0.5
    needs: Needs = Needs()


class Csv(Block):
    """How a CSV file is written; ``auto`` is detected and what was detected is recorded."""

    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    decimal: Literal["auto", ".", ","] = "auto"
    encoding: Literal["auto", "utf-8", "utf-8-sig", "utf-16", "windows-1258", "windows-1252"] = "auto"


def _as_column(value: object) -> object:
    return {"column": value} if isinstance(value, str | int | float) else value


class SensitiveColumn(Block):
    """A sensitive column; one of numbers may declare the bins that make its groups."""

    column: Name
    bins: Annotated[
        tuple[Annotated[float, Field(allow_inf_nan=False)], ...] | None, Field(min_length=1, max_length=100)
    ] = None
    """Rising edges: ``[25, 40]`` makes the groups below 25, from 25 to below 40, and from 40."""
    quantiles: Annotated[int, Field(ge=2, le=20)] | None = None
    """Into how many groups of about equally many rows the column is split."""

    @model_validator(mode="after")
    def _one_way(self) -> SensitiveColumn:
        if self.bins is not None and self.quantiles is not None:
            raise wrong("either 'bins' or 'quantiles'", "leave one of them out", got="both")
        if self.bins is not None and any(high <= low for low, high in pairwise(self.bins)):
            raise wrong("edges that rise", "each edge above the one before, for example [25, 40, 60]")
        return self


Sensitive = Annotated[SensitiveColumn, BeforeValidator(_as_column, json_schema_input_type=Name | SensitiveColumn)]


class Evaluation(Block):
    """The evaluation data. Labels and sensitive columns never enter the sandbox unless they are features too."""

    path: Name
    """A file of the submission, or an address that whoever runs Proofbox must allow (docs/remote.md)."""
    target: Name | None = None
    prediction: Name | None = None
    sensitive: Annotated[tuple[Sensitive, ...], BeforeValidator(_none_as_empty)] = ()
    """Each a column's name, or ``{column: age, bins: [25, 40, 60]}``, or ``{column: income, quantiles: 4}``."""
    text: Name | None = None
    time: Name | None = None
    """Column that says when a row came about: a date, a date with time, or a number such as a year."""
    weight: Name | None = None
    id: Columns = ()
    csv: Csv = Csv()
    sha256: str | None = None
    provenance: Name | None = None
    positive_label: Label = 1
    """Where there is no ``model`` block to say it: the class whose rates are counted."""
    favourable_label: Label | None = None
    classes: tuple[Label, ...] = ()
    """All labels that may occur, where there is no ``model`` block to say it; empty for whatever occurs."""


class Training(Block):
    """The training data, for leakage and membership checks."""

    path: Name
    target: Name | None = None
    time: Name | None = None
    """Column that says when a row came about; ``data.evaluation.time`` where the files name it alike."""
    id: Columns = ()
    csv: Csv = Csv()
    sha256: str | None = None
    provenance: Name | None = None


class Reference(Block):
    """Shares of the population: columns ``attribute``, ``category``, ``share``."""

    path: Name
    sha256: str | None = None


class Data(Block):
    """The data files."""

    evaluation: Evaluation
    training: Training | None = None
    reference: Reference | None = None


class DeclaredPerformance(Block):
    """One claim about performance: at least so much, or for a loss at most so much."""

    measure: Name
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> DeclaredPerformance:
        if (self.at_least is None) == (self.at_most is None):
            got = "neither" if self.at_least is None else "both"
            raise wrong("one of at_least and at_most", "at_most is for losses, where lower is better", got=got)
        return self

    @model_serializer
    def _given(self) -> dict[str, str | float]:
        """Return what was given, so that a claim is recorded as it was written."""
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        return {"measure": self.measure} | {name: bound for name, bound in bounds.items() if bound is not None}


class Monotone(Block):
    """One claim about direction."""

    feature: Name
    direction: Literal["increasing", "decreasing"]


class DeclaredUnit(Block):
    """A feature whose unit stands in another column."""

    feature: Name
    unit: Name
    factors: Annotated[
        dict[Name, Annotated[float, Field(gt=0, allow_inf_nan=False)]], Field(min_length=2, max_length=100)
    ]
    """Unit -> how many of it make one and the same amount: ``{m: 1, cm: 100}``."""


class Declared(Block):
    """What the provider claims, frozen by digest before the run."""

    performance: tuple[DeclaredPerformance, ...] = ()
    thresholds: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    monotone: tuple[Monotone, ...] = ()
    quasi_identifiers: Columns = ()
    """Columns that together could tell who a row is of."""
    personal_data: Columns = ()
    """Columns that hold personal data on purpose; what is found in any other column was not declared."""
    proxies: dict[Name, Columns] = {}
    """Sensitive column -> columns that stand in for it and are swapped along with it."""
    irrelevant: Columns = ()
    """Features that mean nothing for the decision: whatever stands in them, it must be the same."""
    units: tuple[DeclaredUnit, ...] = ()
    """Quantities that may be written in several units: in each of them they must get the same decision."""


class Documents(Block):
    """Documents that come with the submission."""

    model_card: Name | None = None
    system_card: Name | None = None
    dpia: Name | None = None
    datasheet: Name | None = None
    bom: Name | None = None
    """The provider's own list of what the product is made of: CycloneDX in JSON."""
    classification_dossier: Name | None = None
    """The dossier of the risk classification (Decree 142, Article 12(2))."""
    notice: Name | None = None
    """The words by which people are told that they face an AI system."""
    operation_log: Name | None = None
    """The log that the system keeps of itself: one JSON object a line (docs/operation-log.md)."""
    trial_record: Name | None = None
    """What a controlled trial was allowed and what was reached, in YAML or JSON (docs/operation-log.md)."""


class Submission(Block):
    """The whole file (``proofbox/submission/v1``)."""

    schema_: Literal["proofbox/submission/v1"] = Field(alias="schema")
    product: Product
    model: ModelBlock | None = None
    data: Data
    declared: Declared = Declared()
    documents: Documents = Documents()
    attestations: Name | None = None
    classification: ClassificationAnswers | None = None
    """Answers from which the risk tier follows."""
    trial: TrialFlags | None = None
    """What a controlled trial touches, where there is one."""

    @property
    def task(self) -> Task:
        """The task; recorded decisions without a model are binary."""
        return self.model.task if self.model else "binary-classification"


def read_submission(path: Path) -> tuple[Submission, Document, bytes]:
    """Read and check one ``submission.yaml``.

    Returns
    -------
    tuple
        The submission, the document with the positions of its keys, and the exact bytes.

    Raises
    ------
    BadSubmissionError
        The file is missing or any part of it is wrong; all problems are told at once.
    """
    if not path.is_file():
        problem = Problem(
            file=FILE_NAME,
            line=1,
            column=1,
            where="",
            got="no such file",
            expected=f"a file named {FILE_NAME} at the top of the submission",
            hint="docs/submission.md shows one to start from",
        )
        raise BadSubmissionError((problem,))
    raw = path.read_bytes()
    try:
        document = read_yaml(raw, FILE_NAME)
        return validate(document, Submission), document, raw
    except BadDocumentError as err:
        raise BadSubmissionError(err.problems) from err
