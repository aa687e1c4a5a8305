"""Where a tracking store is: its address in every form, and what is set before anything of MLflow is imported."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Otherwise tags are cut silently at 8,000 characters and parameters at 6,000.
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
    # Otherwise links land between the lines of --json.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # Two processes and half a gigabyte for the server, instead of ten and two and a half.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
"""Set before mlflow is imported, whatever the environment says."""

PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30", "AWS_MAX_ATTEMPTS": "2"}
"""Someone waits for this: MLflow's own seven retries of two minutes each are for nobody's desk."""

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_SQLITE = "sqlite:///"
_POSTGRES = "postgresql://"


def is_run_id(text: str) -> bool:
    """Whether a text is formed as the ids that MLflow gives to runs."""
    return _RUN_ID.fullmatch(text) is not None


def is_server(tracking_uri: str) -> bool:
    """Whether the store is a server that speaks HTTP."""
    return tracking_uri.startswith(("http://", "https://"))


def database_file(tracking_uri: str) -> Path | None:
    """Return the file of a sqlite store, absolute; None for every other store."""
    if not tracking_uri.startswith(_SQLITE):
        return None
    return Path(tracking_uri.removeprefix(_SQLITE)).absolute()


def absolute_uri(tracking_uri: str) -> str:
    """Return the uri with a relative sqlite path made absolute, and PostgreSQL's with the driver that the extra brings.

    Others are returned as they are.
    """
    database = database_file(tracking_uri)
    if database is not None:
        return f"{_SQLITE}{database}"
    # SQLAlchemy 2.1 takes "postgresql:" for psycopg 3.
    return tracking_uri.replace(_POSTGRES, "postgresql+psycopg2://", 1)


def without_password(tracking_uri: str) -> str:
    """Return the uri without user and password, to be shown."""
    scheme, sign, rest = tracking_uri.partition("://")
    return f"{scheme}{sign}{rest.rpartition('@')[2]}"


def run_page(experiment_id: str, run_id: str) -> str:
    """Return the path below a server's address that opens a run; the page opens in another mode otherwise."""
    return f"#/experiments/{experiment_id}/runs/{run_id}?workflowType=machine_learning"


def ui_command(tracking_uri: str) -> str:
    """Return how a person opens the store: a server's address, or the command that shows a database in a browser.

    The command listens on this machine alone and sends no telemetry.
    """
    if is_server(tracking_uri):
        return f"{without_password(tracking_uri).rstrip('/')}/?workflowType=machine_learning"
    settings = "MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"
    # The MLflow of this environment, which need not be the one (or any) on the reader's path.
    own = Path(sys.executable).with_name("mlflow")
    program = "mlflow" if shutil.which("mlflow") == str(own) or not own.exists() else shlex.quote(str(own))
    store = shlex.quote(without_password(absolute_uri(tracking_uri)))
    return f"{settings} {program} ui --backend-store-uri {store} --host 127.0.0.1"
