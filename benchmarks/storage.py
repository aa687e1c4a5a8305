"""What assessments take up once they are done: bundle, database, artifacts, ledger; and what reading them all takes.

    python benchmarks/storage.py [BUNDLE...] [--assessments 40] [--bundles 200]

One small submission of 400 rows is assessed under each policy by the installed command, with a ledger. Its bundle is
logged to sqlite and to a PostgreSQL of this script's own, as the assessments of so many products, by the product's own
code; the database's growth is divided by their number. Further BUNDLEs (of `proofbox demo --out`) are weighed too. The
archive then reads copies of the last one from a folder, and a fifth as many from a tracking server on loopback.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/stores"))

from batch import COMMAND, make  # noqa: E402
from servers import free_port, kill, postgres, start_mlflow  # noqa: E402 the servers lie with the tests

from proofbox.policies.record import Assessment  # noqa: E402
from proofbox.reports.bundle import Bundle, read_bundle, write_bundle  # noqa: E402
from proofbox.reports.mlflow_log import ClientStore  # noqa: E402
from proofbox.reports.tracking.door import log_assessment  # noqa: E402
from proofbox.reports.tracking.notes import notes  # noqa: E402
from proofbox.runners.archive.survey import View, read_archive  # noqa: E402
from proofbox.runners.evidence.finding import Shelf  # noqa: E402

POLICIES = ("baseline", "vn-trusted-ai")
SQLITE_SIZE = "select page_count * page_size from pragma_page_count, pragma_page_size"
STORAGE = (
    "an assessment",
    "files",
    "bundle, kB",
    "of it reports",
    "MLflow's own tables",
    "sqlite, kB",
    "PostgreSQL, kB",
    "ledger, kB",
)


def weight(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def assessed(folder: Path) -> tuple[dict[str, Path], dict[str, int]]:
    """Return the bundle of each policy, and by how many bytes the ledger grew."""
    make(folder / "queue", 1)
    bundles, grown, ledger = {}, {}, folder / "ledger.jsonl"
    for policy in POLICIES:
        before = ledger.stat().st_size if ledger.exists() else 0
        argv = [COMMAND, "run", str(folder / "queue/00000"), "-p", policy, "--out", str(folder / policy), "--no-mlflow"]
        done = subprocess.run([*argv, "--ledger", str(ledger)], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, 3):
            raise SystemExit(done.stderr)
        bundles[policy], grown[policy] = folder / policy, ledger.stat().st_size - before
    return bundles, grown


def variant(assessment: Assessment, number: int) -> Assessment:
    """The assessment of another product at another moment."""
    product = {**assessment.subject.product, "name": f"Product {number:05}"}
    moment = f"2026-{1 + number % 12:02}-{1 + number % 28:02}T08:00:00.000+00:00"
    run = dataclasses.replace(assessment.run, started_at=moment, finished_at=moment)
    return dataclasses.replace(assessment, subject=dataclasses.replace(assessment.subject, product=product), run=run)


def size_of(store: ClientStore, uri: str) -> int:
    """Return the bytes of a database, indexes included."""
    from sqlalchemy import text

    with store._client._tracking_client.store.engine.connect() as connection:
        if uri.startswith("sqlite"):
            return int(
                connection.execute(
                    text("select page_count * page_size from pragma_page_count, pragma_page_size")
                ).scalar()
            )
        connection.execute(text("commit"))
        connection.execute(text("vacuum"))
        return int(connection.execute(text("select pg_database_size(current_database())")).scalar())


def database_growth(uri: str, bundle: Path, many: int) -> float:
    """Return bytes per assessment, child runs and data files included; one bundle on disk stands for all."""
    store, content = ClientStore(uri), read_bundle(bundle)
    experiment, begun = store.experiment("filled"), size_of(store, uri)
    for number in range(many):
        of_its_own = dataclasses.replace(content.bundle, digest=f"{number:064x}")
        noted = notes(variant(content.assessment, number), of_its_own, logged_at=1_760_000_000_000 + number)
        run = store.create_run(experiment, noted)
        store.log_batch(run, noted)
        store.log_datasets(run, noted.datasets)
        store.put_controls(experiment, run, noted)
        store.finish(run, "FINISHED", noted.finished)
    return (size_of(store, uri) - begun) / many


def storage_table(bundles: dict[str, Path], grown: dict[str, int], folder: Path, many: int) -> None:
    print(f"| {' | '.join(STORAGE)} |")
    print("|---" * len(STORAGE) + "|")
    for name, bundle in bundles.items():
        content = read_bundle(bundle)
        tables = notes(content.assessment, content.bundle, logged_at=0).tables
        reports = sum(path.stat().st_size for path in bundle.glob("report*.html"))
        files = sum(path.is_file() for path in bundle.rglob("*"))
        sqlite = database_growth(f"sqlite:///{folder / f'{len(name)}-{name[:8]}.db'}", bundle, many)
        with postgres() as uri:
            os.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = (folder / "root").as_uri()
            served = database_growth(uri, bundle, many)
        ledger = f"{grown[name] / 1e3:.1f}" if name in grown else ""
        print(
            f"| {name} | {files} | {weight(bundle) / 1e3:,.0f} | {reports / 1e3:,.0f} "
            f"| {sum(map(len, tables.values())) / 1e3:.0f} | {sqlite / 1e3:.0f} | {served / 1e3:.0f} | {ledger} |"
        )


def copies(bundle: Path, into: Path, many: int) -> list[tuple[Assessment, Bundle]]:
    """Write whole bundles of as many products, with the reports of the first: rendering is no part of this."""
    content, made = read_bundle(bundle), []
    files = {path.name: path.read_bytes() for path in bundle.glob("report*.html")}
    for number in range(many):
        assessment = variant(content.assessment, number)
        with reports(files):
            written = write_bundle(
                into / f"{number:05}",
                assessment,
                policy_sources=[(path.name, path.read_bytes()) for path in bundle.glob("policy/*.yaml")],
                submission_yaml=(bundle / "submission.yaml").read_bytes(),
            )
        made.append((assessment, written))
    return made


@contextlib.contextmanager
def reports(files: dict[str, bytes]) -> Iterator[None]:
    from proofbox.reports import bundle as bundles

    original = bundles.render_html
    bundles.render_html = lambda _assessment, language, _keyid: files[bundles.report_name(language)].decode()
    try:
        yield
    finally:
        bundles.render_html = original


def timed(sources: list[str], shelf: Shelf, view: View) -> tuple[float, float]:
    started, used = time.perf_counter(), time.process_time()
    read_archive(sources, shelf, view, lambda _whole, _left_out: None)
    return time.process_time() - used, time.perf_counter() - started


def archive_table(name: str, bundle: Path, folder: Path, many: int) -> None:
    made = copies(bundle, folder / "copies", many)
    few = made[: max(1, many // 5)]
    journal = folder / "journal.jsonl"
    view = View(policies=("vn-trusted-ai",), on="2026-11-25", journal=journal)
    by_folder = timed([str(folder / "copies")], Shelf(), view)
    again = timed([str(folder / "copies")], Shelf(), dataclasses.replace(view, resume=True))
    tracemalloc.start()
    archive = read_archive([str(folder / "copies")], Shelf(), dataclasses.replace(view, resume=True), lambda *_: None)
    kept = tracemalloc.get_traced_memory()[0] / len(archive.entries)
    tracemalloc.stop()
    port = free_port()
    words = [
        "--backend-store-uri",
        f"sqlite:///{folder / 'server.db'}",
        "--artifacts-destination",
        str(folder / "kept"),
    ]
    server = start_mlflow(words, port, folder)
    try:
        uri = f"http://127.0.0.1:{port}"
        for assessment, written in few:
            log_assessment(assessment, written, tracking_uri=uri)
        by_server = timed(["mlflow:"], Shelf(tracking_uri=uri), dataclasses.replace(view, journal=None))
    finally:
        kill(server)
    print(
        f"\n| the archive of bundles of {name}, judged under vn-trusted-ai | processor s per 1,000 | wall s per 1,000 |"
    )
    print("|---|---|---|")
    for what, number, (cpu, wall) in (
        ("from a folder", many, by_folder),
        ("from a tracking server on loopback, this process alone", len(few), by_server),
        ("from a folder, all known from the call before (--resume)", many, again),
    ):
        print(f"| {what} | {1000 * cpu / number:.1f} | {1000 * wall / number:.1f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nkept in memory of each assessment: {kept / 1e3:.1f} kB; peak of this whole process: {peak:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("further", nargs="*", type=Path, metavar="BUNDLE")
    parser.add_argument("--assessments", type=int, default=40)
    parser.add_argument("--bundles", type=int, default=200)
    given = parser.parse_args()
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="pbx-storage-") as name:
        folder = Path(name)
        bundles, grown = assessed(folder)
        further = {f"{path.name}, of {path.parent.name}": path for path in given.further}
        weighed = {**bundles, **further}
        storage_table(weighed, grown, folder, given.assessments)
        archive_table(*list(weighed.items())[-1], folder, given.bundles)


if __name__ == "__main__":
    main()
