"""What a hand is given, and what it gives back: values alone, so that it may stand on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.counted.blockcounts import BlockCounts, NotCountable
from proofbox.runners.submitted.submission import ModelBlock
from proofbox.sandbox.errors import ModelErrorKind
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.reading import FileSpec
from proofbox.sandbox.spec import Answer, ModelSpec

if TYPE_CHECKING:
    from proofbox.checks.result import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKit:
    """The model that a hand hosts."""

    spec: ModelSpec
    block: ModelBlock
    environment: Path | None = None
    """What it runs on; None: the hand's own Python."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsKit:
    """The file that a hand reads."""

    spec: FileSpec
    written: Mapping[str, str]
    """Name of each column -> as it is written in the file."""
    rows: int
    block_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """All that a hand needs to know."""

    executor: str
    """Name of the executor, as the command has it; each node chooses and proves its own."""
    limits: Limits
    model: ModelKit | None = None
    """None where the decisions are recorded."""
    rows: RowsKit | None = None
    """None where the rows are held by who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A question that the model, or the reader of the file, did not answer: it is asked again where all is in order."""

    kind: ModelErrorKind | str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the model did beside answering while it was asked; a start of it is no part of that."""

    denied: Mapping[str, int] = field(default_factory=dict)
    """System call -> how often it was made and denied."""
    printed_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the model answered for some rows."""

    answer: Answer
    beside: Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Blocks that were counted, in order."""

    parts: tuple[BlockCounts | NotCountable, ...]
    beside: Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A hand that is ready."""

    node: str
    """Name of the machine, and the process on it."""
    executor: str
    level: int
    """Of its walls, 0 to 3."""
    selfcheck: Mapping[str, Json]
    """What its battery found."""
    files_sent: bool = False
    """Whether the files were sent there; else they lay there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A hand that was given no model: its walls do not hold, or its software differs."""

    node: str
    why: str
    walls: bool = False
    """Whether it is for its walls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a hand did, and what was seen of the model in it."""

    rows: int
    """Rows that the model answered for, or that were counted."""
    stats: Mapping[str, Json] = field(default_factory=dict)
    """As :meth:`proofbox.sandbox.hosted.HostedModel.stats` says them; empty without a model."""
    at_start: Mapping[str, Json] = field(default_factory=dict)
    """The same when the model had just been loaded."""
