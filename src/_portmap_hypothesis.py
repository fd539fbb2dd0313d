"""What Hypothesis loads of portmap by entry point, in every process that has both.

That is as little as there can be: portmap itself is imported when somebody uses it.
"""

import sys
from importlib import import_module

__all__ = ["register"]


def register() -> None:
    """Tell Hypothesis of portmap's types, if they are loaded; else portmap does so when it is."""
    if "portmap" in sys.modules:
        import_module("portmap._plugins.hypothesis").register()
