"""The Kubernetes Job that ``proofbox doctor`` prints: a document with every field that holds it. No cluster is here."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from ruamel.yaml import YAML

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def documents(command):
    printed = subprocess.run(
        [command, "doctor", "--job-template"], capture_output=True, text=True, check=True, timeout=60
    )
    return list(YAML(typ="safe").load_all(printed.stdout))


def test_the_job_gives_the_pod_nothing(documents) -> None:
    job = documents[0]
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["activeDeadlineSeconds"] > 0
    pod = job["spec"]["template"]["spec"]
    assert pod["runtimeClassName"] == "kata"
    assert pod["restartPolicy"] == "Never"
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
    assert not any(pod[name] for name in ("hostNetwork", "hostPID", "hostIPC"))
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory", "ephemeral-storage"} <= set(container["resources"]["limits"])
    assert "@sha256:" in container["image"]
    mounts = {mount["name"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert mounts == {"submission": True, "evidence": False, "scratch": False}
    assert {volume["name"] for volume in pod["volumes"]} == set(mounts)
    assert not any("hostPath" in volume for volume in pod["volumes"])
    assert next(volume for volume in pod["volumes"] if volume["name"] == "scratch")["emptyDir"]["sizeLimit"]


def test_its_command_is_one_that_proofbox_takes(documents, command) -> None:
    line = documents[0]["spec"]["template"]["spec"]["containers"][0]["command"]
    assert line[:2] == ["proofbox", "run"]
    asked = subprocess.run([command, "run", "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert all(option in asked for option in line if option.startswith("--"))
    assert "unsafe-none" not in line


def test_its_network_is_closed(documents) -> None:
    policy = documents[1]
    assert policy["kind"] == "NetworkPolicy"
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(policy["spec"])
    labels = documents[0]["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
