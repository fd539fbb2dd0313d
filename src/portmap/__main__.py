"""`python -m portmap`: the command, where its script is not on the path."""

import os
import sys
from contextlib import suppress

if __name__ == "__main__":
    # `-m` puts the current folder on the path. Its files are data to portmap: none is imported, nor are rules of it.
    # Only `python -I` keeps Python itself from looking for portmap there.
    with suppress(OSError):  # The current folder may be gone.
        if not sys.flags.safe_path and sys.path[:1] == [os.path.abspath(os.curdir)]:  # noqa: PTH100 - as Python does
            del sys.path[0]

    from portmap._cli.main import main

    sys.exit(main())
