"""Common mistakes are found in any kind of workload, file and format."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from command_line import portmap
from lint_mistakes import DOUBTFUL, MISTAKES, UNUSUAL, Edit, edited, worst
from portmap import Container, ContainerPort, Pod, Service, ServicePort, ValidationError
from portmap.lint import lint, lint_paths
from portmap.manifests import read

ALL: Final = [*MISTAKES, *DOUBTFUL]
SERIOUS: Final = {"error", "warning"}
each_mistake: Final = pytest.mark.parametrize("mistake", ALL, ids=lambda edit: edit[0])


def with_workload(kind: str, objects: Sequence[dict[str, Any]], namespace: str | None = None) -> list[dict[str, Any]]:
    """Return the objects with another kind of workload instead of the Deployment, in the same namespace."""
    changed = [raw if raw["kind"] != "Deployment" else workload_like(kind, raw) for raw in objects]
    if namespace is not None:
        for raw in changed:
            raw["metadata"] = {"namespace": namespace, **raw["metadata"]}
    return changed


def workload_like(kind: str, deployment: dict[str, Any]) -> dict[str, Any]:
    template = deployment["spec"]["template"]
    if kind == "Pod":
        metadata = {**deployment["metadata"], **template["metadata"]}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    if kind == "Job":
        return {**deployment, "apiVersion": "batch/v1", "kind": "Job", "spec": {"template": template}}
    groups = {"Rollout": "argoproj.io/v1alpha1", "CloneSet": "apps.kruise.io/v1alpha1", "ReplicationController": "v1"}
    spec = dict(deployment["spec"])
    if kind == "ReplicationController":
        spec["selector"] = spec["selector"]["matchLabels"]
    return {**deployment, "apiVersion": groups.get(kind, "apps/v1"), "kind": kind, "spec": spec}


KINDS: Final = ("StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Job", "Rollout", "CloneSet")


@pytest.mark.parametrize("namespace", [None, "shop"])
@pytest.mark.parametrize("kind", KINDS)
@each_mistake
def test_in_any_kind_of_workload(mistake: Edit, kind: str, namespace: str | None) -> None:
    """A mistake is as serious in any kind of workload and any namespace as in a Deployment."""
    assert worst(with_workload(kind, edited([mistake]), namespace)) in SERIOUS


def in_one_file(objects: Sequence[Mapping[str, Any]], folder: Path) -> None:
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects))


def in_files(objects: Sequence[Mapping[str, Any]], folder: Path) -> None:
    for each in objects:
        (folder / f"{each['kind'].lower()}.yml").write_text(yaml.safe_dump(each))


def in_a_list(objects: Sequence[Mapping[str, Any]], folder: Path) -> None:
    (folder / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))


def in_a_row(objects: Sequence[Mapping[str, Any]], folder: Path) -> None:
    (folder / "all.json").write_text("\n".join(map(json.dumps, objects)))


def in_flow_style(objects: Sequence[Mapping[str, Any]], folder: Path) -> None:
    # `safe_dump_all` begins a document on the line of its `---`, which kubectl does not read.
    texts = [yaml.safe_dump(each, default_flow_style=True, width=40) for each in objects]
    (folder / "all.yaml").write_text("---\n".join(texts))


def in_folders_of_kinds(objects: Sequence[Mapping[str, Any]], folder: Path) -> None:
    for each, name in zip(objects, ("services", "02-deployments", "ingress"), strict=True):
        (folder / "k8s" / name).mkdir(parents=True)
        (folder / "k8s" / name / "web.yaml").write_text(yaml.safe_dump(each))


def for_kustomize(objects: Sequence[Mapping[str, Any]], folder: Path) -> None:
    in_files(objects, folder)
    resources = [each.name for each in sorted(folder.iterdir())]
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"resources": resources}))


Form = Callable[[Sequence[Mapping[str, Any]], Path], None]
FORMS: Final[Sequence[Form]] = [
    in_one_file,
    in_files,
    in_a_list,
    in_a_row,
    in_flow_style,
    in_folders_of_kinds,
    for_kustomize,
]
each_form: Final = pytest.mark.parametrize("form", FORMS)


@each_form
@each_mistake
def test_in_any_form(mistake: Edit, form: Form, tmp_path: Path) -> None:
    """In one file or several, in YAML or JSON, a mistake is found, with its location."""
    form(edited([mistake]), tmp_path)
    serious = [each for each in lint_paths(tmp_path) if each.severity in SERIOUS]
    assert serious
    assert all(each.location is not None and each.location.span is not None for each in serious)


@each_form
@each_mistake
def test_in_any_form_through_the_command(mistake: Edit, form: Form, tmp_path: Path) -> None:
    """The command finds the mistake, too, and exits with 1 for an error."""
    form(edited([mistake]), tmp_path)
    done = portmap("lint", "--format", "json", str(tmp_path))
    severities = {finding["severity"] for finding in json.loads(done.out)["findings"]}
    assert severities & SERIOUS
    assert done.code == ("error" in severities)
    assert mistake in DOUBTFUL or "error" in severities


@pytest.mark.parametrize("options", [(), ("--complete",), ("--namespace", "shop")], ids=" ".join)
@each_form
@pytest.mark.parametrize(("name", "edits"), [("valid", []), *UNUSUAL])
def test_valid_objects_in_any_form(
    name: str, edits: list[Edit], form: Form, options: Sequence[str], tmp_path: Path
) -> None:
    """Valid objects have no findings above info in any format, however unusual they are."""
    del name
    form(edited(edits), tmp_path)
    done = portmap("lint", "--format", "json", *options, str(tmp_path))
    assert not SERIOUS & {finding["severity"] for finding in json.loads(done.out)["findings"]}
    assert done.code == 0


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda edit: edit[0])
def test_through_the_command(mistake: Edit) -> None:
    """A mistake in standard input makes the command fail."""
    done = portmap("lint", "-", stdin=yaml.safe_dump_all(edited([mistake])))
    assert (done.code, "error: " in done.out) == (1, True)


@each_mistake
def test_in_typed_objects(mistake: Edit) -> None:
    """A mistake in typed objects is rejected when they are created, or found by the linter."""
    try:
        objects = [raw if raw["kind"] == "Ingress" else read(raw) for raw in edited([mistake])]
    except ValidationError:
        return
    assert any(finding.severity in SERIOUS for finding in lint(objects))


BUILT: Final[Mapping[str, Callable[[], object]]] = {
    "no ports": lambda: Service("web", selector={"app": "web"}),
    "neither ports nor a selector": lambda: Service("web"),
    "a name in capitals": lambda: Service("WEB", ports=[ServicePort(80)]),
    "a name with an underscore": lambda: Service("my_web", ports=[ServicePort(80)]),
    "a name with a dot": lambda: Service("web.shop", ports=[ServicePort(80)]),
    "a selector's value with a space": lambda: Service("web", selector={"app": "my web"}, ports=[ServicePort(80)]),
    "a selector's key with a space": lambda: Service("web", selector={"my app": "web"}, ports=[ServicePort(80)]),
    "one name twice in a container": lambda: Container(
        "web", ports=[ContainerPort(8080, name="http"), ContainerPort(9090, name="http")]
    ),
    "another host port than the port of a pod in the host's network": lambda: Pod(
        "web", host_network=True, containers=[Container("web", ports=[ContainerPort(8080, host_port=9090)])]
    ),
}


@pytest.mark.parametrize("build", BUILT.values(), ids=BUILT)
def test_builders_refuse(build: Callable[[], object]) -> None:
    """Objects that an API server rejects cannot be created."""
    with pytest.raises(ValidationError):
        build()
