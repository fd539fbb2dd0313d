"""Fields that an object cannot have are neither set nor removed."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifest_texts import EDITED, OTHER_KINDS
from portmap import ManifestError
from portmap._apiserver.service_schema import SERVICE
from portmap._kubernetes.schema import Reader
from portmap._manifests.known_fields import TOP
from portmap.manifests import edit, set_fields, validate


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Return a file with a Service and something else."""
    file = tmp_path / "web.yaml"
    file.write_bytes(EDITED.encode())
    return file


@pytest.mark.parametrize(
    ("target", "change", "words"),
    [
        ("deployment/web", "replicas=5", "'replicas' at the top of Deployment: write spec.replicas"),
        ("deployment/web", "paused-", "'paused' at the top of Deployment: write spec.paused"),
        ("deployment/web", "['paused']=true", "'paused' at the top of Deployment: write spec.paused"),
        ("deployment/web", "containers.app.image=b", "write spec.template.spec.containers…"),
        ("deployment/web", "labels.a=b", "write metadata.labels…"),
        ("deployment/web", "metdata.labels.a=b", "did you mean 'metadata'?"),
        ("ingress/web", "rules[0].host=b.example", "'rules' at the top of Ingress: write spec.rules…"),
        ("ingress/web", "tls[+]={hosts: [a.example]}", "'tls' at the top of Ingress: write spec.tls…"),
        ("configmap/web", "LEVEL=debug", "write data.LEVEL"),
        ("configmap/web", "PORT=80", "it has apiVersion, kind, metadata, data, binaryData, immutable"),
        ("secret/web", "stringdata.a=b", "did you mean 'stringData'?"),
        ("application/web", "operation.retry=1", "write spec.operation…, or ['operation'] if this kind has it there"),
    ],
)
def test_unknown_fields_at_the_top(web: Path, target: str, change: str, words: str) -> None:
    """A path of another kind than Service begins at its top; the error says where the field is."""
    web.write_text(OTHER_KINDS, encoding="utf-8")
    with pytest.raises(ManifestError, match=re.escape(words)):
        set_fields(web, target, change)
    assert web.read_text(encoding="utf-8") == OTHER_KINDS


@pytest.mark.parametrize(
    ("target", "change"),
    [
        ("deployment/web", "status.replicas=1"),
        ("configmap/web", "immutable=true"),
        ("secret/web", "stringData.a=b"),
        ("secret/web", "type=Opaque"),
        ("application/web", "['operation'].retry=1"),
        ("kubeletconfiguration/web", "maxPods=1"),
        ("odd/web", "replicas-"),
    ],
)
def test_accepted_fields_at_the_top(web: Path, target: str, change: str) -> None:
    """Fields of the kind, existing ones, quoted ones of custom kinds, and any of unknown kinds are accepted."""
    web.write_text(OTHER_KINDS, encoding="utf-8")
    assert edit(web, target, change).changes


def test_a_kind_that_becomes_a_mapping(web: Path) -> None:
    """If an earlier change made a mapping of the kind, the error is about the kind."""
    web.write_text(OTHER_KINDS, encoding="utf-8")
    with pytest.raises(ManifestError, match="would have no kind"):
        set_fields(web, "configmap/web", "kind={a: b}", "x=1")


@given(
    st.from_regex(r"[a-zA-Z]{1,12}", fullmatch=True).filter(lambda name: name not in TOP),
    st.sampled_from(["=1", "-", ".x=1", "[0]-", "[+]=1"]),
    st.sampled_from(["deployment/web", "ingress/web", "application/web"]),
)
def test_no_new_field_beside_a_spec(
    tmp_path_factory: pytest.TempPathFactory, name: str, rest: str, target: str
) -> None:
    """Beside a `spec`, no new field of another name can be set or removed."""
    file = tmp_path_factory.mktemp("top") / "web.yaml"
    file.write_text(OTHER_KINDS, encoding="utf-8")
    with pytest.raises(ManifestError, match=f"there is no field '{name}' at the top of"):
        edit(file, target, f"{name}{rest}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ports.http.nodeport-", "there is no field 'nodeport' in spec.ports[0]; did you mean 'nodePort'?"),
        ("ports.http.targetport=x", "there is no field 'targetport' in spec.ports[0]; did you mean 'targetPort'?"),
        ("ports[+].prt=1", "there is no field 'prt' in spec.ports[+]; did you mean 'port'?"),
        ("prots[0].port=1", "did you mean 'ports'?"),
        ("spce.type-", "did you mean 'spec'?"),
        ("spec.tpye-", "there is no field 'tpye' in spec; did you mean 'type'?"),
        ("labels.app=x", "write metadata.labels"),
        ("metadata.lables.app-", "there is no field 'lables' in metadata; did you mean 'labels'?"),
        ("sessionAffinityConfig.clientIp.timeoutSeconds=5", "did you mean 'clientIP'?"),
        ("['replicas']=5", "there is no field 'replicas' in a Service"),
        ("type.x-", "spec.type has no fields"),
        ("ports.metrics.targetPort.x-", "spec.ports[1].targetPort has no fields"),
    ],
)
def test_unknown_fields_of_services(web: Path, change: str, words: str) -> None:
    """A field that no Service has is refused, with the nearest name."""
    with pytest.raises(ManifestError, match=re.escape(words)):
        set_fields(web, "service/web", change)
    assert web.read_bytes() == EDITED.encode()


def test_existing_unknown_fields_can_be_removed(web: Path) -> None:
    """An unknown field that exists can be removed, at any depth; removing a field that is not set changes nothing."""
    extra = "    targetPort: 8080\n    targetport: {a: b}\n"
    web.write_text(EDITED.replace("    targetPort: 8080\n", extra), encoding="utf-8")
    set_fields(web, "service/web", "ports.http.targetport.a-", "ports.http.targetport-", "ports.http.nodePort-")
    assert web.read_bytes() == EDITED.encode()
    assert not edit(web, "service/web", "sessionAffinityConfig.clientIP.timeoutSeconds-", "status-").changes


def _field_paths(reader: Reader, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if reader.fields is None and reader.item is not None:
        yield from _field_paths(reader.item, (*path[:-1], f"{path[-1]}[0]"))
    for name, below in (reader.fields or {}).items():
        yield (*path, name)
        yield from _field_paths(below, (*path, name))


FULL: Any = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "ownerReferences": [{}], "managedFields": [{}]},
    "spec": {"ports": [{"port": 80}]},
    "status": {"loadBalancer": {"ingress": [{"ports": [{}]}]}, "conditions": [{}]},
}


@given(
    st.sampled_from(sorted(_field_paths(SERVICE))),
    st.one_of(
        st.just(str),
        st.just(str.lower),
        st.just(str.title),
        st.integers(0, 6).map(lambda n: lambda s: s[:n] + s[n + 1 :]),
    ),
)
def test_fields_of_a_service_are_those_of_the_server(
    tmp_path_factory: pytest.TempPathFactory, path: tuple[str, ...], misspell: Callable[[str], str]
) -> None:
    """A field is refused as unknown exactly where a server refuses it in a manifest."""
    file = tmp_path_factory.mktemp("fields") / "web.json"
    file.write_text(json.dumps(FULL), encoding="utf-8")
    name = misspell(path[-1])
    changed = copy.deepcopy(FULL)
    here = changed
    for step in path[:-1]:
        field, index, _ = step.partition("[0]")
        here = here.setdefault(field, {})
        here = here[0] if index else here
    if not name or name in here:
        return
    here[name] = None
    change = f"{'.'.join((*path[:-1], name))}-"
    if not any(each.code == "unknown-field" for each in validate(changed)):
        assert not edit(file, "service/web", change).changes
        return
    with pytest.raises(ManifestError, match=f"there is no field '{name}' in") as caught:
        edit(file, "service/web", change)
    if name.lower() == path[-1].lower():
        assert caught.value.problem.endswith(f"; did you mean {path[-1]!r}?")
