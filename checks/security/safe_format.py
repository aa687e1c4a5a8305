"""What the model file could do to whoever loads it.

## Measures

- `code_bearing`: [0, 1], lower is better, 0 is perfect. 1 if any file of the model is of a kind that can run code when
  it is loaded (pickle, joblib, source, or unknown), 0 if all are data (ONNX, skops, XGBoost, LightGBM, CatBoost,
  arrays, text).
- `unlisted_globals`: [0, inf), lower is better, 0 is perfect. Imports that stand in no list of what a model needs, and
  files that could not be followed to their end.
- `dangerous_globals`: [0, inf), lower is better, 0 is perfect. Imports that would let the file run what it likes, such
  as `os.system` or `builtins.eval`.

## Method

The bytes are read by readers of our own, bounded in size, opcodes and depth; nothing is unpickled and no library parser
is called. Pickles (joblib's, compressed or not, torch's, and those in archives, as well) are walked opcode by opcode
with a symbolic stack; what they import is compared with a list of exact (module, name) pairs for scikit-learn 1.3 to
1.9, XGBoost, LightGBM, CatBoost, numpy, scipy and plain types, which `allow: ["module:name"]` extends. Of a skops file
the types in its schema are compared with the same list. A file that breaks off, is computed while loading, or is of a
kind that is not looked into counts as one unlisted import: what cannot be followed is never clean.
`security.artefact_scan` looks into every file of the submission in the same way, and for more than imports.

## Limits

A clean file is no safe file: a listed class can be misused, and readers of data-only formats have faults of their own.
That is why every model runs behind walls. A list of dangerous names can never be whole, so an unlisted import is the
figure to judge by.

## References

- Python documentation, `pickle`: "Only unpickle data you trust"; `pickletools`.
- MITRE CWE-502: Deserialization of Untrusted Data.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, field_validator

from proofbox.checks.artefacts.globals import allowed_by_default, is_dangerous, parse_allowed
from proofbox.checks.artefacts.modelfiles import ScannedFile, scan_model
from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import t

_SHOWN = 50


class Params(CheckParams):
    """Parameters of :func:`safe_format`."""

    allow: tuple[str, ...] = Field(default=(), max_length=1_000)
    """Imports that are allowed beyond the built-in list, as exact ``module:name``."""
    allow_defaults: bool = True
    """Whether the built-in list counts."""

    @field_validator("allow")
    @classmethod
    def _exact(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        parse_allowed(pairs)
        return pairs


@check("security.safe_format")
def safe_format(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure what the model file could do to whoever loads it."""
    if subject.model_path is None:
        return Inapplicable(t("the submission has no model, only recorded decisions"))
    allowed = parse_allowed(params.allow) | (allowed_by_default() if params.allow_defaults else frozenset())
    scanned = scan_model(subject, allowed)
    if not scanned:
        return Inapplicable(t("the submission does not hold the model file {path}", path=subject.model_path))
    imports = list(dict.fromkeys(found for file in scanned for found in file.imports))
    dangerous = [found for found in imports if found not in allowed and is_dangerous(found)]
    unlisted = [found for found in imports if found not in allowed]
    problems: list[Json] = [{"path": file.path, "problem": file.problem} for file in scanned if file.problem]
    return Measured(
        measurements=(
            _figure("code_bearing", float(any(file.carries_code for file in scanned)), scanned, {
                "format": subject.model_format,
                "files": [{"path": file.path, "kind": file.kind} for file in scanned[:_SHOWN]],
            }),
            _figure("unlisted_globals", float(len(unlisted) + len(problems)), scanned, {
                "imports": len(imports),
                "unlisted": list(_shown(unlisted)),
                "not_followed": problems[:_SHOWN],
            }),
            _figure("dangerous_globals", float(len(dangerous)), scanned, {"dangerous": list(_shown(dangerous))}),
        )
    )  # fmt: skip


def _figure(measure: str, value: float, scanned: tuple[ScannedFile, ...], detail: dict[str, Json]) -> Measurement:
    return Measurement(measure=measure, value=value, sample_size=len(scanned), detail=detail)


def _shown(found: list[Global]) -> Iterator[Json]:
    # Foreign names may be of any length and hold anything.
    for one in found[:_SHOWN]:
        yield f"{one.module}.{one.name}"[:200].encode("unicode_escape").decode()
