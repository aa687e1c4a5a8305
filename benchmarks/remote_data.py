"""What it costs to fetch a file by address, as the table in docs/remote.md.

    python benchmarks/remote_data.py [--megabytes 1 64] [--runs 3]

A server of moto's on loopback holds the objects, in a process of its own whose time is not counted. The yardsticks: the
same file copied and digested where it lies, and boto3's download with the digest made afterwards. In parts it lies as
16 objects of one folder. Processor time of this process and those it waited for, medians; the ways alternate.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from proofbox.runners.remote.fetching import fetch
from proofbox.runners.remote.folders import fetch_data

BUCKET = "data"
PIECE = 1 << 22
PARTS = 16


def serve(end: Connection, seconds: float) -> None:
    """Hold the objects until ``seconds`` are over or the other end is closed."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    end.send("http://{}:{}".format(*server.get_host_and_port()))
    end.poll(seconds)


def copied(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as given, target.open("wb") as taken:
        while piece := given.read(PIECE):
            digest.update(piece)
            taken.write(piece)
    return digest.hexdigest()


def spent(work: Callable[[Path], str]) -> tuple[str, float, float]:
    """Return the digest, and seconds of processor and of wall."""

    def used() -> float:
        kinds = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(kind.ru_utime + kind.ru_stime for kind in kinds)

    with tempfile.TemporaryDirectory() as folder:
        before, clock = used(), time.perf_counter()
        digest = work(Path(folder))
        return digest, used() - before, time.perf_counter() - clock


def measured(url: str, megabytes: int, runs: int) -> dict[str, tuple[float, float]]:
    import boto3

    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(megabytes):
            file.write(os.urandom(1 << 20))
        file.flush()
        source, key = Path(file.name), f"{megabytes}.bin"
        client.upload_file(str(source), BUCKET, key)

        def downloaded(folder: Path) -> str:
            client.download_file(BUCKET, key, str(folder / key))
            with (folder / key).open("rb") as got:
                return hashlib.file_digest(got, "sha256").hexdigest()

        for number in range(PARTS):
            with source.open("rb") as given:
                given.seek(number * (megabytes << 20) // PARTS)
                part = given.read((megabytes << 20) // PARTS)
            client.put_object(Bucket=BUCKET, Key=f"{key}.parts/{number:02}.parquet", Body=part)

        def joined(folder: Path) -> str:
            digest = hashlib.sha256()
            for part in fetch_data(f"{address}.parts/", [f"{address}.parts"], folder):
                digest.update(part.path.read_bytes())
            return digest.hexdigest()

        address = f"s3://{BUCKET}/{key}"
        ways: dict[str, Callable[[Path], str]] = {
            "copied where it lies": lambda folder: copied(source, folder / key),
            "boto3, then a digest": downloaded,
            "fetched": lambda folder: fetch(address, [address], folder).sha256,
            f"fetched in {PARTS} parts": joined,
        }
        took = [{name: spent(work) for name, work in ways.items()} for _ in range(runs)]
    assert len({digest for run in took for digest, _, _ in run.values()}) == 1
    return {
        name: (statistics.median(run[name][1] for run in took), statistics.median(run[name][2] for run in took))
        for name in ways
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, 600), daemon=True)
    server.start()
    url = ours.recv()
    os.environ.update(AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="any", AWS_SECRET_ACCESS_KEY="any")
    import boto3

    boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket=BUCKET)
    print("| file | way | processor (s) | wall (s) | processor over the copy's |\n|---|---|---|---|---|")
    for megabytes in given.megabytes:
        found = measured(url, megabytes, given.runs)
        least = found["copied where it lies"][0]
        for name, (processor, wall) in found.items():
            print(f"| {megabytes} MiB | {name} | {processor:.3f} | {wall:.2f} | {processor / least:.1f} |")
    ours.send("done")
    server.join(10)


if __name__ == "__main__":
    main()
