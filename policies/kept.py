"""Policies as a bundle keeps them: the exact files that an assessment was judged by, whatever is shipped today."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from proofbox.checks.outline import Outlines
from proofbox.policies.errors import BadDocumentError, BadRecordError, UnknownPolicyError
from proofbox.policies.loader import LoadedPolicy, load_file
from proofbox.policies.record import PolicyRecord
from proofbox.policies.yamlfile import MAX_BYTES, read_yaml


def load_kept(folder: Path, records: Sequence[PolicyRecord]) -> tuple[LoadedPolicy, ...]:
    """Return the policies of an assessment, from the files that its bundle keeps of them.

    Parameters
    ----------
    folder
        ``policy/`` of a bundle that was found whole.
    records
        The policies as the assessment names them; each must come out with the digest that is recorded.

    Raises
    ------
    BadPolicyError
        This version of Proofbox cannot read one of the files.
    BadRecordError
        A policy is not among the files, or comes out with another digest.
    """
    by_id = {_id_of(path): path for path in sorted(folder.glob("*.yaml"))}
    return tuple(_loaded(by_id.get(record.id), record) for record in records)


def _loaded(path: Path | None, record: PolicyRecord) -> LoadedPolicy:
    if path is None:
        raise BadRecordError(f"policy {record.id}: got no file of it in the bundle, expected one under policy/")
    loaded = load_file(path, Outlines(), partial(_among, path.parent))
    if loaded.digest != record.digest:
        raise BadRecordError(
            f"policy {record.id} {record.version}: got {loaded.digest} from the files in the bundle, expected the"
            f" digest {record.digest} that is recorded; use the version of Proofbox that made the bundle"
        )
    return loaded


def _among(kept: Path, name: str, folder: Path) -> Path:
    """Return the file of the policy that another one calls ``name``, by its file name alone."""
    path = kept / f"{Path(name).name.removesuffix('.yaml').removesuffix('.yml')}.yaml"
    if not path.is_file():
        raise UnknownPolicyError(f"no file {path.name} beside the policy that extends '{name}'")
    return path


def _id_of(path: Path) -> str:
    """Return the id that a file of a policy gives itself; empty where it is none that can be read."""
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    try:
        data = read_yaml(raw, path.name).data
    except BadDocumentError:
        return ""
    return str(data.get("id", "")) if isinstance(data, dict) else ""
