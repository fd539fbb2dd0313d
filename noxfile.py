"""Sessions of nox: `nox` runs lint, typing, tests and docs; `nox -l` lists all sessions."""

import shutil
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.reuse_venv = "yes"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
CONSTRAINTS = ("-c", "constraints.txt")


def install_groups(session: nox.Session, *groups: str) -> None:
    """Install dependency groups of pyproject.toml, also with a pip that does not support them."""
    session.install(*CONSTRAINTS, *nox.project.dependency_groups(PROJECT, *groups))


def install_portmap(session: nox.Session) -> None:
    """Install portmap as a package, built by the constrained version of the build backend."""
    session.install(*CONSTRAINTS, *PROJECT["build-system"]["requires"])
    session.install(*CONSTRAINTS, "--no-build-isolation", ".")


def run_tests(session: nox.Session, *options: str) -> None:
    """Run the tests on all cores, or pytest with the arguments after `--`."""
    install_groups(session, "test", "interop", "pyright")
    install_portmap(session)
    session.run("pytest", *(session.posargs or ["-n", "auto", *options]))


@nox.session
def lint(session: nox.Session) -> None:
    """Check the format and the style of all Python code with ruff."""
    install_groups(session, "lint")
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types of all Python code with mypy, for the oldest supported Python."""
    # The checked code imports packages of the other groups.
    install_groups(session, "dev")
    session.install(*CONSTRAINTS, *PROJECT["project"]["dependencies"])
    session.run("mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests with the Python that runs nox."""
    run_tests(session)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run the tests and measure their coverage, which takes half as long again."""
    run_tests(session, "--cov")


@nox.session(python=PYTHONS, default=False)
def matrix(session: nox.Session) -> None:
    """Run the tests with every supported Python that is installed."""
    run_tests(session)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into build/docs, without network access; a warning or a broken link is an error."""
    install_groups(session, "docs")
    install_portmap(session)
    session.run("sphinx-build", "--quiet", "--fail-on-warning", "docs", "build/docs")
    session.run("python", "docs/check_links.py", "build/docs")


@nox.session(default=False)
def pages(session: nox.Session) -> None:
    """Generate the parts of the documentation that follow from the rules."""
    install_portmap(session)
    for generator in sorted(Path("docs").glob("generate_*.py")):
        session.run("python", str(generator))


@nox.session(default=False)
def package(session: nox.Session) -> None:
    """Build sdist and wheel into `dist`, check them, and run the README's commands from the wheel.

    With a tag such as `v0.1.0` after `--`, the session fails if it is not that of the version.
    """
    project = PROJECT["project"]
    if session.posargs not in ([], [f"v{project['version']}"]):
        session.error(f"the tag {session.posargs[0]} is not that of version {project['version']}")
    install_groups(session, "package")
    session.install(*CONSTRAINTS, *PROJECT["build-system"]["requires"])
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--no-isolation")
    distributions = sorted(map(str, Path("dist").iterdir()))
    session.run("twine", "check", "--strict", *distributions)
    check_contents(session, *map(Path, distributions))
    # A bare environment: only the wheel and its dependencies, outside the checkout.
    bare = Path(session.create_tmp()).resolve()
    shutil.rmtree(bare)
    venv.create(bare, with_pip=True)
    scripts = bare / ("Scripts" if sys.platform == "win32" else "bin")
    [wheel] = (name for name in distributions if name.endswith(".whl"))
    session.run(str(scripts / "python"), "-m", "pip", "install", "--quiet", wheel, external=True)
    example = str(Path("examples/microservices_shop.py").resolve())
    with session.chdir(bare):
        manifests = session.run(str(scripts / "python"), "-I", example, silent=True, external=True)
        (bare / "shop.yaml").write_text(str(manifests), encoding="utf-8")
        session.run(str(scripts / "portmap"), "resolve", "shop.yaml", external=True)
        session.run(str(scripts / "portmap"), "lint", "shop.yaml", external=True)


def check_contents(session: nox.Session, sdist: Path, wheel: Path) -> None:
    """Fail if the distributions lack files of the project, or if the wheel has others."""
    if sdist.suffix == ".whl":
        sdist, wheel = wheel, sdist
    files = (path for path in Path("src").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    sources = {path.relative_to("src").as_posix() for path in files}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    if packed != sources:
        session.error(f"the wheel and src differ in {sorted(packed ^ sources)}")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    missing = {"CHANGELOG.md", "LICENSE", "README.md", "docs/conf.py", "hatch_build.py", "tests/conftest.py"} - names
    if missing:
        session.error(f"the sdist lacks {sorted(missing)}")


@nox.session(default=False)
def dask(session: nox.Session) -> None:
    """Run the tests of linting in parts, also with the executor of Dask."""
    install_groups(session, "test", "dask")
    install_portmap(session)
    session.run("pytest", "tests/lint/test_parallel.py", *session.posargs)


@nox.session(default=False)
def previous_mypy(session: nox.Session) -> None:
    """Run the tests of types and of the mypy plugin with the previous mypy."""
    install_groups(session, "test")
    install_portmap(session)
    session.install("mypy==2.3.1")
    session.run("pytest", "tests/typing", "tests/mypy", *session.posargs)


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Run the tests of the rooms that use other libraries, with the lowest versions that are allowed."""
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["hypothesis"], "pytest>=8.0"]
    session.install(*(each.replace(">=", "==") for each in wanted), "pytest-xdist", "mypy", "jsonschema", "ruamel.yaml")
    session.install("--no-deps", ".")
    chosen = ["tests/kubernetes", "tests/manifests", "tests/yaml", "tests/strategies", "tests/model", "tests/plugins"]
    session.run("pytest", *(session.posargs or chosen))


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure checking, reading, writing and resolving, as ratios to baselines in the same run."""
    install_groups(session, "interop")
    install_portmap(session)
    session.run("python", "benchmarks/ratios.py", *session.posargs)
    session.run("python", "benchmarks/cold_start.py", *session.posargs)
    session.run("python", "benchmarks/services.py", *session.posargs)
    session.run("python", "benchmarks/lint.py")
    session.run("python", "benchmarks/large_cluster.py")


@nox.session(default=False)
def long_run(session: nox.Session) -> None:
    """Validate millions of generated documents: `nox -s long_run -- 2000000`."""
    install_groups(session, "test")
    install_portmap(session)
    session.run("python", "tests/properties/long_run.py", *session.posargs)
