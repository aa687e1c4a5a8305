"""What checks are given: the subject's files and claims, its data, its decisions and its model.

Only protocols and frozen values stand here. The runner builds them; the sandbox's handle reaches a check as a
:class:`Model` without either room knowing the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from proofbox.checks.result import Json
    from proofbox.checks.surroundings import Surroundings, Way
    from proofbox.checks.tasks import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file of the submission as it was taken in."""

    path: str
    """Path inside the submission, with ``/``."""
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hex digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFile:
    """A file that the submission names in a role, with the digest that the provider declared, if any."""

    role: Literal["model", "evaluation", "training", "reference", "provenance", "document", "signature", "attestations"]
    path: str
    declared_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key or certificate by which the model's signature is verified: the operator's word, never the submission's."""

    kind: Literal["key", "certificate"]
    pem: bytes
    """As :func:`proofbox.checks.signatures.signers.fingerprint` accepts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceShare:
    """How large a part of the population one category of an attribute is, as the provider declares."""

    attribute: str
    category: str
    """In the text form of :func:`proofbox.checks.labels.label_text`."""
    share: float
    """In [0, 1]; the shares of one attribute add up to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The submission as static checks see it; they read files only below ``root``, as bytes, and never load a model."""

    root: Path
    """Folder of the read-only copy."""
    files: tuple[FileRecord, ...]
    """Every file of the submission, sorted by path."""
    declared_files: tuple[DeclaredFile, ...]
    """The files that ``submission.yaml`` gives a role; a folder stands for all files below it."""
    task: Task
    model_path: str | None
    """Path of the model file or folder inside the submission; None where only recorded decisions are audited."""
    model_format: str | None
    """Format by magic bytes: ``onnx``, ``skops``, ``pickle``, ``joblib`` and so on; None without a model."""
    provenance: Mapping[str, str]
    """Role of a data file (``evaluation``, ``training``) -> path of its provenance record."""
    product: Mapping[str, Json]
    """The ``product`` block of ``submission.yaml``."""
    quasi_identifiers: tuple[str, ...] = ()
    """Columns that together could tell who a row is of, as the provider declares."""
    personal_data: tuple[str, ...] = ()
    """Columns that the provider declares to hold personal data."""
    reference: tuple[ReferenceShare, ...] = ()
    """The declared population; empty where the submission names none."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """Name of a document (``model_card``, ``datasheet``) -> its path inside the submission."""
    signature: str | None = None
    """Path of the model's signature, where the submission names one."""
    signers: tuple[Signer, ...] = ()
    """By whom the model should be signed; empty where whoever runs the assessment named nobody."""
    classification: Mapping[str, Json] | None = None
    """Answers from which the risk tier follows (:func:`proofbox.checks.tiers.tier_of`); None where there are none."""
    trial: Mapping[str, Json] | None = None
    """What a controlled trial touches, and its declared ``level``; None where the submission names no trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A feature whose unit stands in another one: the same amount may be written in several ways."""

    feature: str
    unit: str
    """The column of units."""
    factors: Mapping[str, float]
    """Unit -> how many of it make one and the same amount: ``{m: 1, cm: 100}``."""


class Batches(Protocol):
    """Rows of a file that are read in batches, as often as asked."""

    @property
    def rows(self) -> int:
        """Number of rows in all."""
        ...

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows with these columns, in order, read and cleaned as a table in memory would be."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One table of the submission and what its columns mean. Labels and groups stay on this side of the wall."""

    role: Literal["evaluation", "training"]
    path: str
    table: pa.Table
    """All columns. Text columns are dictionary-encoded, NFC-normalised and trimmed."""
    features: tuple[str, ...]
    """Columns given to the model, in this order."""
    target: str | None = None
    prediction: str | None = None
    sensitive: tuple[str, ...] = ()
    weight: str | None = None
    id_columns: tuple[str, ...] = ()
    positive_label: str
    """The class whose rates are counted, in the text form of :func:`proofbox.checks.labels.label_text`."""
    favourable_label: str | None = None
    """The outcome people want, where it is not the positive one."""
    proxies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sensitive column -> features that stand in for it, as the provider declares."""
    detail: Mapping[str, Json] = field(default_factory=dict)
    """What was detected while reading: delimiter, decimal sign, encoding, merged categories."""
    bins: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Sensitive column of numbers -> the rising edges between its declared bins."""
    text: str | None = None
    """Column of free text, where the submission names one."""
    time: str | None = None
    """Column that says when a row came about, where the submission names one."""
    monotone: Mapping[str, str] = field(default_factory=dict)
    """Feature -> ``increasing`` or ``decreasing``: how the answer may move as it rises, as the provider declares."""
    irrelevant: tuple[str, ...] = ()
    """Features that mean nothing for the decision, as the provider declares."""
    units: tuple[Unit, ...] = ()
    """Features that another column gives the unit of, as the provider declares."""
    source: Batches | None = None
    """What reads the rows where they are too many to hold; ``table`` then holds the first of them alone."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows) if self.source is None else self.source.rows

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows with these columns, in order; all at once where they are held in memory anyway."""
        if self.source is None:
            yield self.table.select(list(columns))
        else:
            yield from self.source.batches(columns)

    def feature_table(self) -> pa.Table:
        """Return the feature columns alone, shape (rows, features): all that a model may see."""
        return self.table.select(list(self.features))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What the model (or the recorded column) decided for each row of a table."""

    classes: tuple[str, ...]
    """Names of the classes in text form; empty for regression."""
    codes: NDArray[np.int64]
    """Shape (n,): index into ``classes``; all 0 for regression."""
    score: NDArray[np.float64] | None
    """Shape (n,): probability or score of the positive class, or the predicted value of a regression."""
    positive_label: str
    source: Literal["model", "recorded"]
    probabilities: NDArray[np.float64] | None = None
    """Shape (n, classes): every class's probability, where the model gives more than two of them."""

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Return shape (n,): whether the decision is the positive label."""
        import numpy as np

        code = self.classes.index(self.positive_label) if self.positive_label in self.classes else -1
        return np.equal(self.codes, code)

    def label(self, row: int) -> str:
        """Return the decision of one row in text form."""
        return self.classes[int(self.codes[row])] if self.classes else repr(float(self._scores()[row]))

    def _scores(self) -> NDArray[np.float64]:
        if self.score is None:
            raise TypeError("these decisions carry no score")
        return self.score


class Model(Protocol):
    """The submitted model as a check may use it: rows in, decisions out, large batches please."""

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that it reads, in order."""
        ...

    def predict(self, rows: pa.Table, deadline_seconds: float | None = None) -> Decisions:
        """Return the decisions for ``rows``, whose columns are exactly ``features``.

        Parameters
        ----------
        deadline_seconds
            How long it may take; None: as long as the run allows.

        Raises
        ------
        ModelFailedError
            The model crashed, hung, or answered something that is no answer.
        """
        ...

    def restart(self, surroundings: Surroundings | None = None) -> None:
        """Start the model again in a fresh process: for checks that ask whether it remembers.

        Parameters
        ----------
        surroundings
            What is different around it from now on, as far as ``varies`` says; None: nothing.

        Raises
        ------
        ModelFailedError
            It could not be started again.
        """
        ...

    @property
    def varies(self) -> frozenset[Way]:
        """Return what :meth:`restart` can make different around it here."""
        ...
