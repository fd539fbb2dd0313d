"""The entry point that pytest loads in every run: options, and a fixture that loads manifests on request.

The rest is in `portmap._plugins.pytest`, which is imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from portmap.testing import Environment

__all__ = ["pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--portmap` and the options of the fixture."""
    group = parser.getgroup("portmap", "Kubernetes manifests")
    group.addoption(
        "--portmap",
        action="append",
        default=[],
        metavar="PATH",
        help="test the Services of this file or folder: one test for each, which fails if the Service is invalid or "
        "one of its ports has no endpoints; can be given several times",
    )
    group.addoption(
        "--portmap-path",
        action="append",
        default=[],
        metavar="PATH",
        help="the file or folder that the fixture `portmap` loads (default: the paths of --portmap)",
    )
    group.addoption(
        "--portmap-kubernetes-version",
        metavar="VERSION",
        help="the Kubernetes version of the cluster that the manifests are for",
    )
    parser.addini("portmap_path", "the files and folders that the fixture `portmap` loads", type="paths", default=[])
    parser.addini("portmap_kubernetes_version", "the Kubernetes version of the cluster that the manifests are for")


def pytest_configure(config: pytest.Config) -> None:
    """Register the collection of Services if `--portmap` was given."""
    if config.getoption("portmap"):
        plugin: Any = import_module("portmap._plugins.pytest")
        config.pluginmanager.register(plugin.ServiceTests(config), "portmap-services")


@pytest.fixture(scope="session", name="portmap")
def _portmap(pytestconfig: pytest.Config) -> "Environment":
    """Return the manifests of `--portmap-path`, loaded once, with the map of their ports."""
    plugin: Any = import_module("portmap._plugins.pytest")
    try:
        environment: Environment = plugin.environment_of(pytestconfig)
    except pytest.UsageError as error:
        # `pytest.fail()` would show the usage error in each test, too.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    return environment
