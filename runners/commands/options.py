"""Options that several commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

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
waiver_key_option = click.option(
    "--waiver-key", type=click.Path(path_type=Path), help="Ed25519 public key (PEM) by which waivers must be signed."
)
json_option = click.option("--json", is_flag=True, help="One JSON document on stdout, messages on stderr.")
tracking_uri_option = click.option(
    "--tracking-uri",
    envvar="MLFLOW_TRACKING_URI",
    help="MLflow store.  [default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in the working folder]",
)
