"""``proofbox publish``: log a bundle to MLflow later, or to another store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import experiment_option, json_option, register_option, tracking_uri_option


@click.command("publish")
@click.argument("bundle", type=click.Path(path_type=Path))
@tracking_uri_option
@experiment_option
@register_option
@json_option
def command(bundle: Path, **given: object) -> None:
    """Log BUNDLE (a folder, its .zip, or mlflow:RUN_ID) to MLflow: once, however often this is called.

    A run that broke off half-way is completed. An altered bundle is not published.

    Exit code 0: it is there. 1: the bundle is not whole. 2: it is no bundle, or the store could not be reached.
    """
    from proofbox.runners.evidence.bundles import store_of_the_environment
    from proofbox.runners.evidence.publishing import publish

    published = publish(
        bundle,
        tracking_uri=cast("str | None", given["tracking_uri"]) or store_of_the_environment(),
        experiment=cast("str | None", given["experiment"]),
        register=bool(given["register"]),
    )
    if given["json"]:
        print(json.dumps(published.to_json(), ensure_ascii=False))
    else:
        for line in published.lines():
            print(line)
