"""Checks of the arguments of strategies.

They run when a strategy is made. An error at the first draw would not show which call is wrong.
"""

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.names import port_number_reasons

Word = TypeVar("Word", bound=str)
Arguments = ParamSpec("Arguments")
Example = TypeVar("Example")


def represented_by_call(
    make: Callable[Arguments, SearchStrategy[Example]],
) -> Callable[Arguments, SearchStrategy[Example]]:
    """Let the strategies of a function show themselves as the call that made them: `services(max_ports=2)`.

    Hypothesis names strategies in its errors. Without this it shows the parts of which they are made.
    """

    @wraps(make)
    def called(*args: Arguments.args, **arguments: Arguments.kwargs) -> SearchStrategy[Example]:
        strategy = make(*args, **arguments)

        def drawn(draw: DrawFn, /, **_: Any) -> Example:  # noqa: ANN401 - only shown
            return draw(strategy)

        drawn.__name__ = drawn.__qualname__ = make.__name__
        return composite(drawn)(**arguments)

    return called


def choices_of(name: str, given: Collection[Word], known: Sequence[Word]) -> tuple[Word, ...]:
    """Return the given words in the order of the known ones, so that examples shrink to the first of these.

    Raises:
        InvalidArgument: No word is given, or one that is not known.
    """
    wanted: object = given
    if isinstance(wanted, str) or not isinstance(wanted, Collection):
        raise InvalidArgument(f"{name}={wanted!r} must be a collection of words, such as {(known[0],)!r}")
    unknown = [word for word in given if word not in known]
    if unknown or not given:
        reason = f"{unknown[0]!r} is none of them" if unknown else "none is left"
        raise InvalidArgument(f"{name}={wanted!r} must be some of {', '.join(known)}: {reason}")
    return tuple(word for word in known if word in given)


def check_bounds(names: tuple[str, str], low: object, high: object, least: int = 0) -> None:
    """Check the bounds of a number of elements.

    Raises:
        InvalidArgument: One of them is not an integer or too small, or the lower one is the greater.
    """
    for name, value in zip(names, (low, high), strict=True):
        if type(value) is not int or value < least:
            raise InvalidArgument(f"{name}={value!r} must be an integer of at least {least}")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        raise InvalidArgument(f"{names[0]}={low} is more than {names[1]}={high}")


def check_ports(low: object, high: object, names: tuple[str, str] = ("min_port", "max_port")) -> None:
    """Check the bounds of port numbers.

    Raises:
        InvalidArgument: One of them is not a port number, or the lower one is the greater.
    """
    for name, value in zip(names, (low, high), strict=True):
        reasons = port_number_reasons(value) if type(value) is int else ("must be an integer",)
        if reasons:
            raise InvalidArgument(f"{name}={value!r} {reasons[0]}")
    check_bounds(names, low, high)


def check_flag(name: str, value: object) -> None:
    """Check a value that may be True, False, or None for either.

    Raises:
        InvalidArgument: It is another value.
    """
    if value is not None and not isinstance(value, bool):
        raise InvalidArgument(f"{name}={value!r} must be True, False, or None for either")


def check_cluster(value: object) -> None:
    """Check a value that may be a cluster or None.

    Raises:
        InvalidArgument: It is another value.
    """
    if value is not None and not isinstance(value, Cluster):
        raise InvalidArgument(f"cluster={value!r} must be a portmap.Cluster: write Cluster({value!r})")


def check_strategy(name: str, value: object) -> None:
    """Check a value that may be a strategy or None.

    Raises:
        InvalidArgument: It is another value.
    """
    if value is not None and not isinstance(value, SearchStrategy):
        raise InvalidArgument(f"{name}={value!r} must be a strategy, such as strategies.just({value!r})")
