"""Linting in parts: however the input is divided and wherever it is linted, the report is the same."""

import io
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from command_line import write
from executors import PicklingExecutor, contents
from manifest_texts import DOCUMENTS, OTHER, deployment, labelled, monitor, service
from portmap import Cluster, ManifestError
from portmap._lint.inputs import Input
from portmap._lint.parallel import _divided
from portmap.lint import RULES, lint, lint_paths
from portmap.manifests import load

WEB: Final = service("web", "app: web", "{port: 80, targetPort: htpp}")
PODS: Final = deployment("web", "app: web", "{name: http, containerPort: 8080}")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders that depend on each other in every way in which folders can."""
    monkeypatch.chdir(tmp_path)
    write("a/web.yaml", WEB, PODS)
    write("b/far.yaml", service("far", "app: else", "{port: 80}"))
    write("c/pods.yaml", deployment("else", "app: else", "{containerPort: 80}"))
    write("d/broken.yaml", "kind: Service\n a: [")
    write("d/values.yaml", "a: 1\n")
    write("e/kustomization.yaml", "patches:\n- path: ../f/patch.yaml\n")
    write("f/patch.yaml", service("web", "app: web", "{port: 0}"))
    write("g/headless.yaml", service("web", "app: nobody", "{port: 99999}"))
    write("h/plain.yaml", "just text\n---\n- a list\n---\n" + WEB)
    write(
        "h/quiet.yaml",
        service("quiet", "app: nil", "{port: 80}").replace(
            "  selector", "  # portmap: ignore[selector-matches-nothing] far away\n  selector"
        ),
    )
    write("h/loud.yaml", "# portmap: ignore[no-such-rule]\n" + service("loud", "app: nil", "{port: 80}"))
    write("k/kustomization.yaml", "commonLabels: {tier: front}\n")
    write("k/services/web.yaml", WEB, service("front", "tier: front", "{port: 80}"))
    write("k/shop/services/web.yaml", WEB, PODS)
    write("k/workloads/web.yaml", PODS)
    return tmp_path


def test_the_report_is_the_same(repository: Path) -> None:
    """Divided into any number of parts, an input gives the report that it gives in one."""
    whole = lint_paths(repository)
    assert len(whole) > 4
    for parts in (1, 2, 3, 5, 100):
        assert contents(lint_paths(repository, executor=PicklingExecutor(), parts=parts)) == contents(whole)


class Text(io.StringIO):
    """A stream with the name of a file."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def streams(folders: Sequence[Sequence[str]]) -> list[Text]:
    return [Text(f"{number:02}/all.yaml", "---\n".join(folder)) for number, folder in enumerate(folders)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(DOCUMENTS), min_size=1, max_size=4, unique=True), min_size=2, max_size=6),
    st.integers(2, 6),
)
# Two parts with equal facts about different objects.
@example([[*DOCUMENTS[3:5]], [DOCUMENTS[4]], [DOCUMENTS[4]]], 3)
# Facts of a part are equal copies of its own objects.
@example(
    [[monitor("app: api"), OTHER, labelled("api", "{port: 9100}", "far")], [labelled("api", "{port: 1}", "more")]], 2
)
def test_any_partition(folders: list[list[str]], parts: int) -> None:
    """Folders whose rules ask about each other give one report, in one part and in several."""
    whole = lint_paths(*streams(folders), rules=RULES)
    divided = lint_paths(*streams(folders), rules=RULES, executor=PicklingExecutor(), parts=parts)
    assert contents(divided) == contents(whole)


def test_a_kustomization_of_another_file_name(repository: Path) -> None:
    """A kustomization with any file name makes patches of files in other parts."""
    other = repository / "e" / "other.yaml"
    (repository / "e" / "kustomization.yaml").rename(other)
    other.write_text("apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\n" + other.read_text())
    whole = lint_paths(repository)
    assert "patch of a kustomization" in whole.skipped_by_reason
    assert contents(lint_paths(repository, executor=PicklingExecutor(), parts=100)) == contents(whole)


def test_a_fragment_by_its_name(repository: Path) -> None:
    """A Service without ports is a fragment where another part has a Service of its name."""
    for folder in ("i", "j"):
        write(f"{folder}/none.yaml", service("none", "app: none", "").replace("ports: []", "type: Wrong"))
    whole = lint_paths(repository)
    assert "fragment of an object" in whole.skipped_by_reason
    assert contents(lint_paths(repository, executor=PicklingExecutor(), parts=100)) == contents(whole)


def test_a_complete_input_is_one_part(repository: Path) -> None:
    """A complete input is linted in one part, with an executor and without."""
    whole = lint_paths(repository, complete=True)
    assert contents(lint_paths(repository, complete=True, executor=PicklingExecutor())) == contents(whole)


def test_a_process_pool(repository: Path) -> None:
    """Processes lint by the cluster, rules and namespace of the call."""
    arguments: dict[str, Any] = {"cluster": Cluster("1.33"), "rules": RULES[:6], "namespace": "shop"}
    with ProcessPoolExecutor(2) as executor:
        report = lint_paths(repository, executor=executor, **arguments)
    assert contents(report) == contents(lint_paths(repository, **arguments))
    assert report.cluster == Cluster("1.33")


def test_threads(repository: Path) -> None:
    """Threads share the facts of the input, and do as well as processes."""
    with ThreadPoolExecutor(4) as executor:
        report = lint_paths(repository, executor=executor, parts=100)
    assert contents(report) == contents(lint_paths(repository))


def test_dask(repository: Path) -> None:
    """Dask's executor does as well as any other."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: nox -s dask has it")
    with (
        distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        report = lint_paths(repository, executor=client.get_executor())
    assert contents(report) == contents(lint_paths(repository))


def test_errors_are_raised(repository: Path) -> None:
    """A file that was named and cannot be read is the same error from another process."""
    with pytest.raises(ManifestError) as caught:
        lint_paths(repository / "a", repository / "d" / "broken.yaml", executor=PicklingExecutor())
    assert caught.value.source == str(repository / "d" / "broken.yaml")


def test_an_unreadable_file_of_test_data(repository: Path) -> None:
    """A file that cannot be read is an info in a folder of test data, in one part and in several."""
    (repository / "d" / "broken.yaml").unlink()
    write("a/testdata/broken.yaml", "kind: Service\n a: [")
    for arguments in ({}, {"executor": PicklingExecutor(), "parts": 100}):
        report = lint_paths(repository, **arguments)  # type: ignore[arg-type] # two calls in one line
        [finding] = [each for each in report if each.rule == "unreadable-file"]
        assert finding.severity == "info"
        assert finding.because == "the folder testdata holds data of tests, which may be wrong on purpose"


def test_progress(repository: Path) -> None:
    """Progress counts files up to their number, in one part and in several."""
    calls: list[tuple[int, int]] = []
    for executor in (None, PicklingExecutor()):
        calls.clear()
        lint_paths(repository, executor=executor, progress=lambda done, total: calls.append((done, total)))
        assert calls[-1] == (15, 15)
        assert calls == sorted(set(calls))


def test_it_finds_what_lint_finds(repository: Path) -> None:
    """The report is that of `lint` of the same documents, comments that suppress findings included."""
    documents = [document for name in "abcefghk" for document in load(repository / name)]
    report, expected = lint(documents), lint_paths(*(repository / name for name in "abcefghk"))
    assert contents(report) == contents(expected)
    assert expected.suppressed


@pytest.mark.usefixtures("repository")
def test_paths_that_go_up_and_down() -> None:
    """A folder is one group, however its path is written."""
    sources = ["b/../k/kustomization.yaml", "k/services/web.yaml", "b"]
    whole = lint_paths(*sources)
    because = {
        each.because for each in whole if each.subject.name == "front" and each.rule == "selector-matches-nothing"
    }
    assert because == {"kustomize adds the label tier to every object of this folder"}
    assert contents(lint_paths(*sources, executor=PicklingExecutor(), parts=100)) == contents(whole)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", "a/services", "d/pods"]), st.integers(0, 9)), min_size=1),
    st.integers(1, 8),
)
def test_folders_stay_together(files: Iterable[tuple[str, int]], parts: int) -> None:
    """Every input is in one part, in order, with those of its folder, and there are no more parts than asked for."""
    inputs = [Input(f"{folder}/{number}.yaml", named=False, size=size) for number, (folder, size) in enumerate(files)]
    divided = _divided(inputs, parts, Cluster())
    assert [each for part in divided for each in part] == inputs
    assert 1 <= len(divided) <= parts
    homes = [{each.source[0] for each in part} for part in divided]
    assert sum(map(len, homes)) == len(set().union(*homes))


def test_the_corpus(shared: Path) -> None:
    """Over published repositories the report is the same in parts, and every finding of an object has its location.

    A fifth of them is enough: what a folder is judged by lies in it.
    """
    folders = sorted(each for each in (shared / "corpus").iterdir() if each.is_dir())[::5]
    whole = lint_paths(*folders)
    assert len(whole) > 50
    assert all(each.location is not None and each.location.span is not None for each in whole)
    assert contents(lint_paths(*folders, executor=PicklingExecutor(), parts=20)) == contents(whole)
