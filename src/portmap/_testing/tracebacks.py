"""Tracebacks that end at the line of the test."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def hide_traceback(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let the traceback of a wrong argument end at the call, as the traceback of a failed assertion does."""

    @wraps(function)
    def wrapper(*args: Arguments.args, **arguments: Arguments.kwargs) -> Result:
        __tracebackhide__ = True
        try:
            return function(*args, **arguments)
        except (KeyError, TypeError, ValueError) as error:
            if not _is_raised_by_portmap(error):
                raise
            raise error.with_traceback(None) from None

    return wrapper


def _is_raised_by_portmap(error: Exception) -> bool:
    """Return whether portmap raised the error, not the code that yields the objects."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0] == "portmap"
