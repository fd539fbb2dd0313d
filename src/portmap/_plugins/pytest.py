"""The pytest plugin: a test for each Service of a folder, and the loading for the fixture `portmap`.

It is loaded by `_portmap_pytest` when an option or the fixture asks for it.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import final

import attrs
import pytest

from portmap._graph.port_map import PortMap
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._manifests.documents import Document, Manifests
from portmap._manifests.load import SUFFIXES, load
from portmap._reports.invalid_objects import violation_lines
from portmap._reports.resolve import as_text, summary
from portmap._reports.resolve_data import Report, ServiceRoutes, find_routes
from portmap._testing.assertions import Environment

__all__ = ["ServiceTests", "environment_of"]


# --- what is loaded --------------------------------------------------------------------------------------------


def _cluster_of(config: pytest.Config) -> Cluster:
    version = config.getoption("portmap_kubernetes_version") or config.getini("portmap_kubernetes_version")
    try:
        return Cluster(version) if version else Cluster()
    except ValidationError as error:
        raise pytest.UsageError(f"--portmap-kubernetes-version: {error.violations[0].message}") from None


def _load(paths: Iterable[str | os.PathLike[str]], cluster: Cluster, root: Path) -> Manifests:
    """The documents of these paths, each file once, under names that are the same wherever pytest was started.

    Raises:
        UsageError: A path cannot be read, or a folder has no manifests.
    """
    documents: list[Document] = []
    unreadable: list[ManifestError] = []
    seen: set[str] = set()
    for path in paths:
        try:
            found = load(path, cluster=cluster)
        except ManifestError as error:
            raise pytest.UsageError(f"portmap: {error}") from None
        if not found and not found.unreadable:
            raise pytest.UsageError(f"portmap: there are no manifests ({', '.join(SUFFIXES)}) in {path}")
        new = {each.source for each in (*found, *found.unreadable)} - seen
        documents += [attrs.evolve(each, source=_shown(each.source, root)) for each in found if each.source in new]
        unreadable += [
            ManifestError(each.problem, _shown(each.source, root), each.span)
            for each in found.unreadable
            if each.source in new
        ]
        seen |= new
    return Manifests(documents, unreadable)


def _shown(source: str, root: Path) -> str:
    """The file as pytest names it: from its root folder on, with slashes."""
    full = Path(source).resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def _from_start(config: pytest.Config, paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The paths of options, which are meant from where pytest was started."""
    return [(config.invocation_params.dir / path).resolve() for path in paths]


def environment_of(config: pytest.Config) -> Environment:
    """What the fixture `portmap` gives.

    Raises:
        UsageError: No path was given, or one cannot be read.
    """
    paths = _from_start(config, config.getoption("portmap_path") or config.getini("portmap_path"))
    paths = paths or _from_start(config, config.getoption("portmap"))
    if not paths:
        raise pytest.UsageError(
            "the fixture portmap does not know what to load: give --portmap-path, or set portmap_path in the ini file"
        )
    cluster = _cluster_of(config)
    manifests = _load(paths, cluster, config.rootpath)
    if manifests.unreadable:
        raise pytest.UsageError(f"portmap: {manifests.unreadable[0]}")
    return Environment(manifests, PortMap.of(manifests, cluster=cluster), cluster)


# --- a test for each Service -----------------------------------------------------------------------------------


@final
class ServiceTests:
    """The part of the plugin that is registered where `--portmap` was given."""

    def __init__(self, config: pytest.Config) -> None:
        self._cluster = _cluster_of(config)
        paths = _from_start(config, config.getoption("portmap"))
        manifests = _load(paths, self._cluster, config.rootpath)
        self._report = find_routes(manifests, cluster=self._cluster, unreadable=manifests.unreadable)
        self._services: dict[str, list[ServiceRoutes]] = defaultdict(list)
        for each in self._report.services:
            self._services[each.document.source].append(each)
        self._unreadable = {error.source: error for error in manifests.unreadable}
        self._root = config.rootpath
        self._given = config.getoption("portmap")
        self._on_the_way = {
            folder for source in (*self._services, *self._unreadable) for folder in (self._root / source).parents
        }
        # What is named beside them is gone through anyway; where a part of them is named, that part alone is wanted.
        named = [Path(config.invocation_params.dir / str(each).partition("::")[0]).resolve() for each in config.args]
        config.args += [
            str(path)
            for path in paths
            if not any(path.is_relative_to(each) or each.is_relative_to(path) for each in named)
        ]

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Have the Services found whatever `norecursedirs` says of their folders."""
        if collection_path in self._on_the_way or _shown(str(collection_path), self._root) in self._services:
            return False
        return None

    def pytest_report_header(self) -> str:
        """What is checked, in one line."""
        return f"portmap: {', '.join(self._given)}: {summary(self._report)} ({self._cluster})"

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The tests of a file that holds Services, or cannot be read."""
        source = _shown(str(file_path), self._root)
        services, error = self._services.get(source), self._unreadable.get(source)
        if services is None and error is None:
            return None
        file: ManifestFile = ManifestFile.from_parent(parent, path=file_path)
        file.report, file.services, file.error = self._report, services or (), error
        return file


@final
class ManifestFile(pytest.File):
    """A file of manifests."""

    report: Report
    services: Sequence[ServiceRoutes]
    error: ManifestError | None

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each Service, in the order of the file."""
        if self.error is not None:
            item: ServiceItem = ServiceItem.from_parent(self, name="readable")
            item.problem = str(self.error)
            yield item
        names: dict[str, int] = defaultdict(int)
        for routes in self.services:
            name = _name_of(routes)
            names[name] += 1
            item = ServiceItem.from_parent(self, name=name if names[name] == 1 else f"{name}[{names[name]}]")
            item.problem = _problem_of(self.report, routes)
            item.line = routes.place.line
            yield item


@final
class ServiceItem(pytest.Item):
    """The test of one Service."""

    problem: str | None = None
    line: int | None = None

    def runtest(self) -> None:
        """Fail if the Service is invalid, or one of its ports leads nowhere."""
        if self.problem is not None:
            pytest.fail(self.problem, pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file, the line from 0, and what the section of a failure is called."""
        return self.path, None if self.line is None else self.line - 1, self.name


def _name_of(routes: ServiceRoutes) -> str:
    """The Service as in `kubectl get`, with its namespace where it says one."""
    name = routes.document.name or "(no name)"
    return f"service/{routes.namespace}/{name}" if routes.namespace else f"service/{name}"


def _problem_of(report: Report, routes: ServiceRoutes) -> str | None:
    if not routes.document.violations and not routes.leads_nowhere:
        return None
    alone = attrs.evolve(report, services=(routes,))
    words = "is invalid" if routes.document.violations else _nowhere(routes)
    return "\n".join(
        [f"{_name_of(routes)} {words}", as_text(alone).rstrip(), *violation_lines(report.invalid_workloads)]
    )


def _nowhere(routes: ServiceRoutes) -> str:
    ports = [str(each.port.name or each.port.port) if each.port else "it" for each in routes.leads_nowhere]
    return f"leads nowhere: {', '.join(ports)}"
