"""An executor that behaves as a process pool does, and the comparison of two reports."""

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, final

from portmap.lint import Report

__all__ = ["PicklingExecutor", "contents"]


@final
class PicklingExecutor(Executor):
    """Runs each function at once, in this process, and pickles what goes in and what comes out."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            fn, args, kwargs = pickle.loads(pickle.dumps((fn, args, kwargs)))
            future.set_result(pickle.loads(pickle.dumps(fn(*args, **kwargs))))
        except BaseException as error:  # noqa: BLE001 - the caller raises it from the future
            future.set_exception(error)
        return future


def contents(report: Report) -> list[Any]:
    """Return everything in a report, positions and locations included, which do not count for equality."""
    findings = [
        (each, each.position, each.location, [(other.position, other.location) for other in each.related])
        for each in report
    ]
    suppressed = [
        (each.finding, each.finding.position, each.finding.location, each.reason) for each in report.suppressed
    ]
    return [findings, suppressed, report.objects, report.services, report.skipped, report.cluster]
