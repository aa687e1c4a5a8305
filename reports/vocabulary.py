"""The words of the record as a reader sees them: one table for each closed list, in English, translated when shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from proofbox.policies.record import CriterionRecord
    from proofbox.reports.i18n import Translator

# Vietnamese verdict words: Circular 05/2026/TT-BKHCN, Annex II (Đạt, Chưa đạt, Chưa áp dụng); the others are ours.
VERDICTS: Mapping[str, Text] = {
    "fail": t("Fail"),
    "error": t("Error"),
    "inconclusive": t("Inconclusive"),
    "not-run": t("Not run"),
    "pass": t("Pass"),
    "not-applicable": t("Not applicable"),
}
"""Verdict -> word, what needs attention first."""

SYMBOLS: Mapping[str, str] = {
    "fail": "✕",
    "error": "!",
    "inconclusive": "?",
    "not-run": "○",
    "pass": "✓",
    "not-applicable": "–",
}
"""Verdict -> sign, so that none is told by its colour alone."""

VERDICT_MEANINGS: Mapping[str, Text] = {
    "pass": t("Measured, and the criterion is met. Only this verdict satisfies a requirement at level must."),
    "fail": t("Measured, and the criterion is not met."),
    "inconclusive": t("Measured, but the data are too few to say on which side of the threshold the truth lies."),
    "not-applicable": t("The requirement does not concern this product or these data."),
    "error": t("The measurement ended in an error, for example because the model crashed. It is never counted as met."),
    "not-run": t("The measurement was not made. It is never counted as met."),
}

CONCLUSIONS: Mapping[str, Text] = {
    "conforms": t("Conforms"),
    "does-not-conform": t("Does not conform"),
    "undetermined": t("Undetermined"),
}

CONCLUSION_SENTENCES: Mapping[str, Text] = {
    "conforms": t("Every must requirement that applies was measured and met."),
    "does-not-conform": t("At least one must requirement was measured and is not met."),
    "undetermined": t("No must requirement failed, but at least one could not be concluded."),
}

LEVELS: Mapping[str, Text] = {"must": t("must"), "should": t("should")}

ORIGINS: Mapping[str, Text] = {
    "law": t("set by law"),
    "practice": t("established practice, not law"),
    "default": t("default of this policy, not law"),
    "provider": t("declared by the provider before the run"),
}

SECTORS: Mapping[str, Text] = {
    "credit": t("credit"),
    "health": t("health"),
    "education": t("education"),
    "employment": t("employment"),
    "public-service": t("public service"),
    "justice": t("justice"),
    "other": t("other"),
}

ROLES: Mapping[str, Text] = {"evaluation": t("evaluation"), "training": t("training"), "reference": t("reference")}
"""What a data file is for; checks name it as ``{role}``, and it is translated there (``i18n.OUR_WORDS``)."""

TASKS: Mapping[str, Text] = {
    "binary-classification": t("binary classification"),
    "multiclass-classification": t("multiclass classification"),
    "regression": t("regression"),
    "text-classification": t("text classification"),
    "text-generation": t("text generation"),
}
"""Why a requirement does not apply names the product's task as ``{task}``; it is translated there."""

TIERS: Mapping[str, Text] = {"low": t("low"), "medium": t("medium"), "high": t("high")}

FIELDS: Mapping[str, Text] = {
    "path": t("path"),
    "format": t("format"),
    "task": t("task"),
    "features": t("inputs"),
    "output": t("output"),
    "positive_label": t("counted label"),
    "favourable_label": t("favourable label"),
    "threshold": t("decision threshold"),
    "rows": t("rows"),
    "columns": t("columns"),
    "target": t("true label"),
    "prediction": t("recorded predictions"),
    "sensitive": t("sensitive columns"),
    "evaluation": t("evaluation data"),
    "training": t("training data"),
    "read_as": t("read as"),
    "performance": t("performance"),
    "thresholds": t("thresholds"),
    "monotone": t("monotone inputs"),
    "irrelevant": t("inputs that must not matter"),
    "units": t("inputs whose unit stands in another column"),
    "feature": t("input"),
    "direction": t("direction"),
    "unit": t("column of units"),
    "factors": t("how many of each unit make the same"),
    "quasi_identifiers": t("quasi-identifiers"),
    "proxies": t("columns that stand in for a sensitive one"),
    "level": t("isolation level"),
    "isolated": t("isolated"),
    "executor": t("executor"),
    "backend": t("program that isolates"),
    "runs_as": t("started as"),
    "version": t("version"),
    "filter_sha256": t("digest of the filter"),
    "denied_calls": t("denied system calls"),
    "denied_calls_at_start": t("denied system calls while it was loaded"),
    "delimiter": t("separator"),
    "decimal": t("decimal sign"),
    "encoding": t("character encoding"),
    "merged_categories": t("categories merged"),
    "wall_seconds": t("time in all (seconds)"),
    "call_seconds": t("time of one batch (seconds)"),
    "start_seconds": t("time to start (seconds)"),
    "cpu_seconds": t("processor time (seconds)"),
    "address_space_bytes": t("address space (bytes)"),
    "resident_bytes": t("memory (bytes)"),
    "processes": t("processes and threads"),
    "open_files": t("open files"),
    "output_bytes": t("output on the terminal (bytes)"),
    "threads": t("threads for one call"),
    "scratch_bytes": t("folder to write to (bytes)"),
    "needs": t("what the model needs"),
    "trial": t("controlled trial"),
    "as_of": t("judged for the day"),
    "denied_calls_at_least": t("more calls than were counted"),
    "libraries": t("libraries"),
    "peak_resident_bytes": t("most memory used (bytes)"),
    "restarts": t("fresh starts"),
    "revivals": t("fresh processes after a failure"),
    "seconds_predict": t("time to answer (seconds)"),
    "seconds_start": t("time to load (seconds)"),
    "stdout_bytes": t("printed (bytes)"),
    "violations": t("what the model did wrong"),
    "queries": t("questions to the model, by check"),
    "calls": t("calls"),
    "planned": t("planned rows"),
    "seconds": t("time (seconds)"),
    "dynamic_checks": t("checks that ask the model"),
    "static_checks": t("checks without the model"),
    "intake": t("taking in"),
    "personal_data": t("columns of personal data"),
    "uri": t("fetched from"),
    "fetched": t("data that were fetched"),
    "etag": t("tag in the store (ETag)"),
    "modified": t("changed in the store"),
    "workers": t("workers that shared the work"),
    "hands": t("workers"),
    "node": t("machine"),
    "files_sent": t("files were sent there"),
    "was_lost": t("lost on the way"),
    "refused": t("refused, and why"),
    "lost": t("lost, and how"),
    "asked_again_in_order": t("questions asked again in order"),
}
"""Key of the record -> what it is called on the page; others are shown as they are."""

NOT_ISOLATED = t(
    "The model was not isolated. Evidence made like this is for finding mistakes only; nothing may rest on it."
)
"""Said in every view of an assessment that was made with ``unsafe-none``."""

ENFORCERS: Mapping[str, Text] = {
    "seccomp filter": t("filter on system calls (seccomp)"),
    "network namespace": t("network of its own"),
    "mount namespace": t("file tree of its own"),
    "read-only mounts": t("file tree that cannot be written"),
    "process namespace": t("process list of its own"),
    "user namespace": t("users of its own"),
    "IPC namespace": t("shared memory of its own"),
    "host name namespace": t("host name of its own"),
    "kernel of its own": t("kernel of its own (gVisor)"),
    "container engine": t("container engine (podman or docker)"),
    "stage 0": t("first step of the program inside"),
    "empty environment": t("empty environment"),
    "seen from outside": t("seen from outside"),
    "harness": t("the harness"),
    "sealed memory": t("the kernel's seals on shared memory"),
    "told by its environment; bound by processes": t("told by its environment; the limit on threads bounds it"),
    "size of the folder, and RLIMIT_FSIZE": t("the size of the folder, and RLIMIT_FSIZE"),
    "harness, every 20 ms": t("the harness, every 20 milliseconds"),
    "control group, and the harness every 20 ms": t(
        "the kernel (control group), and the harness every 20 milliseconds"
    ),
    "harness, every 20 ms, and RLIMIT_NPROC where the user is not root; no process but threads at all": t(
        "filter on system calls (no second process at all), the harness every 20 milliseconds, and the kernel"
    ),
}
"""What holds a wall -> in words; others are shown as they are (``RLIMIT_AS``)."""

CONFIDENCE: Mapping[str, Text] = {
    "V": t("the clause itself was read"),
    "V2": t("known from a secondary source"),
    "M": t("from memory, no source read"),
    "U": t("not verified"),
}

# NIST IR 8477's set-theory words for how two texts relate.
RELATIONS: Mapping[str, Text] = {
    "supports": t("supports"),
    "equal-to": t("equal to it"),
    "equivalent-to": t("equivalent to it"),
    "subset-of": t("part of it"),
    "superset-of": t("goes beyond it"),
    "intersects-with": t("overlaps with it"),
}

TRIALS: Mapping[str, Text] = {
    "none": t("none"),
    "level-1": t("level 1"),
    "level-2": t("level 2"),
    "level-3": t("level 3"),
}

VALUES: Mapping[str, Text] = {
    **TASKS,
    **TRIALS,
    "label": t("label"),
    "probability": t("probability"),
    "score": t("score"),
    "increasing": t("increasing"),
    "decreasing": t("decreasing"),
    "root, dropped to user 65534 before bwrap starts": t("root, made a user without rights before bubblewrap starts"),
    "root, dropped to user 65534 inside": t("root, made a user without rights inside"),
    "counted by name and answered by the harness": t("counted by name, and answered by the harness"),
}
"""Value of the record under one of :data:`WORDED` -> in words; others are shown as they are."""

WORDED = frozenset({"task", "output", "trial", "direction", "runs_as", "denied_calls"})

GOT: Mapping[str, Text] = {
    "none": t("nothing"),
    "its own": t("one of its own"),
    "the harness's": t("that of the harness"),
    "reached": t("reached"),
    "not reached": t("not reached"),
    "not seen": t("not seen"),
    "unchanged": t("unchanged"),
    "alive": t("alive"),
    "empty": t("empty"),
}
"""What came of an attempt on the walls -> in words; the kernel's own answers (``denied EPERM``) are quoted."""

FRAMEWORKS: Mapping[str, Text] = {
    "vn-law-134-2025": t("Law 134/2025/QH15 on Artificial Intelligence"),
    "vn-decree-142-2026": t("Decree 142/2026/NĐ-CP"),
    "vn-circular-05-2026": t("Circular 05/2026/TT-BKHCN"),
    "vn-law-91-2025": t("Law 91/2025/QH15 on Personal Data Protection"),
    "vn-decree-356-2025": t("Decree 356/2025/NĐ-CP on personal data"),
    "vn-decision-33-2026": t("Decision 33/2026/QĐ-TTg, list of high-risk AI systems"),
    "eu-ai-act": t("EU AI Act, Regulation (EU) 2024/1689"),
    "nist-ai-rmf": t("NIST AI RMF 1.0"),
    "asean-guide": t("ASEAN Guide on AI Governance and Ethics"),
    "ai-verify": t("AI Verify testing framework"),
    "iso-42001": t("ISO/IEC 42001:2023, Annex A"),
    "proofbox-baseline": t("Proofbox baseline"),
}
"""Framework id -> its usual name; one that is not here is shown by its id."""

_COMPARISONS: Mapping[str, Text] = {
    "at_least": t("at least {threshold}"),
    "at_most": t("at most {threshold}"),
    "equals": t("equal to {threshold}"),
    "between": t("between {low} and {high}"),
}

_RULES: Mapping[str, Text] = {
    "guarded": t("guarded: the whole {confidence} interval must lie on the right side"),
    "simple": t("simple: the value alone is compared"),
}


def word(translator: Translator, table: Mapping[str, Text], key: str) -> str:
    """Return the word for ``key``, or the key itself where the table has none (a newer record may have more)."""
    return translator.text(table[key]) if key in table else key


def comparison(translator: Translator, criterion: CriterionRecord, *, policy: bool = False) -> str:
    """Return ``at least 0.80``; with ``policy`` the policy's own threshold where the provider replaced it."""
    threshold = criterion.policy_threshold if policy else criterion.threshold
    template = _COMPARISONS[criterion.comparison].template
    if isinstance(threshold, tuple):
        low, high = (translator.number(end) for end in threshold)
        return translator.gettext(template, low=low, high=high)
    return translator.gettext(template, threshold=translator.number(threshold or 0.0))


def decision_rule(translator: Translator, criterion: CriterionRecord) -> str:
    """Return what the decision rule means, in words."""
    return translator.gettext(
        _RULES[criterion.decision_rule].template, confidence=translator.percent(criterion.confidence)
    )
