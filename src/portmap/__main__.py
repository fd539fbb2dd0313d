"""The command `portmap`, and `python -m portmap` where its script is not on the path."""

import os
import sys
from contextlib import suppress

_INTERRUPTED = 130


def run() -> int:
    """Run the command and return its exit code, without a traceback for an interrupt at any time."""
    try:
        from portmap._cli.main import main

        code = main()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        # Other processes may be busy for long. They end with this one, which waits for nothing.
        os._exit(code)
    return code


if __name__ == "__main__":
    # `-m` puts the current folder on the path. Its files are data to portmap: none is imported, nor are rules of it.
    # Only `python -I` keeps Python itself from looking for portmap there.
    with suppress(OSError):  # The current folder may be gone.
        if not sys.flags.safe_path and sys.path[:1] == [os.path.abspath(os.curdir)]:  # noqa: PTH100 - as Python does
            del sys.path[0]
    sys.exit(run())
