"""The mistakes that people make are found however they are written: in any kind of workload, file and form."""

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
each_mistake: Final = pytest.mark.parametrize("mistake", ALL, ids=lambda each: each[0])


def made_by(kind: str, objects: Sequence[dict[str, Any]], namespace: str | None = None) -> list[dict[str, Any]]:
    """The objects with another kind of workload in place of the Deployment, all in one namespace."""
    found = [each if each["kind"] != "Deployment" else _workload(kind, each) for each in objects]
    if namespace is not None:
        for each in found:
            each["metadata"] = {"namespace": namespace, **each["metadata"]}
    return found


def _workload(kind: str, deployment: dict[str, Any]) -> dict[str, Any]:
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
def test_of_any_kind_of_workload(mistake: Edit, kind: str, namespace: str | None) -> None:
    """Whatever makes the pods, and in whatever namespace, a mistake is as serious as it is in a Deployment."""
    assert worst(made_by(kind, edited([mistake]), namespace)) in SERIOUS


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
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects, default_flow_style=True, width=40))


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
    """In one file or several, in YAML or JSON, a mistake is found, and has a place."""
    form(edited([mistake]), tmp_path)
    serious = [each for each in lint_paths(tmp_path) if each.severity in SERIOUS]
    assert serious
    assert all(each.location is not None and each.location.span is not None for each in serious)


@each_form
@each_mistake
def test_in_any_form_through_the_command(mistake: Edit, form: Form, tmp_path: Path) -> None:
    """So it does in JSON, for a folder as it is named to a hook, and the exit code says the same."""
    form(edited([mistake]), tmp_path)
    done = portmap("lint", "--format", "json", str(tmp_path))
    told = {each["severity"] for each in json.loads(done.out)["findings"]}
    assert told & SERIOUS
    assert done.code == ("error" in told)
    assert mistake in DOUBTFUL or "error" in told


@pytest.mark.parametrize("options", [(), ("--complete",), ("--namespace", "shop")], ids=" ".join)
@each_form
@pytest.mark.parametrize(("name", "edits"), [("what is right", []), *UNUSUAL])
def test_what_is_right_in_any_form(
    name: str, edits: list[Edit], form: Form, options: Sequence[str], tmp_path: Path
) -> None:
    """What is unusual, though right, raises nothing above information, however it is written."""
    del name
    form(edited(edits), tmp_path)
    done = portmap("lint", "--format", "json", *options, str(tmp_path))
    assert not SERIOUS & {each["severity"] for each in json.loads(done.out)["findings"]}
    assert done.code == 0


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each[0])
def test_through_the_command(mistake: Edit) -> None:
    """A mistake that is piped into the command fails it."""
    done = portmap("lint", "-", stdin=yaml.safe_dump_all(edited([mistake])))
    assert (done.code, "error: " in done.out) == (1, True)


@each_mistake
def test_of_typed_objects(mistake: Edit) -> None:
    """A mistake in typed objects is refused when they are made, or found by the linter."""
    try:
        objects = [each if each["kind"] == "Ingress" else read(each) for each in edited([mistake])]
    except ValidationError:
        return
    assert any(each.severity in SERIOUS for each in lint(objects))


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
    """What no server takes cannot be built."""
    with pytest.raises(ValidationError):
        build()
