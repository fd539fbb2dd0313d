"""What the arguments of strategies may be, said at the call: an error at the first draw is hard to place."""

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.names import port_number_reasons

__all__ = ["check_bounds", "check_cluster", "check_flag", "check_ports", "check_strategy", "chosen", "shown_as_called"]

Word = TypeVar("Word", bound=str)
Arguments = ParamSpec("Arguments")
Example = TypeVar("Example")


def shown_as_called(
    make: Callable[Arguments, SearchStrategy[Example]],
) -> Callable[Arguments, SearchStrategy[Example]]:
    """Have the strategies that a function makes shown as the call that made them, `services(max_ports=2)`.

    Hypothesis names them in its errors, and would show of what they are made.
    """

    @wraps(make)
    def called(*args: Arguments.args, **arguments: Arguments.kwargs) -> SearchStrategy[Example]:
        strategy = make(*args, **arguments)

        def drawn(draw: DrawFn, /, **_: Any) -> Example:  # noqa: ANN401 - they are for the name alone
            return draw(strategy)

        drawn.__name__ = drawn.__qualname__ = make.__name__
        return composite(drawn)(**arguments)

    return called


def chosen(name: str, given: Collection[Word], known: Sequence[Word]) -> tuple[Word, ...]:
    """The words of this list that were given, in the order of the list, so that examples shrink to its first.

    Raises:
        InvalidArgument: None is given, or one that is not in the list.
    """
    wanted: object = given
    if isinstance(wanted, str) or not isinstance(wanted, Collection):
        raise InvalidArgument(f"{name}={wanted!r} must be a collection of words, such as {(known[0],)!r}")
    unknown = [each for each in given if each not in known]
    if unknown or not given:
        what = f"{unknown[0]!r} is none of them" if unknown else "none is left"
        raise InvalidArgument(f"{name}={wanted!r} must be some of {', '.join(known)}: {what}")
    return tuple(each for each in known if each in given)


def check_bounds(names: tuple[str, str], low: object, high: object, least: int = 0) -> None:
    """Refuse what are no bounds of a number of things.

    Raises:
        InvalidArgument: One of them is no integer or too small, or they are the wrong way round.
    """
    for name, value in zip(names, (low, high), strict=True):
        if type(value) is not int or value < least:
            raise InvalidArgument(f"{name}={value!r} must be an integer of at least {least}")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        raise InvalidArgument(f"{names[0]}={low} is more than {names[1]}={high}")


def check_ports(low: object, high: object, names: tuple[str, str] = ("min_port", "max_port")) -> None:
    """Refuse what are no bounds of port numbers.

    Raises:
        InvalidArgument: One of them is no port number, or they are the wrong way round.
    """
    for name, value in zip(names, (low, high), strict=True):
        reasons = port_number_reasons(value) if type(value) is int else ("must be an integer",)
        if reasons:
            raise InvalidArgument(f"{name}={value!r} {reasons[0]}")
    check_bounds(names, low, high)


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither True, False nor None, which stands for either.

    Raises:
        InvalidArgument: It is something else.
    """
    if value is not None and not isinstance(value, bool):
        raise InvalidArgument(f"{name}={value!r} must be True, False, or None for either")


def check_cluster(value: object) -> None:
    """Refuse what is no cluster.

    Raises:
        InvalidArgument: It is something else.
    """
    if value is not None and not isinstance(value, Cluster):
        raise InvalidArgument(f"cluster={value!r} must be a portmap.Cluster: write Cluster({value!r})")


def check_strategy(name: str, value: object) -> None:
    """Refuse what is no strategy.

    Raises:
        InvalidArgument: It is something else.
    """
    if value is not None and not isinstance(value, SearchStrategy):
        raise InvalidArgument(f"{name}={value!r} must be a strategy, such as strategies.just({value!r})")
