"""The configuration of a project: `portmap.toml`, or `[tool.portmap]` in `pyproject.toml`.

Its keys are options of the command line, and the command line overrides them. The file is looked up in the
current folder and then in the folders above. cattrs reads it into attrs classes, whose annotations have a
function for each value.
"""

import os
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, final

import attrs

from portmap._cli.arguments import namespace_argument, node_ports_argument, version_argument
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ManifestError
from portmap._lint.findings import SEVERITIES, Severity
from portmap._lint.rule import PROFILES, Profile
from portmap._manifests.text_files import read_file
from portmap._reports.console import CommandError

if TYPE_CHECKING:
    from cattrs import ClassValidationError, Converter

_FILES: Final = ("portmap.toml", "pyproject.toml")
_MAX_BYTES: Final = 1 << 18

# Dots of one key, for which the time of tomllib grows with the square of their number.
_MAX_DOTS: Final = 200
_Table: TypeAlias = Mapping[str, Any]

Override: TypeAlias = Literal[Severity, "off"]
"""How severe the findings of a rule are; `"off"`: they are not reported."""


# --- values ----------------------------------------------------------------------------------------------------


def _table(value: object) -> _Table:
    if not isinstance(value, Mapping):
        raise TypeError("must be a table")
    return value


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


def _patterns(value: object) -> tuple[str, ...]:
    patterns = _texts(value)
    if not all(PurePath(each).parts for each in patterns):
        raise TypeError("must not have an empty pattern")
    return patterns


def _one_of(*known: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise TypeError(f"must be one of {', '.join(known)}")
        return str(value)

    return read


def _argument(read: Callable[[str], Any]) -> Callable[[object], Any]:
    """Return a function that reads the text as the command line does."""
    return lambda value: read(_text(value))


def _file(value: object) -> Path:
    if "\0" in _text(value):
        raise TypeError("must be the name of a file")
    return Path(_text(value))


def _profiles(value: object) -> tuple[str, ...]:
    return tuple(map(_one_of(*PROFILES), [value] if isinstance(value, str) else _texts(value)))


def _severities(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError("must be a table of rules and severities")
    return {str(rule): _one_of(*SEVERITIES, "off")(each) for rule, each in value.items()}


@final
@attrs.frozen(kw_only=True)
class LintConfiguration:
    """The table `lint`.

    Attributes:
        profile: As `--profile`.
        select: As `--select`.
        ignore: As `--ignore`.
        severity: The severity of findings, by rule.
        fail_on: As `--fail-on`.
        show: As `--show`; `None` if the file does not say.
        complete: As `--complete` and `--no-complete`; `None` if the file does not say.
        baseline: As `--baseline`; relative to the folder of the file, and in that folder.
        exclude: Patterns of files to skip, relative to the folder of the file.
    """

    profile: Annotated[tuple[Profile, ...], _profiles] = ()
    select: Annotated[tuple[str, ...], _texts] = ()
    ignore: Annotated[tuple[str, ...], _texts] = ()
    severity: Annotated[Mapping[str, Override], _severities] = attrs.field(factory=dict)
    fail_on: Annotated[Severity, _one_of(*SEVERITIES)] = "error"
    show: Annotated[Severity, _one_of(*SEVERITIES)] | None = None
    complete: Annotated[bool, _boolean] | None = None
    baseline: Annotated[Path, _file] | None = None
    exclude: Annotated[tuple[str, ...], _patterns] = ()


@final
@attrs.frozen(kw_only=True)
class Configuration:
    """The options that a project sets for all runs; `None` where the file does not say.

    Attributes:
        kubernetes_version: As `--kubernetes-version`.
        node_port_range: As `--node-port-range`.
        namespace: As `--namespace`.
        lint: The options of `portmap lint` alone.
        source: The file; `None` if there is none.
    """

    kubernetes_version: Annotated[str, _argument(version_argument)] | None = None
    node_port_range: Annotated[range, _argument(node_ports_argument)] | None = None
    namespace: Annotated[str, _argument(namespace_argument)] | None = None
    lint: LintConfiguration = LintConfiguration()
    source: Path | None = None

    def excludes(self, path: str) -> bool:
        """Return whether `lint.exclude` has a pattern for this file, or for a folder that it is in."""
        if not self.lint.exclude or self.source is None:
            return False
        try:
            inside = Path(os.path.realpath(path)).relative_to(os.path.realpath(self.source.parent))
        except ValueError:
            return False
        parts = [each for each in (inside, *inside.parents) if each.name]
        return any(part.match(pattern) for pattern in self.lint.exclude for part in parts)


# --- files -----------------------------------------------------------------------------------------------------


def find_configuration(start: Path) -> Configuration:
    """Return the configuration for a folder.

    Raises:
        CommandError: It cannot be read, or is wrong; a line for each problem.
    """
    try:
        here = Path(os.path.realpath(start))
    except OSError:  # The current folder is gone.
        return Configuration()
    for folder in (here, *here.parents):
        for name in _FILES:
            path = folder / name
            if os.path.isfile(path):  # noqa: PTH113 - `Path.is_file` fails in folders without permission
                found = _load(path)
                if found is not None:
                    return found
    return Configuration()


def load_configuration(path: Path) -> Configuration:
    """Return the configuration in a file.

    Raises:
        CommandError: The file has none, cannot be read, or is wrong; a line for each problem.
    """
    found = _load(path)
    if found is None:
        raise CommandError(f"{path}: has no table [tool.portmap]")
    return found


def _load(path: Path) -> Configuration | None:
    """Return the configuration in a file; `None` if a `pyproject.toml` has no table of portmap."""
    import tomllib  # Many repositories with manifests have no such file.

    try:
        text = read_file(path, _MAX_BYTES)
        if any(part.count(".") > _MAX_DOTS for part in re.split(r"[\n=,{]", text)):
            raise ManifestError(f"has a key of more than {_MAX_DOTS} parts", str(path))  # noqa: TRY301 - as any fault
        table: object = tomllib.loads(text)
    except ManifestError as error:
        raise CommandError(str(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path}: cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        problem = "is nested too deeply" if isinstance(error, RecursionError) else "is a number of too many digits"
        lines = text.splitlines(keepends=True)
        number = bisect_left(range(len(lines)), 1, key=lambda last: _is_unreadable(lines[: last + 1]))
        key = lines[number].partition("=")[0].strip()
        raise CommandError(f"{path}:{number + 1}: cannot be read: the value of {key} {problem}") from None
    keys = ("tool", "portmap") if path.name == "pyproject.toml" else ()
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return read_configuration(table, path, text, keys) if isinstance(table, Mapping) else None


def _is_unreadable(lines: Sequence[str]) -> bool:
    """Return whether a part of a file is, for another reason than its grammar."""
    import tomllib

    try:
        tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    except (ValueError, RecursionError):
        return True
    return False


def read_configuration(table: _Table, source: Path, text: str = "", keys: Sequence[str] = ()) -> Configuration:
    """Return the configuration in a table.

    Args:
        table: The table of portmap.
        source: The file, for messages and relative paths.
        text: The text of the file, for the lines in messages.
        keys: Where the file has the table.

    Raises:
        CommandError: The table is wrong; a line for each problem.
    """
    # Most projects have no configuration, and start without cattrs.
    from cattrs import ClassValidationError

    try:
        found = _converter().structure(table, Configuration)
    except ClassValidationError as error:
        raise CommandError(
            *(
                f"{source}:{_line_of((*keys, *path), text)}: {'.'.join(path)}: {problem}"
                for path, problem in _problems(error, table)
            )
        ) from None
    if found.lint.baseline is None:
        return attrs.evolve(found, source=source)
    baseline = source.parent / found.lint.baseline
    # The file may be a stranger's, and --write-baseline writes where it says.
    if not Path(os.path.realpath(baseline)).is_relative_to(os.path.realpath(source.parent)):
        line = _line_of((*keys, "lint", "baseline"), text)
        raise CommandError(
            f"{source}:{line}: lint.baseline: must be a file in the folder of the configuration; "
            "--baseline takes any file"
        )
    return attrs.evolve(found, source=source, lint=attrs.evolve(found.lint, baseline=baseline))


_HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]")


def _line_of(path: tuple[str, ...], text: str) -> int:
    """Return the line that sets a key, or the first table on the way to it."""

    def keys(part: str) -> tuple[str, ...]:
        return tuple(key.strip("\"' \t") for key in part.split("."))

    table: tuple[str, ...] = ()
    best, line = 0, 1
    for number, each in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(each):
            table = found = keys(header[1])
        else:
            found = (*table, *keys(each.partition("=")[0]))
        if best < len(found) <= len(path) and path[: len(found)] == found:
            best, line = len(found), number
    return line


def _problems(
    error: "ClassValidationError", table: _Table, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what is wrong with a table, in the order of its keys, each with the path of the key."""
    from cattrs import ClassValidationError

    problems: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    invalid, unknown = error.group_exceptions()
    for reason, note in invalid:
        key = _key(note.name)
        if isinstance(reason, ClassValidationError):
            problems[key] = [*_problems(reason, table[key], (*path, key))]
        else:
            problems[key] = [((*path, key), str(reason))]
    if unknown:
        known = [_key(field.name) for field in attrs.fields(error.cl) if field.name != "source"]
        for key in table.keys() - known:
            guess = nearest(key, known)
            hint = f"did you mean {guess!r}?" if guess else f"known are {', '.join(known)}"
            problems[key] = [((*path, key), f"there is no such option: {hint}")]
    for key in table:
        yield from problems.get(key, ())


def _converter() -> "Converter":
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn, override

    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook_func(
        lambda kind: hasattr(kind, "__metadata__"), lambda value, kind: kind.__metadata__[0](value)
    )
    for kind in (LintConfiguration, Configuration):
        overrides: dict[str, Any] = {
            field.name: override(rename=_key(field.name), omit=field.name == "source") for field in attrs.fields(kind)
        }
        read = make_dict_structure_fn(kind, converter, **overrides)
        converter.register_structure_hook(kind, lambda value, _, read=read, kind=kind: read(_table(value), kind))
    return converter


def _key(attribute: str) -> str:
    return attribute.replace("_", "-")
