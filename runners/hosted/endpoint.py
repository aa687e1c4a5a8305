"""A model at an address: asked only where whoever runs Proofbox allowed it by name, and never called isolated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.hosted.deciding import DecidingModel
from proofbox.runners.hosted.fitting import REFUSED, check_fit
from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.remote import RemoteModel, address_of
from proofbox.sandbox.spec import ModelSpec
from proofbox.sandbox.webcontract import Contract, ContractError, read_contract

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.runners.hosted.hosting import Hosting
    from proofbox.runners.submitted.resolve import Resolved
    from proofbox.sandbox.limits import Limits


def contract_of(resolved: Resolved) -> Contract | None:
    """Return the contract of a model that is an endpoint; None for every other model.

    Raises
    ------
    BadSubmissionError
        ``http.json`` is not as docs/formats.md has it.
    """
    subject = resolved.subject
    if subject.model_format != "http" or subject.model_path is None:
        return None
    try:
        return read_contract(subject.root / subject.model_path)
    except ContractError as err:
        raise _bad(resolved, str(err), "an http.json as docs/formats.md shows it") from err


@contextmanager
def open_endpoint(resolved: Resolved, contract: Contract, limits: Limits, hosting: Hosting) -> Iterator[DecidingModel]:
    """Ask a model at its address; what is known of it is noted in ``hosting``.

    Raises
    ------
    IsolationError
        Nobody allowed the address, so it was not asked.
    BadSubmissionError
        The contract names no address, or the endpoint refuses the rows that came with it.
    ModelError
        It cannot be reached.
    """
    block = resolved.submission.model
    assert block is not None
    address = address_of(contract.server or "")
    if address is None:
        raise _bad(
            resolved,
            "neither an application nor a plain address",
            "x-proofbox.app, or servers: [{url: http://HOST:PORT}]",
        )
    if address not in [address_of(url) for url in hosting.allowed_urls]:
        raise IsolationError(
            f"the model is an endpoint at {address}, which nothing isolates, so it was not asked",
            advice=(
                f"allow it by name: --allow-url {address}",
                "or submit the application itself (x-proofbox.app in http.json), which runs behind the walls",
            ),
        )
    hosting.executor = f"none: an endpoint at {address}"
    selfcheck: dict[str, Json] = {"isolated": False, "level": 0, "rows": [], "endpoint": str(address)}
    hosting.selfcheck, hosting.limits = selfcheck, limits
    spec = ModelSpec(path=resolved.subject.root, format="http", features=block.features, output=block.output,
                     task=block.task)  # fmt: skip
    try:
        with RemoteModel(address, contract, spec, limits) as remote:
            try:
                check_fit(remote, resolved)
                yield DecidingModel(remote, block)
            finally:
                hosting.stats = cast("dict[str, Json]", dict(remote.stats()))
    except ModelError as err:
        if err.kind not in REFUSED:
            raise
        raise _bad(resolved, f"an endpoint where {err.what}", "answers as docs/formats.md has them") from err


def _bad(resolved: Resolved, got: str, expected: str) -> BadSubmissionError:
    hint = "docs/formats.md shows http.json, a request and an answer"
    return BadSubmissionError((resolved.document.problem(("model", "path"), got=got, expected=expected, hint=hint),))
