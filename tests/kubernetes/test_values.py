"""The classes that are made without attrs, against the classes that attrs makes of the same body."""

import copy
import inspect
import pickle
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from typing import Any, ClassVar, Final, Generic, TypeVar

import attrs
import cattrs
import pytest

from portmap import Cluster, ContainerPort, ServerWarning, Service, ServicePort, Span, Violation
from portmap._apiserver.rule import Rule
from portmap._kubernetes.cluster import Feature
from portmap._kubernetes.values import _frozen

T = TypeVar("T")

VALUES: Final = (Cluster, ContainerPort, Feature, Rule, ServerWarning, Service, ServicePort, Span, Violation)


def _pair(value: Iterable[int] | None) -> tuple[int, ...] | None:
    return None if value is None else tuple(value)


def plain(attribute: Callable[..., Any]) -> type[Any]:
    class Plain:
        """A body with nothing but fields."""

        name: str
        number: int = 7
        seen: object = attribute(default=None, hash=False, repr=False)

    return Plain


def by_keyword(attribute: Callable[..., Any]) -> type[Any]:
    class ByKeyword:
        name: str = attribute(kw_only=False)
        must: str
        numbers: tuple[int, ...] | None = attribute(default=None, converter=_pair)
        kind: ClassVar[str] = "kind"

        @property
        def upper(self) -> str:
            return self.name.upper()

    return ByKeyword


def with_its_own(attribute: Callable[..., Any]) -> type[Any]:
    class WithItsOwn(Generic[T]):
        name: str
        _low: int = attribute(default=0, kw_only=True)
        _derived: int = attribute(init=False, eq=False, repr=False, default=0)

        def __attrs_post_init__(self) -> None:
            object.__setattr__(self, "_derived", self._low + len(self.name))

        def __hash__(self) -> int:
            return self._derived

        def __repr__(self) -> str:
            return f"<{self.name} {self._derived}>"

    return WithItsOwn


BODIES: Final = [
    (plain, False, [(("a",), {}), (("a", 7), {"seen": [1]}), (("b",), {"number": 8}), ((), {}), (("a",), {"more": 1})]),
    (by_keyword, True, [(("a",), {"must": "b"}), (("a",), {"must": "b", "numbers": [1, 2]}), (("a", "b"), {})]),
    (with_its_own, False, [(("a",), {}), (("a",), {"low": 2}), (("abc",), {}), (("a",), {"_low": 2})]),
]


def both(body: Callable[..., type[Any]], *, kw_only: bool) -> tuple[Any, Any]:
    """The class of this body that attrs makes, and ours, both where pickle finds them."""
    from portmap._kubernetes import values as _values

    theirs: Any = attrs.frozen(body(attrs.field), kw_only=kw_only)
    ours = _frozen(body(_values._Attribute), kw_only=kw_only)
    for cls in (theirs, ours):
        cls.__qualname__ = "Twin"
    return theirs, ours


def outcome(action: Callable[[], object]) -> object:
    """What comes of it, or the error."""
    try:
        return action()
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


def same_pickle(value: object) -> object:
    """The value after a trip through pickle, by the class that is the twin for now."""
    globals()["Twin"] = type(value)
    type(value).__module__ = __name__
    return pickle.loads(pickle.dumps(value))


ASKED: Final[dict[str, Callable[[Any, Any], object]]] = {
    "repr": lambda one, _: repr(one),
    "equal": lambda one, other: (one == other, other == one, one != other),
    "unlike": lambda one, _: (one == "a", one != 1, one.__eq__(3)),
    "hash": lambda one, other: (hash(one) == hash(copy.copy(one)), len({one, other})),
    "assign": lambda one, _: setattr(one, "name", "z"),
    "assign a stranger": lambda one, _: setattr(one, "stranger", "z"),
    "delete": lambda one, _: delattr(one, "name"),
    "fields": lambda one, _: attrs.fields(type(one)),
    "has": lambda one, _: attrs.has(type(one)),
    "facts": lambda one, _: (attrs.fields(type(one)), attrs.inspect(type(one))),
    "evolve": lambda one, _: attrs.asdict(attrs.evolve(one, name="zz")),
    "plain data": lambda one, _: (attrs.asdict(one), attrs.astuple(one), cattrs.unstructure(one)),
    "pickle": lambda one, _: attrs.astuple(same_pickle(one)),  # type: ignore[arg-type]
    "copy": lambda one, _: (copy.copy(one) == one, copy.deepcopy(one) == one, copy.copy(one) is one),
    "weak reference": lambda one, _: weakref.ref(one)() is one,
    "order": lambda one, other: one < other,
    "signature": lambda one, _: inspect.signature(type(one)),
    "members": lambda one, _: {name for name in dir(type(one)) if name not in {"__dict__", "__attrs_props__"}},
    "patterns": lambda one, _: type(one).__match_args__,
    "slots": lambda one, _: (type(one).__slots__, hasattr(one, "__dict__")),
    "documentation": lambda one, _: (type(one).__doc__, type(one).__annotations__, type(one).__bases__),
}


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[0].__name__)
@pytest.mark.parametrize("asked", ASKED)
def test_it_is_what_attrs_would_make(body: tuple[Any, bool, list[Any]], asked: str) -> None:
    """Whatever is asked of a class first, its answer is that of the class by attrs."""
    make, kw_only, calls = body
    theirs, ours = both(make, kw_only=kw_only)
    made: list[tuple[Any, Any]] = []
    for arguments, named in calls:
        expected, found = outcome(partial(theirs, *arguments, **named)), outcome(partial(ours, *arguments, **named))
        if isinstance(expected, tuple):
            assert found == expected
        else:
            made.append((expected, found))
    assert len(made) > 1
    ask = ASKED[asked]
    for (one, mine), (other, mine_too) in product(made, repeat=2):
        assert outcome(partial(ask, mine, mine_too)) == outcome(partial(ask, one, other))


@pytest.mark.parametrize("cls", VALUES, ids=lambda cls: cls.__name__)
def test_of_each_value_attrs_would_make_the_same(cls: type[Any]) -> None:
    """The fields and the signature of each class are those of a class that attrs makes of these fields."""
    said = {
        each.name: attrs.field(
            default=each.default,
            converter=each.converter,
            kw_only=each.kw_only,
            init=each.init,
            repr=each.repr,
            eq=each.eq,
            hash=each.hash,
        )
        for each in attrs.fields(cls)
    }
    kinds = {each.name: each.type for each in attrs.fields(cls)}
    twin: Any = attrs.frozen(type(cls.__name__, (), {**said, "__annotations__": kinds}))
    assert attrs.fields(twin) == attrs.fields(cls)
    assert inspect.signature(twin) == inspect.signature(cls)
    assert twin.__match_args__ == cls.__match_args__
    assert twin.__slots__ == cls.__slots__


def test_a_cluster_has_one_hash_in_every_process() -> None:
    """A cluster that comes from another process is found in a dict: its hash has no part that differs by process."""
    cluster = Cluster("1.33", node_port_range=range(20000, 22768), service_cidrs="10.96.0.0/16")
    assert hash(cluster) == hash((1, range(20000, 22768)))
    assert len({cluster, copy.deepcopy(cluster), Cluster("1.33"), Cluster("1.34")}) == 3


def test_threads_that_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of several threads asks first, attrs makes the class once, and all get the same answers."""
    _, ours = both(plain, kw_only=False)
    made: list[object] = []
    make, ready, answers = attrs.frozen, threading.Barrier(8), list[object]()

    def slowly(body: type[Any], **named: Any) -> object:
        made.append(body)
        time.sleep(0.05)
        return make(body, **named)

    def ask() -> None:
        ready.wait()
        answers.append((hash(ours("a")) == hash(ours("a")), ours("a") == ours("a"), repr(ours("a"))))

    monkeypatch.setattr(attrs, "frozen", slowly)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers == [(True, True, "Twin(name='a', number=7)")] * 8
    assert len(made) == 1


def test_an_error_on_the_way_is_raised() -> None:
    """What goes wrong while attrs is at work is raised, and not taken for an answer."""

    def deepest(one: object, other: object) -> bool:
        try:
            return deepest(one, other)
        except RecursionError:
            return one == other

    _, ours = both(plain, kw_only=False)
    assert deepest(ours("a"), ours("a"))
    assert hash(ours("a")) == hash(ours("a"))


def test_a_method_that_somebody_put_there_stays() -> None:
    """Where a method was replaced before, attrs does not put its own there; another that asks `super` is asked once."""
    _, ours = both(plain, kw_only=False)
    ours.__eq__ = lambda _, __: True
    assert ours("a") == 1
    assert len({ours("a"), ours("b")}) == 2
    assert ours("a") == 1

    _, base = both(plain, kw_only=False)

    class Contrary(base):  # type: ignore[misc, valid-type]
        def __eq__(self, other: object) -> bool:
            return not super().__eq__(other)

        __hash__ = None  # type: ignore[assignment]

    assert [Contrary("a") == Contrary("a") for _ in range(2)] == [False, False]
