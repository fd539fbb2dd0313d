"""The processes of `portmap lint`: none outlives the command, however it ends."""

import gc
import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import NoReturn

from portmap._reports.console import CommandError


@contextmanager
def executor_of(jobs: int) -> Iterator[Executor]:
    """Yield an executor for the processes.

    Raises:
        CommandError: A process ended early.
    """
    # Python starts some processes with the current folder on their path. Its files are not ours.
    os.environ["PYTHONSAFEPATH"] = "1"
    executor = ProcessPoolExecutor(jobs, initializer=_start_process)
    try:
        # Start the processes before progress starts a thread, which forking would copy.
        executor.submit(abs, 0)
        yield executor
    except BrokenExecutor as error:
        raise CommandError(f"portmap lint: a process ended early, perhaps for lack of memory: {error}") from None
    finally:
        # They end while the report is written.
        executor.shutdown(wait=False, cancel_futures=True)


def _start_process() -> None:
    """Prepare a process of the executor: it ends with this one, however this one ends."""
    gc.disable()
    # The terminal interrupts all processes; this one ends with its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (parent := parent_process()) is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> NoReturn:
    parent.join()
    os._exit(1)
