"""Nothing but the store is contacted, not even the metadata service of a cloud: seen in a network of the test's own."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import fcntl, json, os, socket, struct, subprocess, sys, tempfile, threading
from pathlib import Path

METADATA, STORE = ("169.254.169.254", 80), ("127.0.0.1", 9000)
for name, address in (("lo", "127.0.0.1"), ("lo:1", METADATA[0])):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        told = struct.pack("16sH2s4s8x", name.encode(), socket.AF_INET, b"", socket.inet_aton(address))
        fcntl.ioctl(control, 0x8916, told)  # SIOCSIFADDR
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", name.encode(), 0x41))  # SIOCSIFFLAGS: up, running
names = Path(tempfile.mkdtemp()) / "hosts"
names.write_text(f"127.0.0.1 localhost\\n{METADATA[0]} metadata.google.internal\\n")
subprocess.run(["mount", "--bind", names, "/etc/hosts"], check=True)

contacted = []

def serve(place):
    listening = socket.create_server(place)
    def answer():
        while True:
            one, _ = listening.accept()
            one.recv(65536)
            contacted.append(place[0])
            one.sendall(b"HTTP/1.1 403 Forbidden\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
            one.close()
    threading.Thread(target=answer, daemon=True).start()

serve(METADATA)
serve(STORE)
os.environ.clear()
os.environ["HOME"] = "/nonexistent"
control = {
    "s3": "fs.S3FileSystem(endpoint_override='127.0.0.1:9000', scheme='http').open_input_file('data/e.csv')",
    "gs": "fs.GcsFileSystem(endpoint_override='127.0.0.1:9000', scheme='http', retry_time_limit=t(seconds=1))"
          ".open_input_file('data/e.csv')",
}
found = {}
for name, code in control.items():
    contacted.clear()
    code = "from datetime import timedelta as t; from pyarrow import fs; " + code
    subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    found["left to itself, " + name] = sorted(set(contacted))

from proofbox.runners.remote.errors import FetchError
from proofbox.runners.remote.folders import fetch_data
for variable in ("AWS_ENDPOINT_URL", "CLOUD_STORAGE_EMULATOR_ENDPOINT", "AZURE_STORAGE_SERVICE_ENDPOINT"):
    os.environ[variable] = "http://127.0.0.1:9000"
azure = "abfs://data@account1.dfs.core.windows.net"
for uri in ("s3://data/e.csv", "gs://data/e.csv", f"{azure}/e.csv", "s3://data/e/", "gs://data/e/", f"{azure}/e/"):
    for region in ("", "eu-west-1") if uri.startswith("s3") else ("",):
        os.environ["AWS_REGION"] = region
        contacted.clear()
        try:
            fetch_data(uri, [uri], Path(tempfile.mkdtemp()))
        except FetchError as err:
            assert "refusal" in str(err), err
        found[f"{uri} {region}".strip()] = sorted(set(contacted))
print(json.dumps(found))
"""


def test_without_credentials_nothing_but_the_store_is_contacted():
    namespaces = ["unshare", "--user", "--map-root-user", "--mount", "--net"]
    done = subprocess.run(
        [*namespaces, sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # The clients would: what follows is no accident.
    assert found.pop("left to itself, s3") == ["127.0.0.1", "169.254.169.254"]
    assert "169.254.169.254" in found.pop("left to itself, gs")
    assert len(found) == 8
    assert set(map(tuple, found.values())) == {("127.0.0.1",)}
