"""How far a long run is: shown on standard error, where that is a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from portmap._reports.console import Console

__all__ = ["progress"]

_PATIENCE: Final = 1.0
_BETWEEN: Final = 2.0


@contextmanager
def progress(console: Console) -> Iterator[Callable[[int, int], None] | None]:
    """What to call with the number of files that are done and of all; `None` where nobody watches.

    With rich (`pip install portmap-k8s[progress]`) there is a bar, without it a line every two
    seconds, and nothing at all in the first second.
    """
    if not console.told_on_terminal:
        yield None
        return
    try:
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    terminal = Terminal(file=console.side)
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("files", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Says how far it is, now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = time.monotonic() + _PATIENCE

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _BETWEEN
            self._console.say(f"{done} of {total} files")
