"""The docstrings are the reference: every public name has an example, and every example is run.

The examples go on from that of `portmap` itself, and those of methods and properties from that
of their class, as `portmap.__doc__` says. They run in a folder of their own.
"""

import doctest
import inspect
import io
import re
from collections.abc import Iterator
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, final, is_typeddict

import pytest

import portmap
from pages import ROOT

MODULES: Final = (
    "portmap",
    "portmap.manifests",
    "portmap.lint",
    "portmap.testing",
    "portmap.strategies",
    "portmap.types",
    "portmap.mypy",
)
PARSER: Final = doctest.DocTestParser()


@final
class Documented(NamedTuple):
    """Something public, and the class of which it is a part."""

    name: str
    subject: object
    owner: object = None


@cache
def public_things() -> tuple[Documented, ...]:
    """Every public class and function, each once, and the public methods and properties of the classes."""
    found: dict[int, Documented] = {}
    parts: list[Documented] = []
    for module in map(import_module, MODULES):
        for name in module.__all__:
            thing = getattr(module, name)
            # The types of plain data have no behaviour of their own.
            if is_typeddict(thing):
                continue
            if id(thing) not in found and (inspect.isclass(thing) or inspect.isfunction(thing)):
                found[id(thing)] = Documented(f"{module.__name__}.{name}", thing)
                parts += parts_of(found[id(thing)]) if inspect.isclass(thing) else ()
    return (*found.values(), *parts)


def parts_of(owner: Documented) -> Iterator[Documented]:
    """The public methods and properties that a class has, itself or from another class of portmap."""
    assert isinstance(owner.subject, type)
    bases = [base for base in type.mro(owner.subject) if base.__module__.partition(".")[0] == "portmap"]
    for name, part in {name: part for base in reversed(bases) for name, part in vars(base).items()}.items():
        unbound = getattr(part, "__func__", part)
        is_property = isinstance(unbound, property | cached_property)
        if not name.startswith("_") and (inspect.isfunction(unbound) or is_property):
            yield Documented(f"{owner.name}.{name}", unbound, owner.subject)


def examples_of(text: str | None, name: str, known: dict[str, Any]) -> doctest.DocTest:
    """The examples of a docstring."""
    return PARSER.get_doctest(inspect.cleandoc(text or ""), known, name, None, 0)


def run(test: doctest.DocTest) -> str:
    """What is wrong with some examples; what they define is in `test.globs` afterwards."""
    told = io.StringIO()
    doctest.DocTestRunner(verbose=False).run(test, out=told.write, clear_globs=False)
    return told.getvalue()


def known_to(thing: Documented) -> dict[str, Any]:
    """What the examples of a thing go on from."""
    known: dict[str, Any] = {}
    for subject in (portmap, thing.owner):
        if subject is not None:
            before = examples_of(subject.__doc__, thing.name, known)
            run(before)
            known = before.globs
    return known


@pytest.fixture(autouse=True)
def _a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Examples write files where they stand, and may set the cluster for the whole process."""
    monkeypatch.chdir(tmp_path)
    yield
    portmap.set_default_cluster(portmap.Cluster())


def test_the_package_has_the_first_example() -> None:
    """What all others go on from runs itself."""
    assert run(examples_of(portmap.__doc__, "portmap", {})) == ""
    assert len(public_things()) > 200


@pytest.mark.parametrize("thing", public_things(), ids=lambda thing: thing.name)
def test_every_public_name_has_an_example_that_is_true(thing: Documented) -> None:
    """Classes, functions, methods and properties show how they are used, and what comes of it."""
    test = examples_of(inspect.getdoc(thing.subject), thing.name, known_to(thing))
    assert test.examples, f"the docstring of {thing.name} has no example"
    problem = run(test)
    if problem:
        pytest.fail(problem, pytrace=False)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_modules_are_true(module: str) -> None:
    """What a module's docstring shows runs, too."""
    text = import_module(module).__doc__
    assert run(examples_of(text, module, {} if module == "portmap" else known_to(Documented(module, None)))) == ""


def test_code_that_is_only_shown_is_in_no_docstring() -> None:
    """What is indented in a docstring is an example that runs, or belongs to a section."""
    modules = [Documented(name, import_module(name)) for name in MODULES]
    for thing in (*public_things(), *modules):
        prose = re.split(
            r"^(?:Args|Attributes|Example|Raises|Returns):$", text_of(thing), maxsplit=1, flags=re.MULTILINE
        )
        assert not re.search(r"\n\n {4}(?! *>>> )", prose[0]), thing.name


def text_of(thing: Documented) -> str:
    """The docstring of a thing, without indentation."""
    return inspect.getdoc(thing.subject) or ""


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module: str) -> None:
    """The page of a module in the documentation of the API has each of its names once, and no other."""
    text = (ROOT / "docs" / "api" / f"{module.rpartition('.')[2]}.rst").read_text(encoding="utf-8")
    told = re.findall(r"^(?:\.\. auto(?:class|data|exception|function):: | {3})(\w+)$", text, re.MULTILINE)
    elsewhere = set(portmap.__all__) if module != "portmap" else set()
    assert sorted(told) == sorted(set(import_module(module).__all__) - (elsewhere - set(told)))


@pytest.mark.parametrize("text", [">>> 1 + 1\n3", ">>> print(1)", ">>> nothing", ">>> 1 / 0\n0"])
def test_examples_that_are_wrong_are_found(text: str) -> None:
    """An output that is another, that is not shown, and an exception are all told."""
    assert "Failed example" in run(examples_of(text, "example", {}))
