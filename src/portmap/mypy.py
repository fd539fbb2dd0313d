"""A plugin for mypy: `plugins = ["portmap.mypy"]` in `[tool.mypy]` enables it; see `docs/typing.md`."""

from portmap._mypy.plugin import PORTMAP, PortmapPlugin, plugin

__all__ = ["PORTMAP", "PortmapPlugin", "plugin"]
