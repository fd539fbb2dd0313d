"""The pytest plugin: what it collects and reports, and that it does nothing unless it is used."""

import re
from pathlib import Path
from typing import Final

import pytest

from manifest_texts import POD, WEB
from pytest_runs import pytest_in

BROKEN: Final = WEB.replace("name: web", "name: shop").replace("app: web", "app: shop").replace("port: 80,", "port: 0,")
TEST: Final = """\
from portmap.testing import assert_routes

def test_http(portmap):
    assert_routes(portmap.service("web", namespace="shop"), portmap.workloads, port="http", to=8080)
    assert portmap.cluster.version == "1.33"
    assert len(portmap.manifests) > len(portmap.services)

def test_is_loaded_once(portmap, request):
    assert request.getfixturevalue("portmap") is portmap
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    """Return the folder of a project with tests and manifests, one of which is invalid."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "web.yaml").write_text(WEB)
    (tmp_path / "build" / "other.yml").write_text(f"{BROKEN}---\n{POD}")
    (tmp_path / "build" / "notes.txt").write_text("no manifest")
    (tmp_path / "test_shop.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nportmap_path = build/web.yaml\nportmap_kubernetes_version = 1.33\n")
    return tmp_path


def ids(out: str) -> list[str]:
    """Return the ids of the collected tests."""
    return [line for line in out.splitlines() if "::" in line]


SERVICES: Final = [
    "build/other.yml::service/shop/shop",
    "build/other.yml::service/web",
    "build/web.yaml::service/shop/web",
]
TESTS: Final = ["test_shop.py::test_http", "test_shop.py::test_is_loaded_once"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--portmap", "build"), [*SERVICES, *TESTS]),
        (("--portmap", "build", "--portmap", "build/web.yaml", "."), [*SERVICES, *TESTS]),
        (("test_shop.py", "--portmap", "build/web.yaml"), [*TESTS, SERVICES[2]]),
        (("--portmap", "build", "build/other.yml::service/web"), [SERVICES[1]]),
        (("--portmap", "build", "-k", "shop/shop"), [SERVICES[0]]),
        ((), TESTS),
    ],
    ids=" ".join,
)
def test_collection(project: Path, arguments: tuple[str, ...], expected: list[str]) -> None:
    """There is one test for each Service, in the order of the files, even in folders that pytest skips."""
    assert ids(pytest_in(project, "--collect-only", "-q", *arguments).out) == expected


def test_results(project: Path) -> None:
    """A valid Service passes; an invalid one fails with its place and a hint; the header counts the objects."""
    run = pytest_in(project, "--portmap", "build", "--portmap-kubernetes-version", "1.34")
    assert run.code == 1
    assert (
        "portmap: build: 3 Services, 2 workloads, 1 pod, 0 other objects; 1 invalid Service (Kubernetes 1.34)"
        in run.out
    )
    assert "service/shop/shop is invalid\nService shop/shop (build/other.yml:1) is invalid\n" in run.out
    assert "build/other.yml:8:24: spec.ports[0].port: Invalid value: 0" in run.out
    assert "FAILED build/other.yml::service/shop/shop" in run.out
    assert "1.33" in run.out
    assert run.shown.splitlines()[-1].strip("= ") == "2 failed, 3 passed"


def test_in_parallel(project: Path) -> None:
    """With pytest-xdist, each worker collects the same tests, and the results are the same."""
    run = pytest_in(project, "--portmap", "build", "-n", "2", "-q")
    assert run.code == 1
    assert run.shown.splitlines()[-1] == "1 failed, 4 passed"


def test_a_file_that_cannot_be_read(project: Path) -> None:
    """A file that is no YAML is a failing test; the other files are tested."""
    (project / "build" / "bad.yaml").write_text("a: [")
    run = pytest_in(project, "--portmap", "build", "build", "-q")
    assert "build/bad.yaml:2:1: " in run.out
    assert "FAILED build/bad.yaml::readable" in run.out
    assert run.shown.splitlines()[-1] == "2 failed, 2 passed"


def test_services_of_one_name(project: Path) -> None:
    """Two Services of one name in one file are two tests."""
    (project / "build" / "web.yaml").write_text(f"{POD}---\n{POD}")
    run = pytest_in(project, "--portmap", "build/web.yaml", "build/web.yaml", "--collect-only", "-q")
    assert ids(run.out) == ["build/web.yaml::service/web", "build/web.yaml::service/web[2]"]


def test_services_of_one_name_in_several_files(project: Path) -> None:
    """A Service in two files is two tests. The fixture raises an error if the two differ."""
    (project / "build" / "again.yaml").write_text(WEB)
    run = pytest_in(project, "--portmap", "build", "--collect-only", "-q", "build")
    assert ids(run.out) == ["build/again.yaml::service/shop/web", *SERVICES]
    same = pytest_in(project, "--portmap-path", "build/web.yaml", "--portmap-path", "build/again.yaml", "-q")
    assert same.shown.splitlines()[-1] == "2 passed"
    (project / "build" / "again.yaml").write_text(WEB.replace("port: 80,", "port: 81,"))
    other = pytest_in(project, "--portmap-path", "build/web.yaml", "--portmap-path", "build/again.yaml", "-q")
    assert (
        "KeyError: 'Service shop/web is declared more than once, with different fields: "
        "Service web (build/web.yaml:1), Service web (build/again.yaml:1)'" in other.out
    )
    # The traceback ends in the test.
    assert "/_testing/" not in other.out


def test_failures_end_in_the_test(project: Path) -> None:
    """A failed assertion and an unknown name end at the line of the test, with the table of endpoints."""
    (project / "test_shop.py").write_text(
        "from portmap.testing import assert_routes\n\n"
        "def test_number(portmap):\n    assert_routes(portmap.service('web'), portmap.workloads, port='http', to=9)\n\n"
        "def test_port(portmap):\n    assert_routes(portmap.service('web'), portmap.workloads, port='htp')\n\n"
        "def test_service(portmap):\n    assert_routes(portmap.service('wev'), portmap.workloads)\n"
    )
    out = pytest_in(project, "-q").out
    assert (
        "AssertionError: port 'http' of Service shop/web should reach 9, but in Deployment/web it reaches 8080" in out
    )
    assert re.search(r"^E {5,}http 80/TCP +→ Deployment/web +app +8080/TCP$", out, re.MULTILINE)
    assert "port 'htp' of Service shop/web should have endpoints, but Service shop/web has no port 'htp'" in out
    assert "KeyError: \"there is no Service 'wev'; did you mean 'web'?\"" in out
    assert "portmap = <Environment: 1 Service, 1 workload, Kubernetes 1.33>" in out
    assert "/portmap/" not in out


def test_switched_off(project: Path) -> None:
    """With `-p no:portmap` there are neither options nor a fixture."""
    assert "unrecognized arguments: --portmap" in pytest_in(project, "-p", "no:portmap", "--portmap", "build").out
    run = pytest_in(project, "-p", "no:portmap", "-p", "no:_portmap_pytest", "-q")
    assert "fixture 'portmap' not found" in run.out


def test_the_conftest_of_a_project(project: Path) -> None:
    """A project can override the fixture, and collect YAML files itself."""
    (project / "conftest.py").write_text(
        "import pytest\n\n"
        "@pytest.fixture\ndef portmap(portmap):\n    return portmap.service('web')\n\n"
        "class Theirs(pytest.File):\n    def collect(self):\n        return []\n\n"
        "def pytest_collect_file(file_path, parent):\n"
        "    return Theirs.from_parent(parent, path=file_path) if file_path.suffix == '.yaml' else None\n"
    )
    (project / "test_shop.py").write_text("def test_name(portmap):\n    assert portmap.name == 'web'\n")
    run = pytest_in(project, "--portmap", "build/web.yaml", "-q")
    assert run.shown.splitlines()[-1] == "2 passed"


def test_from_a_folder_of_the_project(project: Path) -> None:
    """Options are relative to the folder where pytest starts; the ini setting is relative to the ini file."""
    (project / "tests").mkdir()
    (project / "test_shop.py").rename(project / "tests" / "test_shop.py")
    run = pytest_in(project / "tests", "--portmap", "../build/web.yaml", "-q", "--collect-only")
    assert [each.removeprefix("../") for each in ids(run.out)] == [
        *(f"tests/{each}" for each in TESTS),
        SERVICES[2],
    ]
    assert pytest_in(project / "tests", "-q").shown.splitlines()[-1] == "2 passed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--portmap", "absent"), "absent: cannot be read: No such file or directory"),
        (("--portmap", "empty"), "there are no manifests (.json, .yaml, .yml) in"),
        (("--portmap", "build", "--portmap-kubernetes-version", "1.1"), "supported versions: 1.32"),
    ],
)
def test_bad_usage(project: Path, arguments: tuple[str, ...], words: str) -> None:
    """A path that cannot be read and an unsupported version end the run with one line."""
    (project / "empty").mkdir()
    run = pytest_in(project, *arguments)
    assert run.code == 4
    assert words in run.out
    assert "Traceback" not in run.out


def test_the_fixture_without_manifests(project: Path) -> None:
    """Without a path, and with one that cannot be read, the fixture fails in one line."""
    (project / "pytest.ini").write_text("[pytest]\n")
    run = pytest_in(project, "-q")
    assert (
        "the fixture portmap has no files to load: give --portmap-path, or set portmap_path in the ini file" in run.out
    )
    assert "Traceback" not in run.out
    (project / "build" / "bad.yaml").write_text("a: [")
    out = pytest_in(project, "-q", "--portmap-path", "build").out
    assert "build/bad.yaml:2:1: " in out
    assert "another exception" not in out
    # One for each of the two tests.
    assert out.count("portmap: build/bad.yaml:2:1: expected a value here") == 2


def test_an_unused_plugin_imports_nothing(tmp_path: Path) -> None:
    """A run that does not use the plugin imports only its options."""
    (tmp_path / "test_it.py").write_text(
        "import sys\n\ndef test_it():\n"
        "    assert '_portmap_pytest' in sys.modules\n"
        "    assert 'portmap' not in sys.modules\n"
    )
    run = pytest_in(tmp_path, "-q", "test_it.py")
    assert run.code == 0, run.out
