"""What rules know about the rest of the input."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from command_line import write
from executors import PicklingExecutor, contents
from manifest_texts import CUSTOM, DOCUMENTS, GRANT, OTHER, deployment, ingress, labelled, monitor, route, service
from portmap import Cluster, Pod, Service
from portmap._manifests.load import documents_of
from portmap.lint import Bundle, Found, Report, RuleError, at, lint, lint_paths, rule

WEB: Final = service("web", "app: web", "{port: 80}")

# For each question, documents whose rules ask it, and a document of another folder that changes the answer.
QUESTIONS: Final[Mapping[str, tuple[Sequence[str], str]]] = {
    "selected_by": ([service("far", "app: web", "{port: 80}")], deployment("web", "app: web", "")),
    "services_named": ([ingress("web"), OTHER], WEB),
    "services_labelled": ([monitor("app: api"), OTHER], labelled("api", "{name: metrics, port: 9100}")),
    "node_port_collisions": ([DOCUMENTS[4]], DOCUMENTS[3]),
    "only_service_named": ([route("web", "shop")], service("web", "app: web", "{port: 81}")),
    "has_invalid_service": ([ingress("web"), OTHER], service("web", "app: web", "{port: 0}")),
    "has_label": ([service("far", "role: main", "{port: 80}")], deployment("api", "role: other", "")),
    "grants_to": ([route("web", "far"), service("web", "app: a", "{port: 80}", "far")], GRANT),
    "maker_of_pods": ([service("far", "app: web", "{port: 80}")], CUSTOM),
    "maker_of_services": ([ingress("web-canary"), OTHER], CUSTOM),
}


def report_of(home: Path, folders: Sequence[Sequence[str]], **arguments: Any) -> Report:
    """Return the report of these folders, which is the same in one part and in several."""
    for number, folder in enumerate(folders):
        write(str(home / f"{number:02}" / "all.yaml"), *folder)
    report = lint_paths(home, **arguments)
    divided = lint_paths(home, executor=PicklingExecutor(), parts=100, **arguments)
    assert contents(divided) == contents(report)
    return report


@pytest.mark.parametrize(
    ("question", "is_first"),
    # Of two Services that collide, the one that comes first has no finding.
    [case for case in product(QUESTIONS, (True, False)) if case != ("node_port_collisions", False)],
)
def test_every_question(question: str, *, is_first: bool, tmp_path: Path) -> None:
    """An object of another folder changes the findings about those whose rules ask for it."""
    here, elsewhere = QUESTIONS[question]

    def findings(*folders: Sequence[str]) -> set[tuple[object, ...]]:
        report = report_of(tmp_path, folders)
        own = "00" if folders[0] is here else "01"
        return {(each.rule, each.severity, each.because, each.message) for each in report if f"/{own}/" in each.source}

    folders = [[elsewhere], here] if is_first else [here, [elsewhere]]
    assert findings(*folders) != findings(*([[OTHER], here] if is_first else [here, [OTHER]]))


# --- rules of one's own ----------------------------------------------------------------------------------------


@rule("acme.partner", on=Service, severity="info")
def partner(service: Service, bundle: Bundle) -> Iterator[Found]:
    """A workload elsewhere has the labels that a Service selects."""
    found = next(each for each in bundle.elsewhere.selected_by(service.selector or {}))
    yield at(service).finding(f"its partner is {found}")


def test_a_rule_asks_about_other_folders(tmp_path: Path) -> None:
    """A rule of one's own gets typed objects of other folders, in one part and in several."""
    report = report_of(
        tmp_path, [[service("far", "app: web", "{port: 80}")], [deployment("web", "app: web", "")]], rules=[partner]
    )
    assert "its partner is Deployment shop/web" in [finding.message for finding in report]
    (tmp_path / "01" / "all.yaml").unlink()
    for arguments in ({}, {"executor": PicklingExecutor(), "parts": 100}):
        with pytest.raises(RuleError, match=r"acme\.partner"):
            lint_paths(tmp_path, rules=[partner], **arguments)  # type: ignore[arg-type] # two calls in one line


@rule("acme.odd", on=Bundle, severity="info")
def odd(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Some workload elsewhere has a label that is no text."""
    del subject
    assert list(bundle.elsewhere.selected_by({"version": 1})) == []  # type: ignore[dict-item] # as in plain data
    yield from ()


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    """A selector that no pod can match has no answer, and is no error."""
    assert list(report_of(tmp_path, [[OTHER], [deployment("web", "app: web", "")]], rules=[odd])) == []


def test_answers_are_bounded() -> None:
    """Of very many objects that are alike, an answer has a hundred, and none of the bundle's own."""
    bundles: list[Bundle] = []

    @rule("acme.look", on=Bundle, severity="info")
    def look(bundle: Bundle, _: Bundle) -> Iterator[Found]:
        """Look at the bundle."""
        bundles.append(bundle)
        yield from ()

    lint([Pod(f"web-{number}", labels={"app": "web"}) for number in range(150)], rules=[look])
    assert list(bundles[0].elsewhere.selected_by({"app": "web"})) == []
    texts = [deployment(f"web-{number}", "app: web", "") for number in range(150)]
    documents = [
        *documents_of("---\n".join(texts), "a/all.yaml", Cluster()),
        *documents_of(OTHER, "b/all.yaml", Cluster()),
    ]
    lint(documents, rules=[look])
    assert len(list(bundles[-1].elsewhere.selected_by({"app": "web"}))) == 100


# --- what is known of other folders ----------------------------------------------------------------------------


def test_a_custom_resource_with_the_name_of_a_grant(tmp_path: Path) -> None:
    """A custom resource may have the kind of an object that portmap knows, and is one all the same."""
    own = "apiVersion: acme.example.com/v1\nkind: ReferenceGrant\nmetadata: {name: web}\n"
    found = {finding.rule: finding.because for finding in report_of(tmp_path, [[own], [WEB]])}
    assert found["selector-matches-nothing"] == "the controller of ReferenceGrant web may create the pods"


def test_fragments_are_not_elsewhere(tmp_path: Path) -> None:
    """A Service that is a fragment, as the whole input shows, is no Service that a reference means."""
    fragment = service("none", "app: none", "").replace("ports: []", "type: Wrong")
    report = report_of(tmp_path, [[fragment], [fragment], [ingress("none"), OTHER]])
    assert ("ingress-service", "Ingress") in {(finding.rule, finding.subject.kind) for finding in report}
