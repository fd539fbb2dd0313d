"""The entry point that Hypothesis loads in every process; portmap itself is imported when it is used."""

import sys
from importlib import import_module

__all__ = ["register"]


def register() -> None:
    """Register strategies for portmap's classes if portmap is loaded; otherwise it does so when it is."""
    if "portmap" in sys.modules:
        import_module("portmap._plugins.hypothesis").register()
