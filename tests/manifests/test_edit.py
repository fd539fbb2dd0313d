"""Changing fields in place: exactly what was asked for changes, and every other byte stays."""

import copy
import difflib
import gzip
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import portmap
from portmap import ManifestError, ValidationError
from portmap._apiserver.service_schema import SERVICE
from portmap._kubernetes.schema import Reader
from portmap._manifests.known_fields import TOP
from portmap.manifests import edit, load, set_fields, validate

WEB = """\
# Ask Kim.
apiVersion: v1
kind: Service
metadata:
  name: web   # the name
  labels:
    app: web
    tier: 'front'
spec:
  ports:
  - name: http  # old
    port: 80
    targetPort: 8080
  - {name: metrics, port: 90}
---
a:   b   # not ours
"""


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A file with a Service and something else."""
    file = tmp_path / "web.yaml"
    file.write_bytes(WEB.encode())
    return file


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("ports.http.targetPort=http", "targetPort: 8080", "targetPort: http"),
        ("spec.ports[0].port=81", "port: 80\n", "port: 81\n"),
        ("ports.90.protocol=UDP", "port: 90}", "port: 90, protocol: UDP}"),
        ("ports[name=http].nodePort=", "targetPort: 8080\n", "targetPort: 8080\n    nodePort: null\n"),
        ("ports.http.targetPort-", "    targetPort: 8080\n", ""),
        ("ports.metrics-", "  - {name: metrics, port: 90}\n", ""),
        ("ports[+]={name: x, port: 91}", "port: 90}\n", "port: 90}\n  - name: x\n    port: 91\n"),
        ("metadata.labels.tier=back", "'front'", "'back'"),
        ("metadata.labels.app='1e3'", "app: web\n", 'app: "1e3"\n'),
        ("metadata.labels['a.b/c']=d", "'front'\n", "'front'\n    a.b/c: d\n"),
        ("metadata.labels.app-", "    app: web\n", ""),
        ("metadata.annotations.a=b", "'front'\n", "'front'\n  annotations:\n    a: b\n"),
        ("selector.app=web", "port: 90}\n", "port: 90}\n  selector:\n    app: web\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_change_changes_its_place_alone(web: Path, change: str, old: str, new: str, newline: str, bom: str) -> None:
    """A field or a port is set, added or removed, with the newlines and the byte order mark of the file."""
    web.write_bytes((bom + WEB.replace("\n", newline)).encode())
    set_fields(web, "service/web", change)
    assert WEB.count(old) == 1
    assert web.read_bytes().decode() == bom + WEB.replace(old, new).replace("\n", newline)


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("ports[0].port=81", "80", "81"),
        ("ports[0].targetPort=a", "80}", '80, "targetPort": "a"}'),
        ("metadata.labels.a=y", '"web"\n', '"web",\n    "labels": {"a": true}\n'),
    ],
)
def test_json_stays_json(tmp_path: Path, change: str, old: str, new: str) -> None:
    """In JSON what is added is JSON, laid out as what stands beside it."""
    text = """{"apiVersion": "v1", "kind": "Service",
  "metadata": {
    "name": "web"
  },
  "spec": {"ports": [{"port": 80}]}}
"""
    file = tmp_path / "web.json"
    file.write_text(text, encoding="utf-8")
    if "labels" in change:
        with pytest.raises(ValidationError):
            set_fields(file, "svc/web", change)
        set_fields(file, "svc/web", change, string=True)
        new = new.replace("true", '"y"')
    else:
        set_fields(file, "svc/web", change)
    assert file.read_text(encoding="utf-8") == text.replace(old, new)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ports.http.port=0", "must be between 1 and 65535"),
        ("ports.htpp.port=1", "did you mean 'http'?"),
        ("ports[7].port=1", "so there is no [7]"),
        ("ports", "is no change"),
        ("ports..x=1", "is no change"),
        ("ports[+]={a: 1, a: 2}", "gives a key twice"),
        ("ports={", "cannot be read"),
        ("ports=[]", "change them one by one"),
        ("metadata.name.x=1", "has no fields"),
        ("ports.8080.port=1", "has no item '8080'; it has 'http', 'metrics'"),
        ("ports[http].port=1", "'[http].port=1' is neither a step of a path nor =VALUE"),
        ("ports.http.port", "there is no =VALUE"),
        ("=1", "it begins with no field"),
        ("metadata.labels.app.kubernetes.io/name=x", "metadata.labels['app.kubernetes.io/name']"),
        ("kind-", "would be left without kind"),
        ("apiVersion=1", "would be left without apiVersion"),
        ("metadata.name-", "would be left without metadata.name"),
        ("metadata.labels.app=.inf", "cannot be read"),
    ],
)
def test_what_is_refused_changes_nothing(web: Path, change: str, said: str) -> None:
    """A change that is wrong, or would make the object wrong, says why and leaves the file as it was."""
    with pytest.raises((ManifestError, ValidationError)) as caught:
        set_fields(web, "service/web", change)
    assert said in str(caught.value)
    assert web.read_bytes() == WEB.encode()


def test_faults_that_were_there_are_mended_together(web: Path) -> None:
    """Who mends one fault of several is told that it can be done in one call; who makes the first one is not."""
    web.write_text(WEB.replace("port: 80\n", "port: 0\n").replace("port: 90}", "port: 0}"), encoding="utf-8")
    with pytest.raises(ValidationError) as caught:
        set_fields(web, "service/web", "ports.http.port=80")
    assert {each.field[:13] for each in caught.value.violations} == {"spec.ports[1]"}
    [note] = caught.value.__notes__
    assert "mended together" in note
    assert note in portmap("set", str(web), "service/web", "ports.http.port=80").err.splitlines()
    set_fields(web, "service/web", "ports.http.port=80", "ports.metrics.port=90")
    assert web.read_bytes() == WEB.encode()
    assert "mended" not in portmap("set", str(web), "service/web", "ports.http.port=0").err


OTHERS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: example.com/web:1, ports: [{containerPort: 8080}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: a.example}]}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {LEVEL: info}}
---
{apiVersion: v1, kind: Secret, metadata: {name: web}}
---
{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web}, spec: {project: default}}
---
{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, metadata: {name: web}}
---
{apiVersion: example.com/v1, kind: Odd, metadata: {name: web}, spec: {}, replicas: 5}
"""


@pytest.mark.parametrize(
    ("target", "change", "code"),
    [
        ("deployment/web", "spec.template.spec.containers.app.ports.8080.containerPort=0", 2),
        ("deployment/web", "spec.template.spec.containers.app.ports.8080.name=-", 2),
        ("deployment/web", "spec.replicas=many", 0),
        ("ingress/web", "spec.rules[0].host=-", 0),
        ("ingress/web", "metadata.labels={a: -}", 0),
    ],
)
def test_what_is_judged_of_other_kinds(web: Path, target: str, change: str, code: int) -> None:
    """What makes pods is judged as far as ports are concerned, and other kinds not at all."""
    web.write_text(OTHERS, encoding="utf-8")
    assert portmap("set", str(web), target, change).code == code


@pytest.mark.parametrize(
    ("target", "change", "said"),
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
def test_a_field_at_the_top_is_one_that_the_kind_has(web: Path, target: str, change: str, said: str) -> None:
    """A path of another kind than Service begins at its top; who left out `spec` is told what to write."""
    web.write_text(OTHERS, encoding="utf-8")
    with pytest.raises(ManifestError, match=re.escape(said)):
        set_fields(web, target, change)
    assert web.read_text(encoding="utf-8") == OTHERS


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
def test_what_may_stand_at_the_top(web: Path, target: str, change: str) -> None:
    """What the kind has, what is there, what is quoted in a custom kind, and anything where nobody can know."""
    web.write_text(OTHERS, encoding="utf-8")
    assert edit(web, target, change).changes


def test_a_kind_may_become_anything_on_the_way(web: Path) -> None:
    """A change before may have made a mapping of the kind; that is refused as a whole, without another error."""
    web.write_text(OTHERS, encoding="utf-8")
    with pytest.raises(ManifestError, match="would be left without kind"):
        set_fields(web, "configmap/web", "kind={a: b}", "x=1")


@given(
    st.from_regex(r"[a-zA-Z]{1,12}", fullmatch=True).filter(lambda name: name not in TOP),
    st.sampled_from(["=1", "-", ".x=1", "[0]-", "[+]=1"]),
    st.sampled_from(["deployment/web", "ingress/web", "application/web"]),
)
def test_no_new_field_beside_a_spec(
    tmp_path_factory: pytest.TempPathFactory, name: str, rest: str, target: str
) -> None:
    """Of what has a spec, no path begins with a field that is not there and that no such object has."""
    file = tmp_path_factory.mktemp("top") / "web.yaml"
    file.write_text(OTHERS, encoding="utf-8")
    with pytest.raises(ManifestError, match=f"there is no field '{name}' at the top of"):
        edit(file, target, f"{name}{rest}")


@pytest.mark.parametrize(
    ("change", "said"),
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
def test_a_service_has_no_other_fields(web: Path, change: str, said: str) -> None:
    """A field that no Service has is neither set nor removed, and the one that was meant is told."""
    with pytest.raises(ManifestError, match=re.escape(said)):
        set_fields(web, "service/web", change)
    assert web.read_bytes() == WEB.encode()


def test_an_unknown_field_that_is_there_can_be_removed(web: Path) -> None:
    """What a server would refuse is mended by removing it, at any depth; a field that is not set may be removed."""
    extra = "    targetPort: 8080\n    targetport: {a: b}\n"
    web.write_text(WEB.replace("    targetPort: 8080\n", extra), encoding="utf-8")
    set_fields(web, "service/web", "ports.http.targetport.a-", "ports.http.targetport-", "ports.http.nodePort-")
    assert web.read_bytes() == WEB.encode()
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
def test_a_service_has_the_fields_that_a_server_knows(
    tmp_path_factory: pytest.TempPathFactory, path: tuple[str, ...], misspell: Callable[[str], str]
) -> None:
    """A field is refused as unknown exactly where a server would do so of an object that has it."""
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


def test_an_object_can_be_renamed(web: Path) -> None:
    """The changes after it, and the verdict, are still about the same object."""
    set_fields(web, "service/web", "metadata.name=shop", "ports.http.port=81", "metadata.namespace=a")
    assert web.read_text(encoding="utf-8") == (
        WEB.replace("name: web ", "name: shop ")
        .replace("port: 80\n", "port: 81\n")
        .replace("'front'\n", "'front'\n  namespace: a\n")
    )


@pytest.mark.parametrize(
    ("namespaces", "given", "changed"),
    [(("a", "b"), "b", 1), (("a", ""), "a", 0), (("a", ""), "default", 1), (("", "a"), "a", 1), (("", "b"), "a", 0)],
)
def test_the_namespace_tells_objects_apart(
    tmp_path: Path, namespaces: tuple[str, ...], given: str, changed: int
) -> None:
    """An object that says the namespace is meant before one that says none, which may be applied to any."""
    file = tmp_path / "web.yaml"
    parts = [WEB.partition("---\n")[0].replace("name: web ", f"namespace: {each}\n  name: web ") for each in namespaces]
    file.write_text("---\n".join(parts), encoding="utf-8")
    set_fields(file, "service/web", "ports.http.port=81", namespace=given)
    parts[changed] = parts[changed].replace("port: 80\n", "port: 81\n")
    assert file.read_text(encoding="utf-8") == "---\n".join(parts)


@pytest.mark.parametrize(
    ("target", "text", "said"),
    [
        ("service/a/b/web", WEB, "write KIND/NAME"),
        ("service//web", WEB, "write KIND/NAME"),
        ("service/", WEB, "write KIND/NAME"),
        (
            "service/prod/web",
            "---\n".join(WEB.replace("  name: web ", f"  namespace: {each}\n  name: web ") for each in ("b", "a")),
            "there is no service/prod/web; it is in a, b",
        ),
        ("deploy/web", WEB, "there is no deploy/web; there is service/web"),
        ("service/wbe", WEB, "did you mean 'web'?"),
        ("web", WEB, "write KIND/NAME"),
        ("service/web", WEB + "---\n" + WEB, "(line 2, line 19): nothing tells them apart"),
        (
            "service/web",
            WEB + "---\n" + WEB.replace("  name: web ", "  namespace: a\n  name: web "),
            "(line 2, line 19 in a): give its namespace",
        ),
    ],
)
def test_the_object_must_be_there_once(web: Path, target: str, text: str, said: str) -> None:
    """Which objects there are is told where the one that is named is not there, or there several times."""
    web.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=re.escape(said)):
        set_fields(web, target, "ports.http.port=81")


def test_the_namespace_may_stand_in_the_name(web: Path) -> None:
    """As `portmap trace` takes it; it is the same as to give the namespace besides, and may not contradict it."""
    parts = [WEB.replace("  name: web ", f"  namespace: {each}\n  name: web ") for each in ("a", "b")]
    web.write_text("---\n".join(parts), encoding="utf-8")
    set_fields(web, "svc/b/web", "ports.http.port=81")
    set_fields(web, "service/b/web", "ports.http.port=81", namespace="b")
    assert web.read_text(encoding="utf-8") == "---\n".join([parts[0], parts[1].replace("port: 80\n", "port: 81\n")])
    with pytest.raises(ManifestError, match="'svc/b/web' is not in namespace 'a'"):
        set_fields(web, "svc/b/web", "ports.http.port=81", namespace="a")
    with pytest.raises(ManifestError, match="there is no svc/web in namespace c; it is in a, b"):
        set_fields(web, "svc/web", "ports.http.port=81", namespace="c")


LAID_OUT = """apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    text: |
      one
spec:
  # about ports
  ports: # here
  # about the first
  - name: http # first
    # about its port
    port: 80
  - # nothing
    name: dns
    port: 53
  externalIPs: [
    "10.0.0.1",  # one
    "10.0.0.2"   # two
  ]
  clusterIPs: [
    "10.0.0.1", # three
    "fd00::1", # four
  ]
  selector: # mine
    # about app
    app: web # a
"""


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (
            "selector.app-",
            "selector: # mine\n    # about app\n    app: web # a\n",
            "selector: {} # mine\n    # about app\n",
        ),
        ("ports.http.name-", "  - name: http # first\n", "  -\n"),
        ("ports.http.port-", "    # about its port\n    port: 80\n", "    # about its port\n"),
        ("externalIPs[1]-", '"10.0.0.1",  # one\n    "10.0.0.2"   # two\n', '"10.0.0.1"  # one\n'),
        ("externalIPs[0]-", '    "10.0.0.1",  # one\n', ""),
        ("externalIPs[+]='::1'", '"10.0.0.2"   # two\n', '"10.0.0.2",   # two\n    "::1"\n'),
        ("clusterIPs[1]-", '    "fd00::1", # four\n', ""),
        ("clusterIPs[+]='::1'", '"fd00::1", # four\n', '"fd00::1", # four\n    "::1",\n'),
        ("metadata.annotations.text='two\n\nthree\n\n'", "|\n      one\n", "|\n      two\n      three\n"),
        ("selector.app='x\n\ny'", "app: web #", 'app: "x\\ny" #'),
        ("metadata.annotations.text-", ":\n    text: |\n      one\n", ": {}\n"),
    ],
)
def test_comments_stay_where_they_are(tmp_path: Path, change: str, old: str, new: str) -> None:
    """What is added or removed has lines of its own, and takes no comment with it that is not on them."""
    file = tmp_path / "pod.yaml"
    text = LAID_OUT.replace("Service", "Settings")  # A kind of which nothing is judged.
    file.write_text(text, encoding="utf-8")
    assert text.count(old) == 1
    path = re.sub(r"^(?=ports|selector|externalIPs|clusterIPs)", "spec.", change)
    set_fields(file, "settings/web", path)
    assert file.read_text(encoding="utf-8") == text.replace(old, new)


def test_the_only_port_is_removed(tmp_path: Path) -> None:
    """A list whose dashes stand below its key is left empty, with the comments that are not those of its item."""
    file = tmp_path / "web.yaml"
    file.write_text("kind: A\nmetadata:\n  name: a\nports: # x\n# y\n- b: 1\n  c: 2 # z\n# q\nd: 1", encoding="utf-8")
    set_fields(file, "a/a", "ports[0]-")
    assert file.read_text(encoding="utf-8") == "kind: A\nmetadata:\n  name: a\nports: [] # x\n# y\n# q\nd: 1"
    file.write_text("kind: A\nmetadata: {name: a}\nports: &p\n- b", encoding="utf-8")
    set_fields(file, "a/a", "ports[0]-", "metadata.labels={ a: b }", "metadata.labels.a-")
    assert file.read_text(encoding="utf-8") == "kind: A\nmetadata: {name: a, labels: {}}\nports: &p []"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("metadata.labels.app=x", "would change more of the file than this field: what an anchor .&. marks is used"),
        ("spec.selector.app=x", "is an alias"),
        ("spec.selector.tier=x", "is an alias"),
        ("metadata.annotations.app=x", "merge key"),
        ("metadata.annotations.app-", "merge key"),
        ("type=NodePort", "given twice"),
    ],
)
def test_what_others_share_is_refused(tmp_path: Path, change: str, said: str) -> None:
    """Anchors, aliases, merged keys and keys given twice are not touched, and the place is told."""
    file = tmp_path / "web.yaml"
    text = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels: &l\n    app: web\n"
        "  annotations:\n    <<: *l\n    b: c\nspec:\n  selector: *l\n  type: ClusterIP\n  type: ClusterIP\n"
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=said) as caught:
        set_fields(file, "service/web", change)
    assert caught.value.span is not None
    assert caught.value.source == str(file)
    assert file.read_text(encoding="utf-8") == text


@given(st.text(max_size=20))
def test_any_text_reads_back(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    """Whatever text is set is what is read, in block and flow style and in quotes; else nothing changes."""
    file = tmp_path_factory.mktemp("any") / "map.yaml"
    text = "kind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: x # c\n  b: 'x'\n  c: {d: x}\n"
    for path in ("data.a", "data.b", "data.c.d"):
        file.write_text(text, encoding="utf-8")
        try:
            set_fields(file, "configmap/m", f"{path}={value}", string=True)
        except (ManifestError, UnicodeEncodeError):
            assert file.read_text(encoding="utf-8") == text
            continue
        found: Any = load(file)[0].raw
        for step in path.split("."):
            found = found[step]
        assert found == value
        set_fields(file, "configmap/m", f"{path}=x")
        assert load(file)[0].raw == {
            "kind": "ConfigMap",
            "metadata": {"name": "m"},
            "data": {"a": "x", "b": "x", "c": {"d": "x"}},
        }


COMMENTED = """\
# 0
apiVersion: v1 # 1
kind: Service # 2
metadata: # 3
  name: web # 4
  labels: {app: web, tier: front} # 5
spec: # 6
  # 7
  selector: # 8
    app: web # 9
  ports: # 10
  - name: http # 11
    port: 80 # 12
  - {name: https, port: 443} # 13
  # 14
"""

ports = st.fixed_dictionaries(
    {"name": st.sampled_from(["dns", "grpc", "metrics"]), "port": st.integers(1, 65535).filter(lambda n: n != 80)},
    optional={"protocol": st.sampled_from(["UDP", "SCTP"]), "targetPort": st.sampled_from([8080, "web"])},
)
additions = st.one_of(
    ports.map(lambda port: (f"ports[+]={json.dumps(port)}", f"ports.{port['name']}-")),
    st.sampled_from(["metadata.labels.team", "selector.team", "metadata.annotations['a.b/c']"]).map(
        lambda path: (f"{path}=blue", f"{path}-")
    ),
    st.sampled_from(["ports.http.targetPort", "ports.https.targetPort"]).flatmap(
        lambda path: st.integers(1, 65535).map(lambda number: (f"{path}={number}", f"{path}-"))
    ),
    st.just(("publishNotReadyAddresses=true", "publishNotReadyAddresses-")),
)


@given(st.lists(additions, min_size=1, max_size=4, unique_by=lambda pair: pair[1]), st.sampled_from(["\n", "\r\n"]))
def test_what_is_added_is_removed_again(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], newline: str
) -> None:
    """Additions keep every line that was there, in order; removing them last to first leaves the old data."""
    file = tmp_path_factory.mktemp("add") / "web.yaml"
    before = COMMENTED.replace("\n", newline)
    file.write_bytes(before.encode())
    try:
        set_fields(file, "service/web", *(added for added, _ in pairs))
    except ValidationError:  # Two ports of the same number.
        assert file.read_bytes() == before.encode()
        return
    after = file.read_bytes().decode()
    kept = [line for line in after.splitlines(keepends=True) if re.search(r"# [0-9]+", line)]
    assert [re.search(r"# [0-9]+", line)[0] for line in kept] == [f"# {number}" for number in range(15)]  # type: ignore[index]
    assert after.count(newline) == len(after.splitlines())
    set_fields(file, "service/web", *(removed for _, removed in reversed(pairs)))
    [document] = load(file)
    raw = dict(document.raw)
    raw["metadata"] = {key: value for key, value in raw["metadata"].items() if value != {}}
    file.write_bytes(before.encode())
    assert raw == load(file)[0].raw


@given(st.permutations(["ports.https", "metadata.labels.tier", "metadata.labels", "selector", "ports.http.name"]))
def test_what_is_removed_takes_only_its_own_lines(tmp_path_factory: pytest.TempPathFactory, paths: list[str]) -> None:
    """Removals leave the rest of the data; to remove what is not there changes nothing."""
    file = tmp_path_factory.mktemp("remove") / "web.yaml"
    file.write_text(COMMENTED, encoding="utf-8")
    wanted: Any = load(file)[0].raw
    for path in paths:
        try:
            done = set_fields(file, "service/web", f"{path}-")
        except ValidationError:  # One of two ports without a name.
            assert path == "ports.http.name"
            continue
        before, after = (each.decode().splitlines() for each in (done.before, done.after))
        assert len(before) >= len(after)
        assert len(set(after) - set(before)) <= 2
        match path:
            case "ports.https":
                wanted["spec"]["ports"] = wanted["spec"]["ports"][:1]
            case "ports.http.name":
                del wanted["spec"]["ports"][0]["name"]
            case "selector":
                del wanted["spec"]["selector"]
            case "metadata.labels":
                del wanted["metadata"]["labels"]
            case _:
                wanted["metadata"].get("labels", {}).pop("tier", None)
        assert load(file)[0].raw == wanted


def _scalars(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if "'" not in key:
                yield from _scalars(each, f"{path}['{key}']")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _scalars(each, f"{path}[{index}]")
    elif value is not None:
        yield path, value


def test_one_field_of_real_manifests(shared: Path, tmp_path: Path) -> None:
    """One change of any published file touches only the lines of its field, is made once, and can be taken back."""
    files = sorted(each for each in (shared / "corpus").rglob("*.y*ml") if each.is_file())
    rng = random.Random(6)
    edited = 0
    for file in rng.sample(files, 300):
        try:
            documents = [each for each in load(file) if isinstance(each.raw, dict) and each.kind and each.name]
        except ManifestError:
            continue
        if not documents:
            continue
        document = rng.choice(documents)
        fields = [
            (path, value)
            for path, value in _scalars(document.raw)
            if path not in {"['kind']", "['apiVersion']", "['metadata']['name']", "['metadata']['generateName']"}
        ]
        if not fields:
            continue
        path, value = rng.choice(fields)
        new = "false" if value is True else "true" if value is False else value + 1 if value != str(value) else "new"
        target = f"{document.kind}/{document.name}"
        copied = tmp_path / "copy.yaml"
        copied.write_bytes(file.read_bytes())
        try:
            done = set_fields(copied, target, f"{path}={new}")
        except (ManifestError, ValidationError):
            assert copied.read_bytes() == file.read_bytes()
            continue
        assert not edit(copied, target, f"{path}={new}").changes
        span = document.span(path.replace("['", "[").replace("']", "]"))
        assert span is not None
        before, after = (each.decode().splitlines(keepends=True) for each in (done.before, done.after))
        for tag, start, end, _, _ in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            assert tag == "equal" or (start >= span.line - 1 and end <= span.end_line), f"{file}: {path}"
        old = str(value).lower() if isinstance(value, bool) else str(value)
        set_fields(copied, target, f"{path}={old}", string=isinstance(value, str))
        assert [each.raw for each in load(copied)] == [each.raw for each in load(file)]
        edited += 1
    assert edited > 200


class TestTheCommand:
    """`portmap set`."""

    def test_it_writes_only_when_it_should(self, web: Path) -> None:
        """`--check` and `--diff` write nothing; without them the file changes, and then no more, which is told."""
        arguments = ("set", str(web), "svc/web", "ports.http.port=81")
        assert portmap(*arguments, "--check").code == 1
        shown = portmap(*arguments, "--diff")
        assert (shown.code, "-    port: 80\n+    port: 81\n" in shown.out) == (0, True)
        assert web.read_bytes() == WEB.encode()
        assert portmap(*arguments) == (0, "", "")
        assert web.read_bytes() == WEB.replace("port: 80\n", "port: 81\n").encode()
        nothing = f"{web}: svc/web: nothing to change\n"
        for option in ((), ("--check",), ("--diff",)):
            assert portmap(*arguments, *option) == (0, "", nothing)
        assert portmap("set", str(web), "svc/web", "ports.http.appProtocol-") == (0, "", nothing)

    @pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \0", b"a: [", b"{{ template }}", b"", b"\x1f\x8b"])
    def test_what_cannot_be_read_is_an_error(self, web: Path, content: bytes) -> None:
        """A file that is no manifest is named, with exit code 2, and stays."""
        web.write_bytes(content)
        run = portmap("set", str(web), "service/web", "ports.http.port=81")
        assert (run.code, run.out, str(web) in run.err) == (2, "", True)
        assert web.read_bytes() == content

    def test_packed_files_are_not_changed(self, tmp_path: Path) -> None:
        """A file that gzip packed is refused by its name, whatever is in it, and stays."""
        packed = tmp_path / "web.yaml.gz"
        packed.write_bytes(gzip.compress(WEB.encode()))
        before = packed.read_bytes()
        run = portmap("set", str(packed), "service/web", "ports.http.port=81")
        assert (run.code, run.out, "is packed by gzip" in run.err) == (2, "", True)
        assert packed.read_bytes() == before

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_standard_input_goes_to_standard_output(self, newline: str) -> None:
        """Of `-`, the whole result is written, changed or not; `--check` and `--diff` write as of a file."""
        text = WEB.replace("\n", newline)
        arguments = ("set", "-", "service/web")
        done = portmap(*arguments, "ports.http.port=81", stdin=text)
        assert done == (0, text.replace("port: 80", "port: 81"), "")
        nothing = "<stdin>: service/web: nothing to change\n"
        assert portmap(*arguments, "ports.http.port=80", stdin=text) == (0, text, nothing)
        assert portmap(*arguments, "ports.http.port=81", "--check", stdin=text) == (1, "", "<stdin>: would change\n")
        assert portmap(*arguments, "ports.http.port=81", "--diff", stdin=text).out.startswith("--- <stdin>\n")
        refused = portmap(*arguments, "ports.http.port=0", stdin=text)
        assert (refused.code, refused.out) == (2, "")

    def test_standard_output_has_the_bytes_of_standard_input(self) -> None:
        """A process writes UTF-8, whatever its locale says, and the newlines that it read."""
        text = WEB.replace("Ask Kim", "Frag Jörg").replace("\n", "\r\n").encode()
        done = subprocess.run(
            [sys.executable, "-m", "portmap", "set", "-", "svc/web", "ports.http.port=81"],
            input=text,
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
        )
        assert done.stdout == text.replace(b"port: 80", b"port: 81")

    def test_folders_and_missing_files(self, tmp_path: Path) -> None:
        """A folder, a dangling link and a file that is not there are errors, and nothing is made."""
        (tmp_path / "link.yaml").symlink_to("nowhere.yaml")
        for name in (".", "link.yaml", "none.yaml", "a\0b"):
            run = portmap("set", str(tmp_path / name), "service/web", "ports.http.port=81")
            assert (run.code, run.err.count("\n")) == (2, 2)
        assert [each.name for each in tmp_path.iterdir()] == ["link.yaml"]

    @pytest.mark.parametrize(("given", "code"), [((), 2), (("--node-port-range", "20000-22767"), 0)])
    def test_node_ports_are_judged_by_the_range_of_the_cluster(
        self, web: Path, given: tuple[str, ...], code: int
    ) -> None:
        """What a range of one's own allows is written, and else refused with the option that names the range."""
        run = portmap("set", str(web), "service/web", "type=NodePort", "ports.http.nodePort=20000", *given)
        assert (run.code, "--node-port-range" in run.err) == (code, code == 2)
        assert (web.read_bytes() == WEB.encode()) == (code == 2)
        assert portmap("set", str(web), "service/web", "type=NodePort", "--node-port-range", "9").code == 2
