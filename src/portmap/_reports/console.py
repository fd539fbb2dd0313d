"""The standard streams as a command needs them: a report that arrives or an error, and words on the side.

A reader that leaves early is no error. A standard stream that the process was started without is
`None` in Python, and a name in the input may hold what the terminal's encoding does not.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Final, cast, final

from portmap._kubernetes.errors import ManifestError
from portmap._reports.printable import encodable, printable

__all__ = ["CommandError", "Console", "progress"]

_AT_A_TIME: Final = 1_000_000


@final
class CommandError(Exception):
    """The end of a run that cannot go on, with what there is to say about it."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@final
class Console:
    """The three streams of a command."""

    def __init__(self, stdin: IO[str] | None, stdout: IO[str] | None, stderr: IO[str] | None) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._stderr = stderr

    @property
    def source(self) -> IO[bytes]:
        """Standard input, to be read.

        Raises:
            ManifestError: There is none.
        """
        if self._stdin is None:
            raise ManifestError("is closed", "<stdin>")
        return cast("IO[bytes]", _Input(self._stdin))

    @property
    def _on_terminal(self) -> bool:
        return self._stdout is not None and self._stdout.isatty()

    @property
    def width(self) -> int | None:
        """The width of the terminal; `None` where the report goes elsewhere."""
        return shutil.get_terminal_size().columns if self._on_terminal else None

    @property
    def colour(self) -> bool:
        """Whether the report is coloured: on a terminal, or where `FORCE_COLOR` is set, and never with `NO_COLOR`."""
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (self._on_terminal and os.environ.get("TERM") != "dumb")

    @property
    def told_on_terminal(self) -> bool:
        """Whether somebody watches what is said on the side."""
        return self._stderr is not None and self._stderr.isatty()

    @property
    def side(self) -> IO[str] | None:
        """The stream for what is said on the side."""
        return self._stderr

    def write(self, text: str) -> bool:
        """Write a part of the report; whether somebody still reads it.

        Raises:
            CommandError: It cannot be written.
        """
        return not text or self._put(lambda stream: stream.write(encodable(text, stream)))

    def write_content(self, data: bytes) -> bool:
        """Write the content of a file in UTF-8 as it is, whatever the locale; as `write` does otherwise.

        Raises:
            CommandError: It cannot be written.
        """

        def put(stream: IO[str]) -> None:
            raw = getattr(stream, "buffer", None)
            if raw is None:
                stream.write(data.decode("utf-8"))
            else:
                raw.write(data)

        return not data or self._put(put)

    def _put(self, write: Callable[[IO[str]], object]) -> bool:
        stream = self._stdout
        if stream is None:
            raise CommandError("portmap: the report cannot be written: standard output is closed")
        try:
            write(stream)
            stream.flush()
        except BrokenPipeError:
            _abandon(stream)
            return False
        except OSError as error:
            _abandon(stream)
            raise CommandError(f"portmap: the report cannot be written: {error.strerror or error}") from None
        return True

    def write_all(self, parts: Iterable[str]) -> bool:
        """Write a report that comes in pieces; whether somebody read it to its end.

        Raises:
            CommandError: It cannot be written.
        """
        waiting: list[str] = []
        size = 0
        for part in parts:
            waiting.append(part)
            size += len(part)
            if size > _AT_A_TIME:
                if not self.write("".join(waiting)):
                    return False
                waiting, size = [], 0
        return self.write("".join(waiting))

    def say(self, *lines: str) -> None:
        """Write lines that are no part of the report. Where nobody listens, nothing is said."""
        if self._stderr is None:
            return
        with suppress(OSError):
            for line in lines:
                self._stderr.write(encodable(f"{printable(line)}\n", self._stderr))
            self._stderr.flush()


@final
class _Input:
    """Standard input as bytes, whatever the locale takes them for; or as text, where there are no bytes."""

    name: Final = "<stdin>"

    def __init__(self, stream: IO[str]) -> None:
        self._stream: Any = getattr(stream, "buffer", stream)

    def read(self, size: int = -1) -> object:
        return self._stream.read(size)


def _abandon(stream: IO[str]) -> None:
    """Leave what could not be written: else Python tries again at exit, and complains."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


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
