"""A plugin for mypy: `plugins = ["portmap.mypy"]` below `[tool.mypy]` turns it on; see `docs/typing.md`."""

from portmap._mypy.plugin import PORTMAP, PortmapPlugin, plugin

__all__ = ["PORTMAP", "PortmapPlugin", "plugin"]
