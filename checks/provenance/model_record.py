"""What the model is made of, file by file, and whether somebody vouches for it with a signature.

## Measures

- `model_files`: [0, inf), neither way is better, no value is perfect. Files that the model is made of; the detail has
  each name with its SHA-256, and one digest over all of them.
- `signatures_verified`: [0, 1], higher is better, 1 is perfect. 1 where a key or certificate that was given bears out
  a signature of exactly these files, else 0.
- `signature_faults`: [0, inf), lower is better, 0 is perfect. What is wrong with the signature: it cannot be read, was
  made with another key, or lists other names or digests than the model has; and 1 where a key was given and there is
  no signature.

## Method

One digest tells the model from any other: a file's own SHA-256, or for a folder the SHA-256 over the sorted list of
(path, SHA-256) of all its files in canonical JSON; docs/model-record.md has the commands that recompute it. A signature
in the form of OpenSSF model signing (a Sigstore bundle, `model.signature` in `submission.yaml`, or `model.sig` beside
the model) is read with a limit on size and depth. Its list of names and digests is compared with the files that came
in: each file of the model must be listed, and each listed file must be there with that digest. Who signed is verified
with the public keys and certificates that whoever runs the assessment gives (`--model-key`, `--model-certificate`),
never with one that comes with the submission. Files that the signature says to ignore are not ignored.

## Limits

A signature shows that the files are those that the holder of the key signed, not that they are good. Without a key it
is not verified, and no fault either. Revocation is not looked up, as nothing here uses a network; keyless signatures
(Sigstore identities) are therefore not verified. The signature's own root digest does not bind names and identifies
nothing here.

## References

- OpenSSF Model Signing 1.0; Sigstore bundle 0.3; in-toto Statement v1; DSSE 1.0.
- RFC 8785, canonical JSON.
"""

from __future__ import annotations

from collections.abc import Iterator

from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.signatures.identity import Identity, model_identity
from proofbox.checks.signatures.signed import Signature, read_signature
from proofbox.checks.signatures.signers import fingerprint, why_not_by
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

MOST_LISTED = 50
DEFAULT_NAME = "model.sig"


@check("provenance.model_record")
def model_record(subject: Subject) -> Measured | Inapplicable:
    """Measure what the model is made of, and what its signature is worth."""
    identity = model_identity(subject)
    if not identity.files:
        return Inapplicable(t("the submission has no model, only recorded decisions"))
    path = _signature_path(subject, identity)
    signature = None if path is None else read_signature(subject, path)
    faults = [signature] if isinstance(signature, Text) else [*_differences(subject, identity, signature)]
    by = ""
    if isinstance(signature, Signature):
        refused = [why_not_by(signer, signature) for signer in subject.signers]
        by = next((fingerprint(one) for one, why in zip(subject.signers, refused, strict=True) if why is None), "")
        faults += [] if by else [why for why in refused if why is not None]
    elif signature is None and subject.signers:
        faults = [t("a key or certificate was given, and the model carries no signature")]
    verified = bool(by) and not faults
    detail: dict[str, Json] = {
        "signature": path,
        "signed_by": by or None,
        "keys_given": len(subject.signers),
        "faults": [{"template": one.template, "values": dict(one.values)} for one in faults[:MOST_LISTED]],
    }
    size = len(identity.files)
    return Measured(
        measurements=(
            Measurement(measure="model_files", value=float(size), sample_size=size, detail=_listed(identity)),
            Measurement(measure="signatures_verified", value=float(verified), sample_size=size, detail=detail),
            Measurement(measure="signature_faults", value=float(len(faults)), sample_size=size, detail=detail),
        )
    )


def _listed(identity: Identity) -> dict[str, Json]:
    return {
        "path": identity.path,
        "digest": identity.digest,
        "digest_of": "folder" if identity.folder else "file",
        "files": [{"path": file.path, "sha256": file.sha256} for file in identity.files[:MOST_LISTED]],
        "files_left_out": max(len(identity.files) - MOST_LISTED, 0),
    }


def _signature_path(subject: Subject, identity: Identity) -> str | None:
    """Return the signature's path: the declared one, or that of the usual name beside the model's files."""
    usual = f"{identity.base}/{DEFAULT_NAME}".removeprefix("/")
    return subject.signature or (usual if any(file.path == usual for file in subject.files) else None)


def _differences(subject: Subject, identity: Identity, signature: Signature | None) -> Iterator[Text]:
    """Yield what differs between the files that were signed and those that came in."""
    if signature is None:
        return
    there = {file.path: file.sha256 for file in subject.files}
    signed = {_placed(identity, name): digest for name, digest in signature.files.items()}
    for path, digest in signed.items():
        if path not in there:
            yield t("the file {path} was signed and is not there", path=path[:300])
        elif there[path] != digest:
            yield t("the file {path} is not the one that was signed", path=path)
    for file in identity.files:
        if file.path not in signed and file.path != signature.path:
            yield t("the file {path} of the model is not signed", path=file.path)


def _placed(identity: Identity, name: str) -> str:
    """Return where in the submission a signed name lies: names are relative to the folder, or ``.`` for one file."""
    return identity.path if name == "." and not identity.folder else f"{identity.base}/{name}".removeprefix("/")
