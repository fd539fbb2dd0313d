"""The mypy plugin: arguments that are written out are judged while types are checked."""
