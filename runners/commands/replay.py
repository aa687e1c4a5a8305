"""``proofbox replay``: measure again what a bundle records, and compare measurement by measurement."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import (
    environment_option,
    executor_option,
    fetching_options,
    json_option,
    model_certificate_option,
    model_key_option,
)
from proofbox.runners.commands.settings import settings_of
from proofbox.runners.commands.signing_options import signing_options


@click.command("replay")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("submission", type=click.Path(path_type=Path))
@executor_option
@environment_option
@fetching_options
@model_key_option
@model_certificate_option
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="How far two numbers may lie apart, relative to the larger of 1 and the two.  [default: 1e-9]",
)
@signing_options
@json_option
def command(bundle: Path, submission: Path, tolerance: float | None, **given: object) -> None:
    """Measure again what BUNDLE records of SUBMISSION, with its seed, policies and days, and compare.

    With --key a replay that agrees is stated and signed in BUNDLE.replays/: 'verify --replayed-by' counts it.

    Exit code 0: nothing is different. 1: something is. 2: bad input, or another submission than the bundle's.

    Example: proofbox replay evidence my-submission
    """
    from proofbox.policies.agreement import DEFAULT_TOLERANCE, Tolerance
    from proofbox.runners.assessing.progress import progress
    from proofbox.runners.evidence.bundles import bundle_folder
    from proofbox.runners.replay.again import replay, to_json
    from proofbox.runners.replay.stating import keep
    from proofbox.runners.replay.telling import kept_line, lines
    from proofbox.runners.signed.signing import signer_of, stamper_of

    signer, stamper = signer_of(given), stamper_of(given)
    stated = DEFAULT_TOLERANCE
    if tolerance is not None:
        stated = Tolerance(relative=tolerance, origin="given with --tolerance by whoever replayed")
    with bundle_folder(bundle) as folder, progress(enabled=not given["json"]) as watch:
        replayed = replay(folder, submission, settings_of(given), watch, stated)
    kept = keep(bundle, replayed, signer, stamper)
    if given["json"]:
        beside = {"statement": None if kept is None else str(kept)}
        print(json.dumps({**to_json(replayed), **beside}, ensure_ascii=False))
    else:
        for line in (*lines(replayed), kept_line(kept)):
            print(line)
    raise SystemExit(0 if replayed.agreement.agrees else 1)
