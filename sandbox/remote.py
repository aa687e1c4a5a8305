"""A model at an address that whoever runs Proofbox allowed by name. **Nothing isolates it**, and the record says so.

What leaves are the declared features; what comes back is bounded in time and size and checked like any answer. Only
that scheme, host and port is ever spoken to: redirects are errors, and no proxy of the environment is used.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from proofbox.sandbox import answers, wire
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.spec import Answer, Counters, ModelSpec
from proofbox.sandbox.surroundings import USUAL, Surroundings
from proofbox.sandbox.webcontract import Contract, ContractError, answers_of, request_body

if TYPE_CHECKING:
    from types import TracebackType

    import pyarrow as pa

BYTES_A_NUMBER = 64
"""Of JSON text, for each number or label of an answer; generous."""
SPARE_BYTES = 64 * 1024
UNSEEN = "it runs elsewhere, where nobody watches it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Scheme, host and port; nothing else is ever connected to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def address_of(url: str) -> Address | None:
    """Return where a URL leads; None where it is no plain http or https URL without user, path, query or fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.path in ("", "/")
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain or port is None:
        return None
    return Address(scheme=parts.scheme, host=parts.hostname.lower(), port=port)


class RemoteModel:
    """Has of :class:`proofbox.sandbox.hosted.HostedModel` what a deciding model uses of it."""

    own_hostname = False

    def __init__(self, address: Address, contract: Contract, spec: ModelSpec, limits: Limits) -> None:
        self._address, self._contract, self._spec, self._limits = address, contract, spec, limits
        self._counters = Counters()
        two = ("0", "1") if spec.task == "binary-classification" else ()
        told = tuple(label_text(one) for one in contract.classes) if contract.classes else two
        self.classes: tuple[str, ...] = () if spec.task == "regression" else answers.checked_classes(told, spec.task)

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that it is sent, in order."""
        return self._spec.features

    @property
    def stopped(self) -> bool:
        """Never: whether it still runs is not known here."""
        return False

    @property
    def waited_seconds(self) -> float:
        """Seconds waited for answers so far."""
        return self._counters.seconds_predict

    def memory(self) -> tuple[int, int]:
        """Say that nobody sees its memory.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError("refused", f"its memory cannot be seen: {UNSEEN}")

    def restart(self, surroundings: Surroundings = USUAL) -> None:
        """Say that this cannot be done.

        Raises
        ------
        ModelError
            Always: nobody here can start it again.
        """
        raise ModelError("refused", f"it cannot be started again: {UNSEEN}")

    revive = restart

    def predict(self, table: pa.Table, call_seconds: float | None = None) -> Answer:
        """Return its answers for the rows of ``table``.

        Raises
        ------
        ModelError
            It did not answer in time, too much, with another status than 200, or with what is no answer.
        """
        import numpy as np

        seconds = min(call_seconds or self._limits.call_seconds, self._limits.call_seconds)
        self._counters.calls += 1
        started = time.monotonic()
        parts = []
        try:
            for start in range(0, table.num_rows, self._contract.batch_rows):
                part = table.slice(start, self._contract.batch_rows)
                parts.append(self._answered(part, min(time.monotonic() + seconds, self._ends(started))))
        except ModelError as error:
            error.lives_on = True  # whatever has become of it: nobody here can start it again
            self._counters.violated(error)
            raise
        finally:
            self._counters.seconds_predict += time.monotonic() - started
        self._counters.rows += table.num_rows
        if not parts:
            return Answer(values=answers.empty(self._spec.output, self._spec.task, self.classes), classes=self.classes)
        return Answer(values=np.concatenate(parts), classes=self.classes)

    def stats(self) -> Mapping[str, Any]:
        """Return what it did as far as that can be seen from here."""
        hidden = {"denied_calls": {}, "denied_calls_at_start": {}, "denied_calls_at_least": False}
        return {**self._counters.to_json(), **hidden, "denied_calls_uncounted": UNSEEN, "libraries": []}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def _ends(self, started: float) -> float:
        left = self._limits.wall_seconds - self._counters.seconds_predict
        return started + left

    def _answered(self, part: pa.Table, deadline: float) -> Any:  # noqa: ANN401 an array
        columns = [column.to_pylist() for column in part.columns]
        try:
            body = request_body(part.column_names, list(zip(*columns, strict=True)))
        except ContractError as error:
            raise ModelError("raised", str(error)) from error
        width = max(1, len(self.classes))
        most = SPARE_BYTES + part.num_rows * width * BYTES_A_NUMBER
        try:
            found = answers_of(
                self._posted(body, most, deadline),
                part.num_rows,
                self._spec.output,
                regression=self._spec.task == "regression",
            )
        except ContractError as error:
            raise ModelError("garbage", str(error)) from error
        return self._checked(found)

    def _checked(self, found: list[Any]) -> Any:  # noqa: ANN401 an array
        import numpy as np

        regression = self._spec.task == "regression"
        shape = answers.expected_shape(self._spec.output, self._spec.task, self.classes, len(found))
        if self._spec.output == "label" and not regression:
            names = [label_text(one) for one in found]
            if strange := next((name for name in names if name not in self.classes), None):
                raise ModelError(
                    "garbage", f"the endpoint answered {answers.printable(strange, 40)!r}, which is no class"
                )
            return np.array([self.classes.index(name) for name in names], dtype=np.int64)
        try:
            values = np.asarray(found, dtype=np.float64).reshape(len(found), -1)
        except (TypeError, ValueError, OverflowError) as error:
            raise ModelError("garbage", "the endpoint answered what are no numbers") from error
        if self._spec.output == "probability" and not regression and len(self.classes) == 2 and values.shape[1] == 1:
            values = np.column_stack([1.0 - values[:, 0], values[:, 0]])
        if values.shape[1] not in shape.columns:
            raise ModelError("garbage", f"the endpoint answered {values.shape[1]} numbers a row")
        reply = wire.Reply(kind=wire.ANSWER, columns=values.shape[1], body=bytearray(values.astype("<f8").tobytes()))
        return answers.checked_values(reply, shape, "value" if regression else self._spec.output, len(self.classes))

    def _posted(self, body: bytes, most: int, deadline: float) -> bytes:
        kind = http.client.HTTPSConnection if self._address.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._address.host, self._address.port, timeout=_left(deadline))
        watch = None
        try:
            connection.connect()
            # A drip of single bytes, each in time, must not outlast the deadline: the line is cut then.
            watch = threading.Timer(_left(deadline), _cut, (connection.sock,))
            watch.daemon = True
            watch.start()
            headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
            connection.request("POST", self._contract.path, body=body, headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                raise ModelError("raised", f"the endpoint answered with the status {response.status}")
            found = response.read(most + 1)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
                raise ModelError("hang", "the endpoint did not answer within its deadline") from error
            raise ModelError("crash", f"the endpoint cannot be asked: {type(error).__name__}") from error
        finally:
            if watch is not None:
                watch.cancel()
            connection.close()
        if len(found) > most:
            raise ModelError("garbage", f"the endpoint answered more than the {most} bytes that an answer can take")
        _left(deadline)
        return found


def label_text(value: object) -> str:
    """Return a label of JSON as text, by the rule of ``proofbox.checks.labels.label_text``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFC", str(value)).strip()


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise ModelError("hang", "the endpoint did not answer within its deadline")
    return left
