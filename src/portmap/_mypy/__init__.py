"""The mypy plugin: literal arguments of constructors are validated during type checking."""
