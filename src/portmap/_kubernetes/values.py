"""attrs classes that do not wait for attrs.

To import attrs costs more than all the rest of a script that makes one Service. So `frozen` gives the
classes that every script needs their slots and their constructor at once, and leaves the rest to attrs,
which makes it of the same body when it is first asked for: at the first comparison, hash, repr or pickle,
at an assignment (which it refuses), or where somebody reads the fields. From outside they are attrs classes
like any other: for `attrs.fields` and `attrs.evolve`, for cattrs, and for type checkers.

Only `attrs.inspect`, which is experimental, looks past the promise and finds nothing before that.
What few scripts need uses attrs itself.
"""

import sys
from _thread import RLock
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, final, get_origin

__all__ = ["attribute", "frozen"]

_METHODS: Final = (
    "__delattr__",
    "__eq__",
    "__getstate__",
    "__hash__",
    "__ne__",
    *(("__replace__",) if sys.version_info >= (3, 13) else ()),
    "__repr__",
    "__setattr__",
    "__setstate__",
)
_ATTRS_AT_WORK: Final = RLock()
_NOT_OF_THE_BODY: Final = frozenset({"__dict__", "__weakref__", "__annotate_func__", "__annotations_cache__"})


@final
class _Attribute:
    """What `attrs.field` is to be told."""

    __slots__ = ("told",)

    def __init__(self, **told: Any) -> None:  # noqa: ANN401 - whatever attrs takes
        self.told = told


def _frozen(body: type[Any] | None = None, *, kw_only: bool = False) -> Any:  # noqa: ANN401 - as in attrs
    """As `attrs.frozen`, which type checkers see in its place."""

    def decorate(body: type[Any]) -> type[Any]:
        return _made(body, kw_only=kw_only)

    return decorate if body is None else decorate(body)


def _made(body: type[Any], *, kw_only: bool) -> type[Any]:
    """The class: with slots and a constructor, and with a promise of what attrs will make."""
    kinds: dict[str, Any] = body.__annotations__
    names = [name for name, kind in kinds.items() if get_origin(kind) is not ClassVar]
    own = {name: value for name, value in vars(body).items() if name not in _NOT_OF_THE_BODY}
    attributes: dict[str, _Attribute] = {}
    for name in names:
        value = own.pop(name, _Attribute())
        attributes[name] = value if type(value) is _Attribute else _Attribute(default=value)
    by_keyword = {name for name, each in attributes.items() if each.told.get("kw_only", kw_only)}
    own["__qualname__"] = body.__qualname__
    own["__annotations__"] = kinds
    own["__slots__"] = (*names, "__weakref__")
    own["__match_args__"] = tuple(
        name for name in names if name not in by_keyword and attributes[name].told.get("init", True)
    )
    cls: Any = type(body.__name__, body.__bases__, own)
    cls.__init__ = _constructor(cls, attributes, by_keyword)
    promised: dict[str, object] = {}
    made: dict[str, Any] = {}

    def fulfil() -> Mapping[str, Any]:
        import attrs

        with _ATTRS_AT_WORK:
            if not made:
                for name, each in attributes.items():
                    setattr(body, name, attrs.field(**each.told))
                made.update(vars(attrs.frozen(body, kw_only=kw_only)))
            for name, promise in promised.items():
                # What somebody has put there meanwhile stays.
                if vars(cls).get(name) is promise:
                    setattr(cls, name, made[name])
            cls.__attrs_props__ = made["__attrs_props__"]
        return made

    promised["__attrs_attrs__"] = _PromisedFields(fulfil)
    promised |= {name: _promised_method(name, fulfil) for name in _METHODS if name not in own}
    for name, promise in promised.items():
        setattr(cls, name, promise)
    return cls  # type: ignore[no-any-return]


def _constructor(
    cls: type[Any], attributes: Mapping[str, _Attribute], by_keyword: Collection[str]
) -> Callable[..., None]:
    """Its `__init__`, with the signature that attrs would give it."""
    # Its slots know how to set themselves, past `frozen`, and do it fastest.
    scope: dict[str, object] = {f"_set_{name}": vars(cls)[name].__set__ for name in attributes}
    placed, keyed, steps = ["self"], list[str](), list[str]()
    types: dict[str, object] = {}
    for name, each in attributes.items():
        argument, told = name.removeprefix("_"), each.told
        if "default" in told:
            scope[f"_default_{name}"] = told["default"]
        if not told.get("init", True):
            steps.append(f"_set_{name}(self, _default_{name})")
            continue
        converter = told.get("converter")
        if converter is None:
            steps.append(f"_set_{name}(self, {argument})")
            types[argument] = cls.__annotations__[name]
        else:
            scope[f"_converted_{name}"] = converter
            steps.append(f"_set_{name}(self, _converted_{name}({argument}))")
            types[argument] = next(iter(converter.__annotations__.values()))
        parameter = f"{argument}=_default_{name}" if "default" in told else argument
        (keyed if name in by_keyword else placed).append(parameter)
    if hasattr(cls, "__attrs_post_init__"):
        steps.append("self.__attrs_post_init__()")
    parameters = ", ".join([*placed, *(["*", *keyed] if keyed else [])])
    exec("\n ".join([f"def __init__({parameters}):", *steps]), scope)  # noqa: S102 - of the names in a class body
    constructor: Any = scope["__init__"]
    constructor.__annotations__ = {**types, "return": None}
    constructor.__qualname__ = f"{cls.__qualname__}.__init__"
    constructor.__module__ = cls.__module__
    return constructor  # type: ignore[no-any-return]


def _promised_method(name: str, fulfil: Callable[[], Mapping[str, Any]]) -> Callable[..., Any]:
    # A function and no descriptor: Python takes an error of a descriptor for the lack of the method.
    def method(self: object, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the method takes
        return fulfil()[name](self, *arguments, **named)

    method.__name__ = name
    return method


@final
class _PromisedFields:
    """What attrs knows about a class, which it makes when that is first looked up."""

    __slots__ = ("fulfil",)

    def __init__(self, fulfil: Callable[[], Mapping[str, Any]]) -> None:
        self.fulfil = fulfil

    def __get__(self, instance: object, cls: type[Any]) -> object:
        return self.fulfil()["__attrs_attrs__"]


if TYPE_CHECKING:
    from attrs import field as attribute
    from attrs import frozen
else:
    attribute, frozen = _Attribute, _frozen
