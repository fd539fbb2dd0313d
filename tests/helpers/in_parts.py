"""What the tests of linting in parts share: an executor, and all that a report says."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, final

from portmap.lint import Report

__all__ = ["Here", "told"]


@final
class Here(Executor):
    """Works at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)
        return future


def told(report: Report) -> list[Any]:
    """Everything that a report says."""
    found = [
        (each, each.position, each.location, [(other.position, other.location) for other in each.related])
        for each in report
    ]
    hidden = [(each.finding, each.finding.position, each.finding.location, each.reason) for each in report.suppressed]
    return [found, hidden, report.objects, report.services, report.skipped, report.cluster]
