"""Options that several commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import rich_click as click

if TYPE_CHECKING:
    from proofbox.runners.submitted.bringing import Fetching

EXECUTORS = ("auto", "bubblewrap", "landlock", "container", "gvisor", "unsafe-none")

seed_option = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed.")
lang_option = click.option(
    "--lang", type=click.Choice(["en", "vi"]), default="en", show_default=True, help="Language of what is printed."
)
executor_option = click.option(
    "--executor",
    type=click.Choice(EXECUTORS),
    default="auto",
    show_default=True,
    help="What isolates the model; auto takes bubblewrap (level 2), else landlock (level 1). unsafe-none isolates"
    " nothing and is for debugging only.",
)
rows_option = click.option(
    "--rows-in-memory",
    "most_rows",
    type=click.IntRange(min=1),
    default=10_000_000,
    show_default=True,
    help="Rows of a data file that are held at once; a longer one is read in batches, for checks that can.",
)
as_of_option = click.option(
    "--as-of",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=lambda _context, _option, value: value.date().isoformat() if value else None,
    help="Day by which the age of data is judged, as 2026-11-22.  [default: today, UTC]",
)
environment_option = click.option(
    "--environment",
    type=click.Path(path_type=Path),
    help="Virtual environment that the model runs in, shown to it read-only.  [default: Proofbox's own]",
)
model_key_option = click.option(
    "--model-key",
    "model_keys",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Public key (PEM) by which the model's signature is verified; repeatable.",
)
model_certificate_option = click.option(
    "--model-certificate",
    "model_certificates",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Certificate (PEM), the signer's or one that issued it, by which the model's signature is verified.",
)
waivers_option = click.option(
    "--waivers",
    type=click.Path(path_type=Path),
    help="File of waivers; each stands beside the failed finding that it is for, and changes no verdict.",
)
attestation_key_option = click.option(
    "--attestation-key",
    "attestation_keys",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Public key (PEM) by which attestations must be signed; repeatable. What is unsigned then is no pass.",
)
waiver_key_option = click.option(
    "--waiver-key", type=click.Path(path_type=Path), help="Public key (PEM) by which waivers must be signed."
)
url_option = click.option(
    "--allow-url",
    "allowed_urls",
    multiple=True,
    metavar="URL",
    help="Ask a model that is an HTTP endpoint at this address (http://HOST:PORT). Nothing isolates it.",
)


def _checked(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    if given:
        from proofbox.runners.remote.address import allowed_prefixes

        allowed_prefixes(given)
    return given


data_option = click.option(
    "--allow-data",
    "allowed_data",
    multiple=True,
    metavar="ADDRESS",
    callback=_checked,
    help="Fetch data that the submission names by this address, or by one below it: s3://BUCKET/FOLDER/, gs://,"
    " abfs:// or file:///FOLDER/; repeatable. Credentials come from the environment.",
)
data_size_option = click.option(
    "--data-megabytes",
    type=click.IntRange(min=1),
    default=2048,
    show_default=True,
    help="Size of one file at most: of the submission, where this is more than usual, or fetched by --allow-data.",
)


def fetching_options(command: Callable[..., object]) -> Callable[..., object]:
    """Add what may be fetched (``fetching_of`` reads it)."""
    return data_option(data_size_option(command))


def fetching_of(given: Mapping[str, object]) -> Fetching:
    """Return what the operator allows to be fetched."""
    from proofbox.runners.remote.fetching import FetchLimits
    from proofbox.runners.submitted.bringing import Fetching

    limits = FetchLimits(file_bytes=int(str(given["data_megabytes"])) << 20)
    return Fetching(allowed=cast("tuple[str, ...]", given["allowed_data"]), limits=limits)


json_option = click.option("--json", is_flag=True, help="One JSON document on stdout, messages on stderr.")
ledger_option = click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Ledger of attempts.  [default: proofbox-ledger.jsonl beside the MLflow store; none without a store]",
)
tracking_uri_option = click.option(
    "--tracking-uri",
    envvar="MLFLOW_TRACKING_URI",
    help="MLflow store.  [default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in the working folder]",
)
experiment_option = click.option("--experiment", help="MLflow experiment.  [default: proofbox/PRODUCT]")
store_experiment_option = click.option(
    "--experiment", help="Only the assessments in the MLflow experiment of this name.  [default: all]"
)
register_option = click.option(
    "--register", is_flag=True, help="Register the model in MLflow by its digest, once; it is not uploaded."
)

MOST_WORKERS = 10_000


def _number_or_auto(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value != "auto" and not (value.isascii() and value.isdigit() and int(value) <= MOST_WORKERS):
        raise click.BadParameter(f"got '{value}', expected a number from 0 to {MOST_WORKERS}, or auto")
    return value


runner_option = click.option(
    "--runner",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where workers are found: on this machine, or on the nodes of a Ray cluster. The figures are the same.",
)
ray_address_option = click.option(
    "--ray-address", metavar="HOST:PORT", help="A Ray cluster.  [default: 127.0.0.1:6379, on this machine]"
)
workers_option = click.option(
    "--workers",
    metavar="NUMBER|auto",
    default="0",
    callback=_number_or_auto,
    help="Hosts of the model that share what is large, each behind walls of its own; auto: as many as there are"
    " processors and memory.  [default: none, or one for each processor of the Ray cluster]",
)


def spread_options(command: Callable[..., object]) -> Callable[..., object]:
    """Add where workers are found (``runners.spread.opening.spread_of`` reads them)."""
    return runner_option(workers_option(ray_address_option(command)))


annotations_option = click.option(
    "--annotations",
    type=click.Choice(["github"]),
    help="Print an annotation for each requirement that is not met, or each mistake, at the line that matters.",
)

_EXPORTS = {
    "junit": "JUnit XML, for the test view of a CI server.",
    "sarif": "SARIF 2.1.0, for code scanning.",
    "oscal": "OSCAL 1.2.1 assessment results.",
    "cyclonedx": "CycloneDX 1.6 with declarations.",
    "summary": "Markdown summary, for example to $GITHUB_STEP_SUMMARY.",
}


def export_options(command: Callable[..., object]) -> Callable[..., object]:
    """Add an option for each format of others; none of them bears on verdict or exit code."""
    command = annotations_option(command)
    for name, text in reversed(_EXPORTS.items()):
        option = click.option(f"--{name}", type=click.Path(path_type=Path), metavar="FILE", help=f"Also write {text}")
        command = option(command)
    return command


def gate_options(command: Callable[..., object]) -> Callable[..., object]:
    """Add what makes the command fail (``runners.run.gating.gating_of`` reads them); no verdict changes by them."""
    for option in (
        click.option(
            "--baseline-submission",
            type=click.Path(path_type=Path),
            help="The submission that the baseline is about: its model is asked again, so that tests pair the rows.",
        ),
        click.option(
            "--baseline",
            type=click.Path(path_type=Path),
            help="Bundle of an earlier assessment: what was failing in it and is not worse makes nothing fail.",
        ),
        click.option(
            "--fail-on",
            multiple=True,
            metavar="WORDS",
            help="What counts: must, should, inconclusive; repeatable, or with commas.  [default: must,inconclusive]",
        ),
    ):
        command = option(command)
    return command
