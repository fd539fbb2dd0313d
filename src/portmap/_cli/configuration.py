"""The configuration of a project: `portmap.toml`, or `[tool.portmap]` in `pyproject.toml`.

It stands for options of the command line, under their names. What the command line says
counts more. The file is looked for in the current folder and then in those above it.
"""

import tomllib
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, final

import attrs

from portmap._cli.arguments import namespace_argument, node_ports_argument, version_argument
from portmap._kubernetes.did_you_mean import nearest
from portmap._lint.findings import SEVERITIES, Severity
from portmap._lint.rule import PROFILES, Profile
from portmap._reports.console import CommandError

__all__ = ["Configuration", "find_configuration", "load_configuration", "read_configuration"]

_FILES: Final = ("portmap.toml", "pyproject.toml")
_Table = Mapping[str, Any]


@final
@attrs.frozen
class Configuration:
    """What a project says once for all of its runs. `None`: it says nothing.

    Attributes:
        source: The file; `None` where there is none.
        kubernetes_version: As `--kubernetes-version`.
        node_port_range: As `--node-port-range`.
        namespace: As `--namespace`.
        profile: As `--profile`.
        select: As `--select`.
        ignore: As `--ignore`.
        severity: By rule, how severe its findings are; `"off"`: they are not reported.
        fail_on: As `--fail-on`.
        complete: As `--complete` and `--no-complete`.
        baseline: As `--baseline`; relative to the folder of the file.
        exclude: Patterns of files that are not read, relative to the folder of the file.
    """

    source: Path | None = None
    kubernetes_version: str | None = None
    node_port_range: range | None = None
    namespace: str | None = None
    profile: tuple[Profile, ...] | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    severity: Mapping[str, Severity | Literal["off"]] | None = None
    fail_on: Severity | None = None
    complete: bool | None = None
    baseline: Path | None = None
    exclude: tuple[str, ...] | None = None

    def excludes(self, path: str) -> bool:
        """Whether a file is not to be read."""
        if not self.exclude or self.source is None:
            return False
        try:
            inside = Path(path).resolve().relative_to(self.source.parent.resolve())
        except ValueError:
            return False
        return any(_matches(inside, pattern) for pattern in self.exclude)


def _matches(path: Path, pattern: str) -> bool:
    # A folder's name stands for all that is in it.
    return any(each.match(pattern) for each in (path, *path.parents) if each.name)


def find_configuration(start: Path) -> Configuration:
    """The configuration that counts in a folder.

    Raises:
        CommandError: It cannot be read; every problem has a line.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        for name in _FILES:
            path = folder / name
            if path.is_file():
                own = _own(path)
                if own is not None:
                    return read_configuration(own, path)
    return Configuration()


def load_configuration(path: Path) -> Configuration:
    """The configuration in a file, which must have one.

    Raises:
        CommandError: It has none, or cannot be read; every problem has a line.
    """
    own = _own(path)
    if own is None:
        raise CommandError(f"{path}: has no table [tool.portmap]")
    return read_configuration(own, path)


def _own(path: Path) -> _Table | None:
    table = _read(path)
    return table if path.name != _FILES[1] else _inside(table, "tool", "portmap")


def _read(path: Path) -> _Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(f"{path}: cannot be read: {reason}") from None


def _inside(table: object, *keys: str) -> _Table | None:
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else None


# --- what may be in it -----------------------------------------------------------------------------------------


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError("must be a list of texts")
    return tuple(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _one_of(*known: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise TypeError(f"must be one of {', '.join(known)}")
        return str(value)

    return read


def _profiles(value: object) -> tuple[str, ...]:
    return tuple(map(_one_of(*PROFILES), [value] if isinstance(value, str) else _texts(value)))


def _severities(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError("must be a table of rules and severities")
    return {str(rule): _one_of(*SEVERITIES, "off")(each) for rule, each in value.items()}


def _via(argument: Callable[[str], Any]) -> Callable[[object], Any]:
    return lambda value: argument(_text(value))


_GENERAL: Final[Mapping[str, Callable[[object], Any]]] = {
    "kubernetes-version": _via(version_argument),
    "node-port-range": _via(node_ports_argument),
    "namespace": _via(namespace_argument),
}
_LINT: Final[Mapping[str, Callable[[object], Any]]] = {
    "profile": _profiles,
    "select": _texts,
    "ignore": _texts,
    "severity": _severities,
    "fail-on": _one_of(*SEVERITIES),
    "complete": _boolean,
    "baseline": _text,
    "exclude": _texts,
}


def read_configuration(table: _Table, source: Path) -> Configuration:
    """The configuration in a table.

    Args:
        table: What was read.
        source: The file, for errors and relative paths.

    Raises:
        CommandError: There is something wrong with it; every problem has a line.
    """
    problems: list[str] = []
    lint = table.get("lint", {})
    if not isinstance(lint, Mapping):
        problems.append("lint: must be a table")
        lint = {}
    values = dict(_values({key: each for key, each in table.items() if key != "lint"}, _GENERAL, "", problems))
    values |= _values(lint, _LINT, "lint.", problems)
    if problems:
        raise CommandError(*(f"{source}: {each}" for each in problems))
    if "baseline" in values:
        values["baseline"] = source.parent / values["baseline"]
    return Configuration(source, **values)


def _values(
    table: _Table, known: Mapping[str, Callable[[object], Any]], prefix: str, problems: list[str]
) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        read = known.get(key)
        if read is None:
            guess = nearest(str(key), known)
            hint = f": did you mean {guess!r}?" if guess else f": known are {', '.join(known)}"
            problems.append(f"{prefix}{key}: there is no such option{hint}")
            continue
        try:
            yield key.replace("-", "_"), read(value)
        except (TypeError, ArgumentTypeError) as error:
            problems.append(f"{prefix}{key}: {error}")
