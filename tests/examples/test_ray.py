"""The manifest for KubeRay, held to what matters: no cluster is here to run it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/ray"


@pytest.fixture(scope="module")
def documents() -> dict[str, dict]:
    found = YAML(typ="safe", pure=True).load_all((EXAMPLES / "kuberay.yaml").read_text("utf-8"))
    return {document["kind"]: document for document in found}


@pytest.fixture(params=["head", "worker"])
def pod(request, documents) -> dict:
    spec = documents["RayCluster"]["spec"]
    (group,) = spec["workerGroupSpecs"]
    return (spec["headGroupSpec"] if request.param == "head" else group)["template"]["spec"]


def test_every_node_asks_for_the_token_of_one_secret(pod, documents):
    (container,) = pod["containers"]
    said = {one["name"]: one.get("value") for one in container["env"]}
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert said["RAY_AUTH_MODE"] == "token"
    assert said["RAY_AUTH_TOKEN_PATH"] == f"{mounts['token']['mountPath']}/auth_token"
    assert said["RAY_USAGE_STATS_ENABLED"] == "0"
    assert mounts["token"]["readOnly"] is True
    assert volumes["token"]["secret"] == {"secretName": "proofbox-ray-token", "defaultMode": 0o440}
    assert "auth_token" not in str(documents.get("Secret", ""))  # none is committed
    assert mounts.keys() == volumes.keys()


def test_no_pod_is_more_than_it_must_be(pod):
    (container,) = pod["containers"]
    context = container["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert "privileged" not in context
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "runtimeClassName"}
    resources = container["resources"]
    assert resources["requests"] == resources["limits"]
    assert resources["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}
    written = [volume for volume in pod["volumes"] if "emptyDir" in volume]
    assert all("sizeLimit" in volume["emptyDir"] for volume in written)


def test_bubblewrap_finds_what_it_needs(pod):
    context = pod["containers"][0]["securityContext"]
    # A fresh /proc can be mounted inside only where none of the outer one is hidden, and that wants a user namespace.
    assert (context["procMount"], pod["hostUsers"]) == ("Unmasked", False)
    assert context["seccompProfile"] == context["appArmorProfile"] == {"type": "Unconfined"}


def test_all_nodes_run_one_image_and_the_head_holds_no_model(documents):
    spec = documents["RayCluster"]["spec"]
    (group,) = spec["workerGroupSpecs"]
    images = {part["template"]["spec"]["containers"][0]["image"] for part in (spec["headGroupSpec"], group)}
    assert len(images) == 1
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    assert all(isinstance(value, str) for value in group["rayStartParams"].values())
    evidence = documents["PersistentVolumeClaim"]["metadata"]["name"]
    held = [volume.get("persistentVolumeClaim") for volume in group["template"]["spec"]["volumes"]]
    assert {"claimName": evidence} not in held
    assert tuple(map(int, spec["rayVersion"].split(".")[:2])) >= (2, 52)  # tokens are older in no version


def test_nobody_else_is_on_the_network_of_the_cluster(documents):
    policy, name = documents["NetworkPolicy"]["spec"], documents["RayCluster"]["metadata"]["name"]
    ours = {"podSelector": {"matchLabels": {"ray.io/cluster": name}}}
    assert policy["podSelector"] == ours["podSelector"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [{"from": [ours]}]
    others = [rule for rule in policy["egress"] if rule["to"] != [ours]]
    assert [{port["port"] for port in rule["ports"]} for rule in others] == [{53}]


def test_the_image_has_what_the_walls_need():
    said = (EXAMPLES / "Dockerfile").read_text("utf-8")
    assert "bubblewrap" in said
    assert '"proofbox[ray]"' in said
    assert said.rstrip().endswith("USER 10001")
