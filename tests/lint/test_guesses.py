"""What rules ask of other folders, where only a part of the input is there: guessed, and asked again at the end."""

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from command_line import deployment, service, write
from in_parts import Here, told
from portmap import Cluster, Container, ContainerPort, Labels, Pod, Service, ServicePort, Workload
from portmap._graph.label_selectors import Selector
from portmap._lint import parallel as _parts
from portmap._lint.item import items_of
from portmap._lint.packing import packed, unpacked
from portmap._lint.parallel_part import Judge, Known, PutOff, Verdict, judged_again
from portmap._lint.whole_input import At, Heard, Whole, item_of, told_of
from portmap._manifests.load import documents_of
from portmap.lint import RULES, Bundle, Found, Report, RuleError, at, lint_paths, rule
from portmap.strategies import services, workloads


def ingress(name: str, port: str = "number: 80") -> str:
    backend = f"{{service: {{name: {name}, port: {{{port}}}}}}}"
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: front, namespace: shop}}
spec: {{defaultBackend: {backend}}}
"""


def route(name: str, namespace: str = "") -> str:
    there = f", namespace: {namespace}" if namespace else ""
    return f"""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: route, namespace: edge}}
spec: {{parentRefs: [{{name: gateway}}], rules: [{{backendRefs: [{{name: {name}, port: 80{there}}}]}}]}}
"""


GRANT: Final = """\
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: routes, namespace: far}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: else}], to: [{group: "", kind: Service}]}
"""


def monitor(label: str, kind: str = "ServiceMonitor") -> str:
    endpoints = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
    return f"""\
apiVersion: monitoring.coreos.com/v1
kind: {kind}
metadata: {{name: metrics, namespace: shop}}
spec: {{selector: {{matchLabels: {{{label}}}}}, {endpoints}: [{{port: metrics}}]}}
"""


def on_nodes(name: str, selector: str, ports: str) -> str:
    return service(name, selector, ports).replace("spec:", "spec:\n  type: NodePort")


def labelled(name: str, port: str, namespace: str = "shop") -> str:
    text = service(name, "app: none", port, namespace)
    return text.replace(f"name: {name}", f"name: {name}, labels: {{app: {name}}}", 1)


CUSTOM: Final = "apiVersion: acme.example.com/v1\nkind: Shop\nmetadata: {name: web}\n"
STATEFUL: Final = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db, role: main}}
    spec: {containers: [{name: db, ports: [{name: metrics, containerPort: 9100}]}]}
"""

DOCUMENTS: Final = (
    service("web", "app: web", "{name: http, port: 80}"),
    service("web", "app: web", "{name: other, port: 81}"),
    service("web", "app: web", "{port: 0}"),
    on_nodes("api", "app: api", "{name: metrics, port: 80, nodePort: 30080}"),
    on_nodes("db", "app: db, role: main", "{port: 80, nodePort: 30080}"),
    service("db", "", "{port: 5432}"),
    labelled("api", "{name: metrics, port: 9100}"),
    labelled("web", "{port: 9100}"),
    labelled("api", "{port: 9100}", "far"),
    service("web", "app: a", "{port: 80}", "far"),
    deployment("web", "app: web", "{name: http, containerPort: 8080}"),
    deployment("api", "app: api, role: main", "{name: metrics, containerPort: 9100}"),
    ingress("web"),
    ingress("api", "name: http"),
    ingress("web-canary"),
    route("web"),
    route("web", "far"),
    GRANT,
    monitor("app: web"),
    monitor("app: api"),
    monitor("app: db", "PodMonitor"),
    CUSTOM,
    CUSTOM.replace("web", "db"),
    STATEFUL,
)


OTHER: Final = service("other", "app: other", "{port: 80}")


class Text(io.StringIO):
    """A stream with the name of a file."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def write_all(home: Path, folders: Sequence[Sequence[str]]) -> None:
    for place, folder in enumerate(folders):
        write(str(home / f"{place:02}" / "all.yaml"), *folder)


def streams(folders: Sequence[Sequence[str]]) -> list[Text]:
    return [Text(f"{place:02}/all.yaml", "---\n".join(folder)) for place, folder in enumerate(folders)]


ON_NODES: Final = (DOCUMENTS[3], DOCUMENTS[4])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(DOCUMENTS), min_size=1, max_size=4, unique=True), min_size=2, max_size=6),
    st.sampled_from([2, 3, 100]),
)
# Two parts that tell the same of different objects.
@example([[*ON_NODES], [ON_NODES[1]], [ON_NODES[1]]], 100)
# What is judged again meets itself among everything that was told.
@example(
    [[monitor("app: api"), OTHER, labelled("api", "{port: 9100}", "far")], [labelled("api", "{port: 1}", "more")]], 100
)
def test_however_it_is_divided(folders: list[list[str]], parts: int) -> None:
    """Folders that ask each other everything that there is to ask are judged alike in one piece and in parts."""
    whole = lint_paths(*streams(folders), rules=RULES)
    assert told(lint_paths(*streams(folders), rules=RULES, executor=Here(), parts=parts)) == told(whole)


def test_what_is_right_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where another part makes an answer wrong are rules asked again, and only these."""
    again: list[tuple[tuple[int, ...], list[str]]] = []

    def noting(judge: Judge, put_off: Sequence[PutOff], known: Known, whole: Whole | None = None) -> Verdict:
        again.extend((each.places, [judge.rules[place].name for place in each.rules or ()]) for each in put_off)
        return judged_again(judge, put_off, known, whole)

    monkeypatch.setattr(_parts, "judged_again", noting)
    folders = [[service("far", "app: web", "{port: 80}")], [ingress("web"), OTHER], [monitor("app: none"), OTHER]]
    assert len(lint_paths(*streams(folders), executor=Here(), parts=3)) > 3
    assert again == []
    folders.append([deployment("web", "app: web", "{containerPort: 80}")])
    lint_paths(*streams(folders), executor=Here(), parts=4)
    assert again == [((0,), ["selector-matches-nothing"])]


# Each question, with what answers it in another part.


def same_in_parts(*sources: Any, **asked: Any) -> Report:
    """The report of these files, which is the same in one piece and in parts."""
    whole = lint_paths(*sources, **asked)
    assert told(lint_paths(*sources, executor=Here(), parts=100, **asked)) == told(whole)
    return whole


def test_a_rule_that_fails_at_a_guess(tmp_path: Path) -> None:
    """A rule that takes it for granted that something is elsewhere does not fail because a part does not know it."""

    @rule("acme.partner", on=Service, severity="info")
    def partner(service: Service, bundle: Bundle) -> Iterator[Found]:
        """Name a workload of the input that has the label of a Service."""
        found = next(each for each in bundle.elsewhere.selected_by(service.selector or {}))
        yield at(service).finding(f"its partner is {found}")

    write_all(tmp_path, [[service("far", "app: web", "{port: 80}")], [deployment("web", "app: web", "")]])
    report = same_in_parts(tmp_path, rules=[partner])
    assert "its partner is Deployment shop/web" in [finding.message for finding in report]
    (tmp_path / "01" / "all.yaml").unlink()
    for asked in ({}, {"executor": Here(), "parts": 100}):
        with pytest.raises(RuleError, match=r"acme\.partner"):
            lint_paths(tmp_path, rules=[partner], **asked)  # type: ignore[arg-type]


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    """To ask for what no pod can have is no error, whether the answer is noted or not."""

    @rule("acme.odd", on=Bundle, severity="info")
    def odd(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
        """Ask for labels as plain data has them."""
        del subject
        assert list(bundle.elsewhere.selected_by({"version": 1})) == []  # type: ignore[dict-item]
        yield from ()

    write_all(tmp_path, [[OTHER], [deployment("web", "app: web", "")]])
    assert list(same_in_parts(tmp_path, rules=[odd])) == []


def test_what_cannot_be_read_in_a_folder_of_test_data(tmp_path: Path) -> None:
    """A file that cannot be read is no more severe than where it stands, in one piece and in parts."""
    write_all(tmp_path, [[OTHER], [deployment("web", "app: web", "")]])
    (tmp_path / "00" / "testdata").mkdir()
    (tmp_path / "00" / "testdata" / "broken.yaml").write_text("kind: Service\n a: [")
    [finding] = [each for each in same_in_parts(tmp_path) if each.rule == "unreadable-file"]
    assert (finding.severity, finding.because) == (
        "warning",
        "the folder testdata holds test data, which may be wrong on purpose",
    )


def test_a_kind_of_ones_own_with_the_name_of_a_grant(tmp_path: Path) -> None:
    """What a part tells of an object is enough for every question about it."""
    own = "apiVersion: acme.example.com/v1\nkind: ReferenceGrant\nmetadata: {name: web}\n"
    write_all(tmp_path, [[own], [service("web", "app: web", "{port: 80}")]])
    found = {finding.rule: finding.because for finding in same_in_parts(tmp_path)}
    assert found["selector-matches-nothing"] == "the controller of ReferenceGrant web may make the pods"


def test_fragments_of_one_name(tmp_path: Path) -> None:
    """What all parts together show to be a fragment is no Service that a reference may mean."""
    fragment = service("none", "app: none", "").replace("ports: []", "type: Wrong")
    write_all(tmp_path, [[fragment], [fragment], [ingress("none"), OTHER]])
    found = {(finding.rule, finding.subject.kind) for finding in same_in_parts(tmp_path)}
    assert ("ingress-service", "Ingress") in found


def test_paths_that_go_up_and_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One folder is one, however the way to it is written."""
    monkeypatch.chdir(tmp_path)
    write("a/kustomization.yaml", "commonLabels: {app: web}\n")
    write("a/service.yaml", service("web", "app: web", "{port: 80}"))
    write("b/other.yaml", OTHER)
    [finding] = [
        each
        for each in same_in_parts("b/../a/kustomization.yaml", "a/service.yaml", "b")
        if each.subject.name == "web" and each.rule == "selector-matches-nothing"
    ]
    assert finding.because == "kustomize adds the label app to every object of this folder"


# Each question, with documents about which rules ask it, and what answers it in an earlier part.
ASKED: Final[Mapping[str, tuple[Sequence[str], str]]] = {
    "selected_by": ([service("far", "app: web", "{port: 80}")], deployment("web", "app: web", "")),
    "services_named": ([ingress("web"), OTHER], service("web", "app: web", "{port: 80}")),
    "lacks_port": ([route("web", "shop")], service("web", "app: web", "{port: 81}")),
    "services_labelled": ([monitor("app: api"), OTHER], labelled("api", "{name: metrics, port: 9100}")),
    "node_port_collisions": ([DOCUMENTS[4]], DOCUMENTS[3]),
    "grants_to": ([route("web", "far"), service("web", "app: a", "{port: 80}", "far")], GRANT),
    "has_unread_service": ([ingress("web"), OTHER], service("web", "app: web", "{port: 0}")),
    "has_label": ([service("far", "role: main", "{port: 80}")], deployment("api", "role: main", "")),
    "maker_of_pods": ([service("far", "app: web", "{port: 80}")], CUSTOM),
    "maker_of_services": ([ingress("web-canary"), OTHER], CUSTOM),
}


def heard(texts: Sequence[str]) -> tuple[Whole, Heard]:
    """All questions of all rules about these documents, in files of folders of their own, with the answers."""
    from portmap._lint.engine import of_rules
    from portmap._lint.grouping import bundles_of

    cluster = Cluster()
    documents = [
        document for place, text in enumerate(texts) for document in documents_of(text, f"{place}/all.yaml", cluster)
    ]
    items = items_of(documents, cluster)
    whole = Whole(items, cluster, noting=True)
    found: dict[object, object] = {}
    for bundle in bundles_of(items, whole, complete=None):
        for each in of_rules(bundle, RULES):
            found.update(each.heard)
    return whole, found  # type: ignore[return-value]


@pytest.mark.parametrize("question", ASKED)
def test_every_question_is_noted(question: str) -> None:
    """What rules ask is noted with the answer, which another part may make wrong."""
    here, there = ASKED[question]
    _, asked = heard(["---\n".join(here)])
    mine = {each: signs for each, signs in asked.items() if each[0] == question}
    assert mine
    more, _ = heard([there, "---\n".join(here)])
    assert not more.agrees(mine, 1)
    same, _ = heard(["kind: Namespace\napiVersion: v1\nmetadata: {name: shop}\n", "---\n".join(here)])
    assert same.agrees(mine, 1)


def test_places_are_those_of_the_whole() -> None:
    """An answer of a part is compared by the places that its objects have in the whole input."""
    texts = [*DOCUMENTS[3:5], labelled("far", "{port: 9100}"), f"{monitor('app: far')}---\n{OTHER}"]
    part, asked = heard(texts)
    places = {sign[0] for signs in asked.values() for sign in signs if sign and isinstance(sign[0], At)}
    assert places == {At(0), At(2)}
    assert part.agrees(asked, 0)
    shifted, _ = heard(["kind: Namespace\napiVersion: v1\nmetadata: {name: shop}\n", *texts])
    assert shifted.agrees(asked, 1)
    assert not shifted.agrees(asked, 0)


def test_no_more_is_noted_than_is_listened_to() -> None:
    """Of an answer with very many objects only as much is noted as the rule looked at."""
    pods = [Pod(f"web-{number}", labels={"app": "web"}) for number in range(100)]
    whole = Whole(items_of(pods, Cluster()), Cluster(), noting=True)
    assert next(whole.selected_by({"app": "web"})).name == "web-0"
    assert whole.heard() == {("selected_by", Labels({"app": "web"})): [(At(0),)]}
    assert [next(whole.selected_by({"app": "web"})).name for _ in range(2)] == ["web-0", "web-0"]
    assert len(list(whole.selected_by({"app": "web"}))) == 100
    [signs] = whole.heard().values()
    assert signs == [*((At(number),) for number in range(100)), None]
    assert whole.heard() == {}
    assert list(whole.services_labelled(Selector(Labels({"app": "web"})))) == []
    assert list(whole.heard().values()) == [[None]]


@given(st.lists(st.one_of(services(), workloads()), max_size=5))
def test_what_is_told_is_not_changed(objects: list[Service | Workload]) -> None:
    """What one process packs, another unpacks, equal in every attribute, and still frozen."""
    items = items_of(objects, Cluster())
    moved = [item_of(unpacked(packed(told_of(item))), 3) for item in items]
    assert [each.object for each in moved] == [item.object for item in items]
    assert [(each.position, each.name) for each in moved] == [(item.position + 3, item.name) for item in items]
    for each in moved:
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            each.object.name = "other"  # type: ignore[union-attr, misc]


def test_classes_that_are_packed() -> None:
    """Packed objects are whole: with all that portmap does not model."""
    port = ServicePort(80, name="http", target_port="http", node_port=30080)
    app = Container("app", image="shop/web:1", ports=[ContainerPort(8080, name="http")])
    pod = Pod("web-0", labels={"app": "web"}, annotations={"a": "b"}, containers=[app])
    web = Service.node_port("web", [port], labels={"a": "b"}, selector={"app": "web"})
    things = [web, pod, Workload("Deployment", "web", pod, replicas=2), Labels({"a": "b"})]
    assert unpacked(packed(things)) == things
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], x: 1}\n"
    [document] = documents_of(text, "web.yaml", Cluster())
    again = unpacked(packed(document))
    assert again.raw == document.raw
    assert again.violations == document.violations
    assert again.span("spec.x") == document.span("spec.x")
