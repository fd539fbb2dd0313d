"""`portmap resolve` over published manifests: it never crashes, and a simple search agrees with it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from command_line import portmap

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORKLOADS = {"DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"}
OTHER_WORKLOADS = {("argoproj.io/v1alpha1", "Rollout"), ("apps.openshift.io/v1", "DeploymentConfig")}


class Template(NamedTuple):
    """The pod template of a workload, or a pod."""

    source: str
    name: str
    namespace: str | None
    labels: Mapping[str, Any]
    spec: Mapping[str, Any]


@pytest.fixture(scope="module")
def repositories(shared: Path) -> list[Path]:
    """Return the folders of the corpus, one for each repository."""
    found = sorted(each for each in (shared / "corpus").iterdir() if each.is_dir())
    assert found
    return found


def objects(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each object in a folder as PyYAML reads it, with its file."""
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts[:-1])
        if file.suffix in {".yaml", ".yml", ".json"} and not hidden:
            for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=LOADER):
                if isinstance(document, dict):
                    items = document.get("items") if document.get("kind") == "List" else None
                    yield from ((str(file), each) for each in (items or [document]) if isinstance(each, dict))


def template(source: str, data: Mapping[str, Any]) -> Template | None:
    """Return the pod template of an object, if it has one."""
    kind = data.get("kind")
    metadata = data.get("metadata") or {}
    spec: Mapping[str, Any] = data.get("spec") or {}
    if kind == "CronJob":
        spec = spec.get("jobTemplate", {}).get("spec", {})
    pod = data if kind == "Pod" else spec.get("template")
    known = kind in {*WORKLOADS, "CronJob", "Pod"} or (data.get("apiVersion"), kind) in OTHER_WORKLOADS
    if not known or not pod or spec.get("replicas") == 0:
        return None
    containers = [
        *((pod.get("spec") or {}).get("containers") or []),
        *((pod.get("spec") or {}).get("initContainers") or []),
    ]
    if not any({"command", "image", "ports"} & each.keys() for each in containers) and not data.get("status"):
        return None  # It is taken for a patch.
    labels = (pod.get("metadata") or {}).get("labels") or {}
    name = metadata.get("name") or metadata.get("generateName", "")
    return Template(source, name, metadata.get("namespace"), labels, pod.get("spec") or {})


def backend_in(port: Mapping[str, Any], pod: Template) -> tuple[str | None, int] | None:
    """Return the container and number that a Service port reaches in a pod (`FindPort`)."""
    for container in [
        *(pod.spec.get("containers") or []),
        *(each for each in pod.spec.get("initContainers") or [] if each.get("restartPolicy") == "Always"),
    ]:
        for each in container.get("ports") or []:
            if port["targetPort"] in (each["containerPort"], each.get("name")):
                if (each.get("protocol") or "TCP") == port["protocol"]:
                    return container["name"], each["containerPort"]
    return (None, port["targetPort"]) if isinstance(port["targetPort"], int) else None


def selects(selector: Mapping[str, str], namespace: str | None, pod: Template) -> bool:
    """Return whether a selector matches a pod; an object without a namespace may be in any."""
    same_namespace = namespace is None or pod.namespace in {None, namespace}
    return same_namespace and selector.items() <= pod.labels.items()


def test_text_and_json_have_one_exit_code(repositories: list[Path]) -> None:
    """A report in text ends with the code of the report in JSON."""
    for repository in repositories[::5]:
        text, as_json = portmap("resolve", str(repository)), portmap("resolve", str(repository), "--format=json")
        assert text.code == as_json.code in {0, 1, 2}, repository


def test_a_simple_search_agrees(repositories: list[Path]) -> None:
    """The endpoints of each Service port are among those that a search through all pods of the repository finds.

    Those in the file of the Service are all found. Kustomizations change objects, so their folders are left out.
    """
    compared = 0
    for repository in repositories:
        everything = list(objects(repository))
        run = portmap("resolve", str(repository), "--format=json")
        report = json.loads(run.out)
        assert run.code == any(each["leadsNowhere"] for each in report["services"]), repository
        assert all(each["violations"] or each["elsewhere"] or each["ports"] for each in report["services"]), repository
        refused = {(each["source"], each["name"]) for each in report["invalidWorkloads"]}
        pods = [
            found
            for source, each in everything
            if (found := template(source, each)) and (source, found.name) not in refused
        ]
        kustomized = {str(each.parent) for each in repository.rglob("[kK]ustomization*")}
        selectors = {
            (source, each["metadata"].get("name"), each["metadata"].get("namespace")): each.get("spec", {}).get(
                "selector"
            )
            for source, each in everything
            if each.get("kind") == "Service" and each.get("apiVersion") in {"v1", None} and each.get("metadata")
        }
        for service in report["services"]:
            source = service["source"]
            selector = selectors.get((source, service["name"], service["namespace"])) or {}
            # No template has the labels that controllers add to pods.
            if service["elsewhere"] or any(".kubernetes.io/pod-" in key for key in selector):
                continue
            if any(str(folder) in kustomized for folder in Path(source).parents):
                continue
            selected = [pod for pod in pods if selects(selector, service["namespace"], pod)]
            for port in service["ports"]:
                if port["port"] is None:
                    continue
                wanted = {
                    (pod.source, pod.name, *answer) for pod in selected if (answer := backend_in(port, pod)) is not None
                }
                got = {
                    (each["source"], each["pod"] or each["workload"].partition("/")[2], each["container"], each["port"])
                    for each in port["endpoints"]
                }
                assert got <= wanted, service
                # Equal objects of several files are one.
                assert {each[1:] for each in got} >= {each[1:] for each in wanted if each[0] == source}, service
                compared += 1
    assert compared > 1500
