"""The pytest plugin: a test for each Service of a folder, and the value of the fixture `portmap`.

`_portmap_pytest` imports it if an option or the fixture is used.
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
from portmap._reports.resolve_data import ResolvedService, ResolveReport, resolve_documents
from portmap._testing.environment import Environment

# --- loading ---------------------------------------------------------------------------------------------------


def _cluster_of(config: pytest.Config) -> Cluster:
    version = config.getoption("portmap_kubernetes_version") or config.getini("portmap_kubernetes_version")
    try:
        return Cluster(version) if version else Cluster()
    except ValidationError as error:
        raise pytest.UsageError(f"--portmap-kubernetes-version: {error.violations[0].message}") from None


def _load(paths: Iterable[str | os.PathLike[str]], cluster: Cluster, root: Path) -> Manifests:
    """Return the documents of these paths, each file once, named relative to pytest's root folder.

    Raises:
        UsageError: A path cannot be read, or a folder has no manifests.
    """
    documents: list[Document] = []
    unreadable: list[ManifestError] = []
    seen: set[str] = set()
    for path in paths:
        try:
            manifests = load(path, cluster=cluster)
        except ManifestError as error:
            raise pytest.UsageError(f"portmap: {error}") from None
        if not manifests and not manifests.unreadable:
            raise pytest.UsageError(f"portmap: there are no manifests ({', '.join(SUFFIXES)}) in {path}")
        new = {each.source for each in (*manifests, *manifests.unreadable)} - seen
        documents += [
            attrs.evolve(each, source=_relative(each.source, root)) for each in manifests if each.source in new
        ]
        unreadable += [
            ManifestError(each.problem, _relative(each.source, root), each.span)
            for each in manifests.unreadable
            if each.source in new
        ]
        seen |= new
    return Manifests(documents, unreadable)


def _relative(source: str, root: Path) -> str:
    """Return the name of a file as pytest shows it: relative to its root folder, with slashes."""
    full = Path(source).resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def _absolute(config: pytest.Config, paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the paths of options, which are relative to the folder in which pytest was started."""
    return [(config.invocation_params.dir / path).resolve() for path in paths]


def environment_of(config: pytest.Config) -> Environment:
    """Return the value of the fixture `portmap`.

    Raises:
        UsageError: No path was given, or one cannot be read.
    """
    paths = _absolute(config, config.getoption("portmap_path") or config.getini("portmap_path"))
    paths = paths or _absolute(config, config.getoption("portmap"))
    if not paths:
        raise pytest.UsageError(
            "the fixture portmap has no files to load: give --portmap-path, or set portmap_path in the ini file"
        )
    cluster = _cluster_of(config)
    manifests = _load(paths, cluster, config.rootpath)
    if manifests.unreadable:
        raise pytest.UsageError(f"portmap: {manifests.unreadable[0]}")
    return Environment(manifests, PortMap.of(manifests, cluster=cluster), cluster)


# --- a test for each Service -----------------------------------------------------------------------------------


@final
class ServiceTests:
    """The hooks that collect Services, registered if `--portmap` was given."""

    def __init__(self, config: pytest.Config) -> None:
        self._cluster = _cluster_of(config)
        paths = _absolute(config, config.getoption("portmap"))
        manifests = _load(paths, self._cluster, config.rootpath)
        self._report = resolve_documents(manifests, cluster=self._cluster, unreadable=manifests.unreadable)
        self._services: dict[str, list[ResolvedService]] = defaultdict(list)
        for service in self._report.services:
            self._services[service.document.source].append(service)
        self._unreadable = {error.source: error for error in manifests.unreadable}
        self._root = config.rootpath
        self._paths = config.getoption("portmap")
        self._parents = {
            folder for source in (*self._services, *self._unreadable) for folder in (self._root / source).parents
        }
        # pytest visits the paths among its arguments anyway; if one of them is a part of a path, only that part counts.
        arguments = [
            Path(config.invocation_params.dir / str(each).partition("::")[0]).resolve() for each in config.args
        ]
        config.args += [
            str(path)
            for path in paths
            if not any(path.is_relative_to(each) or each.is_relative_to(path) for each in arguments)
        ]

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Collect the files of Services even if `norecursedirs` excludes their folders."""
        if collection_path in self._parents or _relative(str(collection_path), self._root) in self._services:
            return False
        return None

    def pytest_report_header(self) -> str:
        """Return what is tested, in one line."""
        return f"portmap: {', '.join(self._paths)}: {summary(self._report)} ({self._cluster})"

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Return the collector of a file that has Services, or cannot be read."""
        source = _relative(str(file_path), self._root)
        services, error = self._services.get(source), self._unreadable.get(source)
        if services is None and error is None:
            return None
        file: ManifestFile = ManifestFile.from_parent(parent, path=file_path)
        file.report, file.services, file.error = self._report, services or (), error
        return file


@final
class ManifestFile(pytest.File):
    """A file of manifests."""

    report: ResolveReport
    services: Sequence[ResolvedService]
    error: ManifestError | None

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each Service, in the order of the file."""
        if self.error is not None:
            item: ServiceItem = ServiceItem.from_parent(self, name="readable")
            item.problem = str(self.error)
            yield item
        numbers: dict[str, int] = defaultdict(int)
        for service in self.services:
            name = _test_name(service)
            numbers[name] += 1
            item = ServiceItem.from_parent(self, name=name if numbers[name] == 1 else f"{name}[{numbers[name]}]")
            item.problem = _problem_of(self.report, service)
            item.line = service.place.line
            yield item


@final
class ServiceItem(pytest.Item):
    """The test of one Service."""

    problem: str | None = None
    line: int | None = None

    def runtest(self) -> None:
        """Fail if the Service is invalid, or one of its ports has no endpoints."""
        if self.problem is not None:
            pytest.fail(self.problem, pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file, the line from 0, and the title of a failure."""
        return self.path, None if self.line is None else self.line - 1, self.name


def _test_name(service: ResolvedService) -> str:
    """Return the name of a Service as `kubectl get` shows it, with its namespace if it names one."""
    name, namespace = service.name.name or "(no name)", service.name.namespace
    return f"service/{namespace}/{name}" if namespace else f"service/{name}"


def _problem_of(report: ResolveReport, service: ResolvedService) -> str | None:
    if service.document.violations:
        problem = "is invalid"
    elif service.ports_without_endpoints:
        ports = [str(each.port.name or each.port.port) for each in service.ports_without_endpoints if each.port]
        problem = f"has no endpoints: {', '.join(ports)}" if ports else "has no endpoints"
    else:
        return None
    alone = attrs.evolve(report, services=(service,))
    return "\n".join(
        [f"{_test_name(service)} {problem}", as_text(alone).rstrip(), *violation_lines(report.invalid_workloads)]
    )
