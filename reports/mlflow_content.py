"""What an MLflow run says of an assessment: names, tags, figures and tables, made without mlflow."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from proofbox.checks.result import Json
from proofbox.policies.record import Assessment, Finding, MeasurementRecord
from proofbox.reports import vocabulary
from proofbox.reports.attempts import attempt_tags
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import markdown, visible
from proofbox.reports.walls import isolated

BUNDLE_TAG = "proofbox.bundle"
SIGNATURE_TAG = "proofbox.signature"
_MOST_HEADLINES = 40
_NAME_LENGTH = 200
_TAG_LENGTH = 4000
_SIGNATURES = {"unsigned": "Unsigned.", "signed": "Signed: `proofbox verify` says by whom."}
_ISOLATION = {True: "isolated", False: "not isolated", None: "model not loaded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRun:
    """One child run."""

    name: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetNote:
    """One data file of the subject."""

    name: str
    role: str
    path: str
    sha256: str
    uri: str = ""
    """Address that it was fetched from; empty for a file of the submission."""

    @property
    def short_digest(self) -> str:
        """What MLflow keeps of a digest, 36 characters; it stands whole in the source and in a tag."""
        return self.sha256[:36]

    @property
    def source(self) -> str:
        """Where it came from, as JSON."""
        return json.dumps({"path": self.path, "sha256": self.sha256} | ({"uri": self.uri} if self.uri else {}))

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the input."""
        return {"mlflow.data.context": self.role, "proofbox.sha256": self.sha256}


def experiment_name(assessment: Assessment) -> str:
    """Return the name of the product's experiment."""
    return _short(f"proofbox/{assessment.subject.product.get('name') or 'unnamed product'}")


def run_name(assessment: Assessment) -> str:
    """Return ``<conclusion>: <product> <version>``; a list of runs cuts names at the end, so the answer comes first."""
    product = assessment.subject.product
    named = " ".join(str(product[key]) for key in ("name", "version") if product.get(key)) or "unnamed product"
    return _short(f"{assessment.conclusion}: {named}")


def tags(assessment: Assessment, digest: str, signature: str) -> dict[str, str]:
    """Return the few tags of the parent run; a digest that there is none of is left out.

    Parameters
    ----------
    digest
        The bundle's.
    signature
        ``signed`` or ``unsigned``: whether there is one, not what it proves (``proofbox verify`` says that).
    """
    policies = ", ".join(f"{policy.id} {policy.version}" for policy in assessment.policies)
    digests = ", ".join(policy.digest for policy in assessment.policies)
    model = model_digest(assessment)
    return {
        "proofbox.conclusion": assessment.conclusion,
        "proofbox.risk_tier": _short(str(assessment.subject.product.get("risk_tier") or "not declared")),
        "proofbox.policy": _short(policies, _TAG_LENGTH),
        "proofbox.policy.sha256": _short(digests, _TAG_LENGTH),
        "proofbox.subject": assessment.subject.digest,
        **({"proofbox.model": model} if model else {}),
        BUNDLE_TAG: digest,
        SIGNATURE_TAG: signature,
        "proofbox.isolation": _ISOLATION[isolated(assessment.run.selfcheck)],
        **attempt_tags(assessment.run),
        "mlflow.note.content": note(assessment, signature),
    }


def model_digest(assessment: Assessment) -> str:
    """Return the sha256 that identifies the model's files; empty where decisions were audited without a model."""
    return str((assessment.subject.model or {}).get("sha256") or "")


def model_name(assessment: Assessment) -> str:
    """Return the product's name in the characters that MLflow's registry takes: neither a slash, a colon nor a dot."""
    name = str(assessment.subject.product.get("name") or "unnamed product")
    return re.sub(r"[/:.%\\\"'`]+", "_", _short(name)).strip() or "unnamed product"


def note(assessment: Assessment, signature: str = "unsigned") -> str:
    """Return the run's description in Markdown, the conclusion first; every outside name is escaped."""
    say = Translator("en")
    conclusion = vocabulary.word(say, vocabulary.CONCLUSIONS, assessment.conclusion)
    policies = ", ".join(markdown(f"{policy.id} {policy.version}") for policy in assessment.policies)
    lines = [f"**{conclusion}**: {markdown(run_name(assessment).partition(': ')[2])}, judged against {policies}", ""]
    unmet = [
        one for one in assessment.findings if one.level == "must" and one.verdict not in {"pass", "not-applicable"}
    ]
    # What failed first: MLflow shows the first few lines of a note and folds the rest away.
    lines += [
        f"- {vocabulary.word(say, vocabulary.VERDICTS, item.verdict)}: {markdown(item.requirement)}: "
        f"{markdown(say.sentence(item.reason))}"
        for item in sorted(unmet, key=lambda one: one.verdict != "fail")
    ]
    lines += [
        "",
        "Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision. "
        f"{_SIGNATURES[signature]} "
        "The record is `assessment.json` among the artifacts; open `report.html` (English) or `report.vi.html` "
        "(Vietnamese) to read it.",
    ]
    return _short("\n".join(lines), _TAG_LENGTH)


def headline(assessment: Assessment) -> dict[str, float]:
    """Return fewer than fifty figures with stable names: verdict counts, and what decided each requirement."""
    verdicts: Counter[str] = Counter(finding.verdict for finding in assessment.findings)
    figures = {f"verdicts/{verdict}": float(verdicts[verdict]) for verdict in vocabulary.VERDICTS}
    known = {item.id: item for item in assessment.measurements}
    ordered = sorted(assessment.findings, key=lambda finding: finding.level)
    for finding in ordered:
        if finding.measurements and finding.measurements[0] in known and len(figures) < _MOST_HEADLINES:
            item = known[finding.measurements[0]]
            figures.setdefault(metric_name(item), item.value)
    return figures


def metric_name(item: MeasurementRecord) -> str:
    """Return ``measure`` or ``measure/attribute``, in the characters that MLflow takes."""
    attribute = item.params.get("attribute") or list(item.group)
    attributes = attribute if isinstance(attribute, list) else [attribute]
    name = "/".join([item.measure, *(str(part) for part in attributes)])
    return re.sub(r"[^A-Za-z0-9_./ -]+", "_", name)[:_NAME_LENGTH].strip(" /.")


def params(assessment: Assessment) -> dict[str, str]:
    """Return how it was run."""
    run = assessment.run
    return {"seed": str(run.seed), "executor": run.executor, "runner": run.runner, "proofbox_version": run.version}


def controls(assessment: Assessment) -> Iterable[ControlRun]:
    """Yield one child run for each control that has findings."""
    by_control: dict[tuple[str, str], list[Finding]] = {}
    for finding in assessment.findings:
        by_control.setdefault((finding.policy, finding.control), []).append(finding)
    titles = {(policy.id, item.id): item.title for policy in assessment.policies for item in policy.controls}
    say = Translator("en")
    for key, findings in by_control.items():
        title = say.words(titles.get(key, {}))
        lines = [
            f"- **{vocabulary.word(say, vocabulary.VERDICTS, item.verdict)}** {markdown(item.requirement)} "
            f"({item.level}): {markdown(say.sentence(item.reason))}"
            for item in findings
        ]
        yield ControlRun(
            name=_short(f"{key[1]} {title}".strip()),
            tags={
                "proofbox.control": _short(key[1], _TAG_LENGTH),
                "proofbox.policy": _short(key[0], _TAG_LENGTH),
                "proofbox.verdicts": ", ".join(_counted(findings)),
                "mlflow.note.content": _short("\n".join(lines), _TAG_LENGTH),
            },
        )


def datasets(assessment: Assessment) -> Iterable[DatasetNote]:
    """Yield the data files that the subject names by role."""
    for role, block in assessment.subject.data.items():
        if isinstance(block, Mapping) and isinstance(block.get("sha256"), str):
            path = str(block.get("path") or role)
            yield DatasetNote(
                name=_short(path),
                role=_short(role),
                path=path,
                sha256=str(block["sha256"]),
                uri=str(block.get("uri") or ""),
            )


def measurement_table(assessment: Assessment) -> dict[str, Json]:
    """Return all measurements in the split form of an MLflow table."""
    columns: list[Json] = ["id", "check", "measure", "params", "group", "value", "low", "high", "confidence", "method"]
    data: list[Json] = [
        [
            item.id, item.check, item.measure, _pairs(item.params), _pairs(item.group), item.value,
            *((item.interval.low, item.interval.high, item.interval.confidence, item.interval.method)
              if item.interval else (None, None, None, None)),
            item.sample_size,
        ]
        for item in assessment.measurements
    ]  # fmt: skip
    return {"columns": [*columns, "sample_size"], "data": data}


def finding_table(assessment: Assessment) -> dict[str, Json]:
    """Return all findings in the split form of an MLflow table, so that many runs can be compared by requirement."""
    data: list[Json] = [
        [item.policy, item.control, item.requirement, item.level, item.verdict, visible(str(item.reason)), item.check]
        for item in assessment.findings
    ]
    return {"columns": ["policy", "control", "requirement", "level", "verdict", "reason", "check"], "data": data}


def moments(assessment: Assessment) -> tuple[int, int]:
    """Return start and end of the run in milliseconds since 1970."""
    started, finished = (
        int(datetime.fromisoformat(moment).timestamp() * 1000)
        for moment in (assessment.run.started_at, assessment.run.finished_at)
    )
    return started, finished


def _counted(findings: Iterable[Finding]) -> list[str]:
    verdicts: Counter[str] = Counter(item.verdict for item in findings)
    return [f"{verdict} {verdicts[verdict]}" for verdict in vocabulary.VERDICTS if verdicts[verdict]]


def _pairs(values: Mapping[str, Json] | Mapping[str, str]) -> str:
    return visible(
        "; ".join(
            f"{key}={', '.join(map(str, value)) if isinstance(value, list) else value}" for key, value in values.items()
        )
    )


def _short(text: str, length: int = _NAME_LENGTH) -> str:
    safe = "\n".join(visible(line) for line in text.split("\n"))
    return safe if len(safe) <= length else safe[: length - 1] + "…"
