"""The pytest plugin, as far as every run of pytest loads it: options, and a fixture that waits to be asked for.

What it does is in `portmap._plugins.pytest`, which is imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from portmap.testing import Environment

__all__ = ["pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--portmap` and what goes with it."""
    group = parser.getgroup("portmap", "Kubernetes manifests")
    group.addoption(
        "--portmap",
        action="append",
        default=[],
        metavar="PATH",
        help="check the Services of this file or folder: one test for each, which fails where the Service is invalid "
        "or one of its ports leads nowhere; may be given several times",
    )
    group.addoption(
        "--portmap-path",
        action="append",
        default=[],
        metavar="PATH",
        help="the file or folder that the fixture `portmap` loads (default: those of --portmap)",
    )
    group.addoption(
        "--portmap-kubernetes-version",
        metavar="VERSION",
        help="the Kubernetes version of the cluster that manifests are meant for",
    )
    parser.addini("portmap_path", "the files and folders that the fixture `portmap` loads", type="paths", default=[])
    parser.addini("portmap_kubernetes_version", "the Kubernetes version of the cluster that manifests are meant for")


def pytest_configure(config: pytest.Config) -> None:
    """Begin only where `--portmap` was given."""
    if config.getoption("portmap"):
        plugin: Any = import_module("portmap._plugins.pytest")
        config.pluginmanager.register(plugin.ServiceTests(config), "portmap-services")


@pytest.fixture(scope="session", name="portmap")
def _portmap(pytestconfig: pytest.Config) -> "Environment":
    """The manifests of `--portmap-path`, loaded once, and the map of their ports."""
    plugin: Any = import_module("portmap._plugins.pytest")
    try:
        environment: Environment = plugin.environment_of(pytestconfig)
    except pytest.UsageError as error:
        # By pytest.fail(), each test would show the usage error, too, which says the same.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    return environment
