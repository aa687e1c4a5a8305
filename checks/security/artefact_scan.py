"""What every file of the submission could do to whoever opens it: data alone, code, or refused.

## Measures

- `refused_files`: [0, inf), lower is better, 0 is perfect. Files of tier C: something in them would run, be fetched
  or be read from elsewhere, and no rule of the policy allows it.
- `unreadable_files`: [0, inf), lower is better, 0 is perfect. Files that could not be followed to their end: damaged,
  larger or deeper than is read, or with a part that was not submitted. Nothing is known of them, so they are never
  clean.
- `unknown_files`: [0, inf), lower is better, 0 is perfect. Files of a kind that no reader here knows.
- `code_bearing_files`: [0, inf), lower is better, 0 is perfect. Files of tier B: code runs when they are loaded, and
  every name that they use stands in the rules.
- `dangerous_globals`: [0, inf), lower is better, 0 is perfect. Different imports that would let a file run what it
  likes, such as `os.system`, over all files.
- `unlisted_globals`: [0, inf), lower is better, 0 is perfect. Different imports that no rule allows, the dangerous
  ones among them.

## Method

Each file of the submission counts once: tier A (data alone), tier B (code that every rule allows), tier C (refused),
unreadable, or unknown; where several things are found the worst decides. The bytes are read by readers of our own,
bounded in bytes, entries, opcodes and depth and never in seconds, so that two runs agree; nothing is unpickled,
imported or executed.

- **Pickles** (plain, joblib's with zlib, gzip, bzip2, xz, lzma and lz4, torch's, arrays of objects in `.npy` and
  `.npz`, pickles inside pickles) are walked opcode by opcode with a symbolic stack. What they import is compared with
  exact (module, name) rules: a list made from the source of scikit-learn 1.3 to 1.9, numpy, scipy, XGBoost, LightGBM,
  CatBoost and torch's tensors, which a policy extends with `allow: ["module:name"]` or replaces with `allow_defaults:
  false`. Rules never come from the submission.
- **Archives** (zip, tar, gzip) are looked into by their own directories: two readings of one archive, paths that
  leave it, links, overlapping entries and bombs are refused.
- **skops**: every type that its schema names, against the same rules. **ONNX**: weights outside of the folder,
  operators that the runtime does not have, loops that never end. **MLflow**: `loader_module`, `code`, paths, packages
  fetched from addresses. **Keras**: layers that hold code, foreign classes. **HDF5**: external links, external
  storage, virtual sources. **safetensors, GGUF**: lengths, overlaps, templates. **XGBoost, LightGBM, CatBoost**:
  children and columns out of range.
- **Files that execute**: `.pth` lines, `sitecustomize`, YAML tags that make Python objects, `auto_map`, templates
  that reach out of their engine, XML entities, native code, scripts and notebooks.

A policy may `accept` a kind of finding by name (for example `native-code`): such files count as tier B. With
`second_opinions: true` the scanners that are installed (picklescan, modelaudit-picklescan: `pip install
proofbox[scanners]`) look at the files as well, behind the walls and without a network; what they say stands in the
detail of `refused_files` and changes no figure. A scanner that crashes, hangs or breaks off has *failed*, and has not
said that a file is clean.

## Limits

A clean file is no safe file: an allowed class can be misused, and readers of data-only formats have faults of their
own. A scan is evidence and never a reason to relax the walls. Source code, notebooks and native code are named and
not understood. HDF5 links are found by their form; of CatBoost only the frame is looked at. Text files longer than 20
MB and tables are taken for data.

## References

- Python documentation, `pickle`: "Only unpickle data you trust"; `pickletools`.
- MITRE CWE-502: Deserialization of Untrusted Data; CWE-409: Improper Handling of Highly Compressed Data.
- docs/artefact-scan.md: kinds of finding, and the corpus by which this scan is measured.
- docs/decisions/0004-artefact-scan.md: why bytes of a stranger are read on this side of the walls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, field_validator

from proofbox.checks.artefacts.findings import FileReport, Outcome, Rules, shown
from proofbox.checks.artefacts.globals import allowed_by_default, is_dangerous, parse_allowed
from proofbox.checks.artefacts.opinions import NoOpinions, Opinion, to_json
from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.artefacts.scanning import scan
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import t

TIERS: dict[Outcome, str] = {"data": "A", "code": "B", "refused": "C", "unreadable": "unreadable", "unknown": "unknown"}
_SHOWN = 50

Acceptable = Literal[
    "native-code",
    "runs-unasked",
    "loads-code",
    "fetches-code",
    "foreign-loader",
    "foreign-operator",
    "foreign-class",
    "code-in-layer",
    "macro",
    "hidden-bytes",
]
"""Kinds of finding that a policy may count as code; nobody may accept what hides, breaks or escapes."""


class Params(CheckParams):
    """Parameters of :func:`artefact_scan`."""

    allow: tuple[str, ...] = Field(default=(), max_length=1_000)
    """Imports that are allowed beyond the built-in list, as exact ``module:name``."""
    allow_defaults: bool = True
    """Whether the built-in list counts."""
    accept: tuple[Acceptable, ...] = ()
    """Kinds of finding whose files count as tier B and not as refused."""
    second_opinions: bool = False
    """Whether other scanners that are installed are asked as well, behind the walls; they change no figure."""
    scope: Literal["submission", "model"] = "submission"
    """Which files: every file of the submission, or those of the model alone."""

    @field_validator("allow")
    @classmethod
    def _exact(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        parse_allowed(pairs)
        return pairs


@check("security.artefact_scan")
def artefact_scan(
    subject: Subject, params: Params, opinions: tuple[Opinion, ...] | NoOpinions
) -> Measured | Inapplicable:
    """Measure what the submitted files could do to whoever opens them."""
    paths = tuple(file.path for file in subject.files if params.scope == "submission" or _of_model(file.path, subject))
    if not paths:
        return Inapplicable(t("the submission has no file to look into"))
    allowed = parse_allowed(params.allow) | (allowed_by_default() if params.allow_defaults else frozenset())
    reports = scan(subject, Rules(allowed=allowed, accepted=frozenset(params.accept)), paths)
    imports = dict.fromkeys(found for report in reports for found in report.imports)
    unlisted = [found for found in imports if found not in allowed]
    dangerous = [found for found in unlisted if is_dangerous(found)]
    return Measured(
        measurements=(
            _files(
                "refused_files",
                "refused",
                reports,
                {"files": _overview(reports), "tiers": _tiers(reports), "second_opinions": to_json(opinions)},
            ),
            _files("unreadable_files", "unreadable", reports),
            _files("unknown_files", "unknown", reports),
            _files("code_bearing_files", "code", reports),
            _names("dangerous_globals", dangerous, len(reports)),
            _names("unlisted_globals", unlisted, len(reports)),
        )
    )


def _of_model(path: str, subject: Subject) -> bool:
    model = subject.model_path
    return model is not None and (path == model or path.startswith(f"{model}/"))


def _files(
    measure: str, outcome: Outcome, reports: tuple[FileReport, ...], more: dict[str, Json] | None = None
) -> Measurement:
    """Return how many files came out as ``outcome``, and the first findings that made them so."""
    these = [report for report in reports if report.outcome == outcome]
    found: list[Json] = [
        dict(finding.to_json(report.path))
        for report in these
        for finding in report.findings
        if finding.outcome == outcome
    ]
    detail: dict[str, Json] = {
        "findings": found[:_SHOWN],
        "findings_left_out": max(0, len(found) - _SHOWN),
        **(more or {}),
    }
    if outcome == "code":
        detail["files"] = [{"path": shown(report.path), "kind": report.kind} for report in these[:_SHOWN]]
    return Measurement(measure=measure, value=float(len(these)), sample_size=len(reports), detail=detail)


def _overview(reports: Iterable[FileReport]) -> list[Json]:
    """Return the files that are not data alone, the worst first."""
    worst = ("refused", "unreadable", "unknown", "code")
    ordered = sorted((one for one in reports if one.outcome != "data"), key=lambda one: worst.index(one.outcome))
    return [{"path": shown(one.path), "kind": one.kind, "tier": TIERS[one.outcome]} for one in ordered[:_SHOWN]]


def _tiers(reports: tuple[FileReport, ...]) -> dict[str, Json]:
    return {tier: sum(report.outcome == outcome for report in reports) for outcome, tier in TIERS.items()}


def _names(measure: str, found: list[Global], files: int) -> Measurement:
    names: list[Json] = [shown(f"{one.module}.{one.name}") for one in found[:_SHOWN]]
    return Measurement(measure=measure, value=float(len(found)), sample_size=files, detail={"names": names})
