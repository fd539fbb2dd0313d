"""What Hypothesis and pytest load of portmap by entry point, in every process that has it installed.

That is as little as there can be: `import portmap` waits until somebody uses it.
"""

import sys
from importlib import import_module


def register_with_hypothesis() -> None:
    """Tell Hypothesis of portmap's types, if they are loaded; else portmap does so when it is."""
    if "portmap" in sys.modules:
        import_module("portmap._hypothesis").register()
