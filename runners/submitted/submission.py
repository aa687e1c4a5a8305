"""Read ``submission.yaml``: the provider's own words, checked for shape before anything else is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proofbox.checks.tasks import Task
from proofbox.policies.classification import ClassificationAnswers
from proofbox.policies.errors import BadDocumentError, Problem
from proofbox.policies.trial_level import TrialFlags
from proofbox.policies.validation import validate
from proofbox.policies.yamlfile import Document, read_yaml
from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.submitted.blocks import Block, Label, Name
from proofbox.runners.submitted.data import Data
from proofbox.runners.submitted.declared import Declared

FILE_NAME = "submission.yaml"

ModelFormat = Literal["auto", "onnx", "skops", "sklearn", "xgboost", "lightgbm", "catboost", "mlflow", "python", "http"]
Sector = Literal["credit", "health", "education", "employment", "public-service", "justice", "other"]
RiskTier = Literal["low", "medium", "high"]


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
