"""Linting in parts: however the input is divided and wherever it is judged, the report is the same."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import deployment, service, write
from in_parts import Here, told
from portmap import Cluster, ManifestError
from portmap._lint.inputs import Input
from portmap._lint.parallel import _divided
from portmap.lint import RULES, lint, lint_paths
from portmap.manifests import load

WEB = service("web", "app: web", "{port: 80, targetPort: htpp}")
PODS = deployment("web", "app: web", "{name: http, containerPort: 8080}")


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
        "# portmap: ignore[selector-matches-nothing] far away\n" + service("quiet", "app: no", "{port: 80}"),
    )
    write("h/loud.yaml", "# portmap: ignore[no-such-rule]\n" + service("loud", "app: no", "{port: 80}"))
    write("k/kustomization.yaml", "commonLabels: {tier: front}\n")
    write("k/services/web.yaml", WEB, service("front", "tier: front", "{port: 80}"))
    write("k/shop/services/web.yaml", WEB, PODS)
    write("k/workloads/web.yaml", PODS)
    return tmp_path


def test_the_report_is_the_same(repository: Path) -> None:
    """Divided into any number of parts, an input gives the report that it gives in one piece."""
    whole = lint_paths(repository)
    assert len(whole) > 4
    for parts in (1, 2, 3, 5, 100):
        assert told(lint_paths(repository, executor=Here(), parts=parts)) == told(whole)


def test_patches_that_only_a_kind_tells(repository: Path) -> None:
    """A kustomization of any file name makes patches of files in other parts."""
    (repository / "e" / "kustomization.yaml").rename(repository / "e" / "other.yaml")
    text = (repository / "e" / "other.yaml").read_text()
    (repository / "e" / "other.yaml").write_text("apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\n" + text)
    assert told(lint_paths(repository, executor=Here(), parts=100)) == told(lint_paths(repository))


def test_an_object_that_may_be_a_patch_of_another(repository: Path) -> None:
    """Where it takes all of the input to know whether an object is a fragment, all of it is looked at."""
    for name in ("i", "j"):
        write(f"{name}/none.yaml", service("none", "app: none", "").replace("ports: []", "type: Wrong"))
    whole = lint_paths(repository)
    assert "fragment of an object" in whole.skipped_by_reason
    assert told(lint_paths(repository, executor=Here(), parts=100)) == told(whole)


def test_what_is_complete_is_one_piece(repository: Path) -> None:
    """A complete input is judged in one piece, with an executor and without."""
    whole = lint_paths(repository, complete=True)
    assert told(lint_paths(repository, complete=True, executor=Here())) == told(whole)


def test_a_process_pool(repository: Path) -> None:
    """Processes judge by the cluster, rules and namespace of the call."""
    asked: dict[str, Any] = {"cluster": Cluster("1.33"), "rules": RULES[:6], "namespace": "shop"}
    with ProcessPoolExecutor(2) as executor:
        report = lint_paths(repository, executor=executor, **asked)
    assert told(report) == told(lint_paths(repository, **asked))
    assert report.cluster == Cluster("1.33")


def test_dask(repository: Path) -> None:
    """Dask's executor does as well as any other."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: nox -s dask has it")
    with (
        distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        report = lint_paths(repository, executor=client.get_executor())
    assert told(report) == told(lint_paths(repository))


def test_errors_come_back(repository: Path) -> None:
    """A file that was named and cannot be read is the same error from another process."""
    with pytest.raises(ManifestError) as caught:
        lint_paths(repository / "a", repository / "d" / "broken.yaml", executor=Here())
    assert caught.value.source == str(repository / "d" / "broken.yaml")


def test_progress(repository: Path) -> None:
    """Progress counts files up to their number, in one piece and in parts."""
    seen: list[tuple[int, int]] = []
    for executor in (None, Here()):
        seen.clear()
        lint_paths(repository, executor=executor, progress=lambda done, total: seen.append((done, total)))
        assert seen[-1] == (15, 15)
        assert seen == sorted(set(seen))


def test_it_finds_what_lint_finds(repository: Path) -> None:
    """The findings are those of `lint` of the same documents."""
    names = [name for name in "abcdefg" if name != "d"]
    documents = [document for name in names for document in load(repository / name)]
    assert list(lint(documents)) == list(lint_paths(*(repository / name for name in names)))


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", "a/services", "d/pods"]), st.integers(0, 9)), min_size=1),
    st.integers(1, 8),
)
def test_folders_stay_together(files: Iterable[tuple[str, int]], parts: int) -> None:
    """Every input is in one part, in order, with those of its folder, and there are no more parts than asked for."""
    inputs = [Input(f"{folder}/{number}.yaml", named=False, size=size) for number, (folder, size) in enumerate(files)]
    divided = _divided(inputs, parts)
    assert [each for part in divided for each in part] == inputs
    assert 1 <= len(divided) <= parts
    homes = [{each.source[0] for each in part} for part in divided]
    assert sum(map(len, homes)) == len(set().union(*homes))


def test_the_corpus(shared: Path) -> None:
    """Over published repositories the report is the same in parts, and every finding of an object has its place."""
    whole = lint_paths(shared / "corpus")
    assert len(whole) > 100
    assert all(each.location is not None and each.location.span is not None for each in whole)
    assert told(lint_paths(shared / "corpus", executor=Here(), parts=20)) == told(whole)
