"""The standard streams of a command: its report, its messages, and the progress of a long run.

A reader that closes a pipe early does not cause an error. A stream that the process was started without is `None`
in Python, and the encoding of a terminal may lack characters of the report.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Final, TypeAlias, cast, final

from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.printable import printable, safe_lines
from portmap._reports.layout import Page

_CHUNK: Final = 1_000_000

# The symbols of reports, for terminals that know only ASCII.
_ASCII: Final = str.maketrans({"→": "->", "✗": "x", "…": "..."})


@final
class CommandError(Exception):
    """A command cannot go on; its arguments are the lines to print."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@final
class Console:
    """The three streams of a command."""

    def __init__(self, stdin: IO[str] | None, stdout: IO[str] | None, stderr: IO[str] | None) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self.stderr = stderr

    @property
    def source(self) -> IO[bytes]:
        """Return standard input for reading.

        Raises:
            ManifestError: It is closed.
        """
        if self._stdin is None:
            raise ManifestError("is closed", "<stdin>")
        return cast("IO[bytes]", _Input(self._stdin))

    @property
    def page(self) -> Page:
        """Return the page for text reports.

        It has colours on a terminal and if `FORCE_COLOR` is set, but never if `NO_COLOR` is.
        """
        is_terminal = _is_terminal(self._stdout)
        colour = bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")
        width = None
        if is_terminal:
            import shutil

            width = shutil.get_terminal_size().columns
        return Page(width, colour and not os.environ.get("NO_COLOR"))

    def write(self, text: str) -> bool:
        """Write a part of the report, and return whether a reader is left.

        Nothing in it steers the terminal but colours of the page, nor the log of a workflow.

        Raises:
            CommandError: It cannot be written.
        """
        return self.write_commands(safe_lines(text, styles=self.page.colour))

    def write_commands(self, text: str) -> bool:
        """Write a part of a report that consists of commands to the log of a workflow; see `write`."""
        return not text or self._put(lambda stream: stream.write(_encodable(text, stream)))

    def write_content(self, data: bytes) -> bool:
        """Write the content of a file, and return whether a reader is left.

        A terminal gets it as a report, and any other reader unchanged, whatever the locale.

        Raises:
            CommandError: It cannot be written.
        """
        if _is_terminal(self._stdout):
            return self.write(data.decode("utf-8"))

        def put(stream: IO[str]) -> None:
            raw = getattr(stream, "buffer", None)
            if raw is None:
                stream.write(data.decode("utf-8"))
            else:
                raw.write(data)

        return not data or self._put(put)

    def write_all(self, parts: Iterable[str], *, commands: bool = False) -> bool:
        """Write a report that comes in parts, and return whether it was read to its end.

        Args:
            parts: The parts, each of whole lines.
            commands: Whether they are commands to the log of a workflow.

        Raises:
            CommandError: It cannot be written.
        """
        write = self.write_commands if commands else self.write
        pending: list[str] = []
        size = 0
        for part in parts:
            pending.append(part)
            size += len(part)
            if size > _CHUNK:
                if not write("".join(pending)):
                    return False
                pending, size = [], 0
        return write("".join(pending))

    def _put(self, write: Callable[[IO[str]], object]) -> bool:
        stream = self._stdout
        if stream is None:
            raise CommandError("portmap: the report cannot be written: standard output is closed")
        try:
            write(stream)
            stream.flush()
        except BrokenPipeError:
            _discard(stream)
            return False
        except OSError as error:
            _discard(stream)
            raise CommandError(f"portmap: the report cannot be written: {error.strerror or error}") from None
        return True

    def note(self, *lines: str) -> None:
        """Write lines to standard error, if there is one."""
        if self.stderr is None:
            return
        with suppress(OSError):
            for line in lines:
                self.stderr.write(_encodable(safe_lines(f"{printable(line)}\n"), self.stderr))
            self.stderr.flush()


@final
class _Input:
    """Standard input as bytes, whatever the locale; as text if the stream has no bytes."""

    name: Final = "<stdin>"

    def __init__(self, stream: IO[str]) -> None:
        self._stream: Any = getattr(stream, "buffer", stream)

    def read(self, size: int = -1) -> object:
        return self._stream.read(size)


def _encodable(text: str, stream: IO[str]) -> str:
    """Return the text with escapes for characters that the encoding of the stream lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    return text


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and stream.isatty()


def _discard(stream: IO[str]) -> None:
    """Drop what could not be written: Python would try again at exit, and report another error."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


Progress: TypeAlias = Callable[[int, int], None]
"""Takes the number of files that are done, and of all files."""

_FIRST_LINE_AFTER: Final = 1.0
_BETWEEN_LINES: Final = 2.0


@contextmanager
def progress(console: Console) -> Iterator[Progress | None]:
    """Yield a function that shows progress; `None` if standard error is not a terminal.

    It shows a progress bar with rich (`pip install portmap-k8s[progress]`), and without rich a line every
    two seconds after the first one.
    """
    if not _is_terminal(console.stderr):
        yield None
        return
    try:
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar
    except ImportError:
        yield _progress_lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Terminal(file=console.stderr), transient=True) as bar:
        task = bar.add_task("files", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _progress_lines(console: Console) -> Progress:
    next_line = time.monotonic() + _FIRST_LINE_AFTER

    def show(done: int, total: int) -> None:
        nonlocal next_line
        now = time.monotonic()
        if now >= next_line:
            next_line = now + _BETWEEN_LINES
            console.note(f"{done} of {total} files")

    return show
