"""The configuration of a project: `portmap.toml`, or `[tool.portmap]` in `pyproject.toml`.

Its keys are options of the command line, and the command line overrides them. The file is looked up in the
current folder and then in the folders above. cattrs reads it into attrs classes, whose annotations have a
function for each value.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, final

import attrs

from portmap._cli.arguments import namespace_argument, node_ports_argument, version_argument
from portmap._kubernetes.did_you_mean import nearest
from portmap._lint.findings import SEVERITIES, Severity
from portmap._lint.rule import PROFILES, Profile
from portmap._reports.console import CommandError

if TYPE_CHECKING:
    from cattrs import ClassValidationError, Converter

_FILES: Final = ("portmap.toml", "pyproject.toml")
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


def _one_of(*known: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise TypeError(f"must be one of {', '.join(known)}")
        return str(value)

    return read


def _argument(read: Callable[[str], Any]) -> Callable[[object], Any]:
    """Return a function that reads the text as the command line does."""
    return lambda value: read(_text(value))


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
        complete: As `--complete` and `--no-complete`; `None` if the file does not say.
        baseline: As `--baseline`; relative to the folder of the file.
        exclude: Patterns of files to skip, relative to the folder of the file.
    """

    profile: Annotated[tuple[Profile, ...], _profiles] = ()
    select: Annotated[tuple[str, ...], _texts] = ()
    ignore: Annotated[tuple[str, ...], _texts] = ()
    severity: Annotated[Mapping[str, Override], _severities] = attrs.field(factory=dict)
    fail_on: Annotated[Severity, _one_of(*SEVERITIES)] = "error"
    complete: Annotated[bool, _boolean] | None = None
    baseline: Annotated[Path, _argument(Path)] | None = None
    exclude: Annotated[tuple[str, ...], _texts] = ()


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
            inside = Path(path).resolve().relative_to(self.source.parent.resolve())
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
    for folder in (start.resolve(), *start.resolve().parents):
        for name in _FILES:
            path = folder / name
            if path.is_file():
                table = _load(path)
                if table is not None:
                    return read_configuration(table, path)
    return Configuration()


def load_configuration(path: Path) -> Configuration:
    """Return the configuration in a file.

    Raises:
        CommandError: The file has none, cannot be read, or is wrong; a line for each problem.
    """
    table = _load(path)
    if table is None:
        raise CommandError(f"{path}: has no table [tool.portmap]")
    return read_configuration(table, path)


def _load(path: Path) -> _Table | None:
    """Return the table of portmap in a file; `None` if a `pyproject.toml` has none."""
    try:
        table: object = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(f"{path}: cannot be read: {reason}") from None
    for key in ("tool", "portmap") if path.name == "pyproject.toml" else ():
        table = table.get(key) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else None


def read_configuration(table: _Table, source: Path) -> Configuration:
    """Return the configuration in a table.

    Args:
        table: The table of portmap.
        source: The file, for messages and relative paths.

    Raises:
        CommandError: The table is wrong; a line for each problem.
    """
    # Most projects have no configuration, and start without cattrs.
    from cattrs import ClassValidationError

    try:
        found = _converter().structure(table, Configuration)
    except ClassValidationError as error:
        raise CommandError(*(f"{source}: {problem}" for problem in _problems(error, table))) from None
    baseline = found.lint.baseline and source.parent / found.lint.baseline
    return attrs.evolve(found, source=source, lint=attrs.evolve(found.lint, baseline=baseline))


def _problems(error: "ClassValidationError", table: _Table, prefix: str = "") -> Iterator[str]:
    """Yield what is wrong with a table, in the order of its keys."""
    from cattrs import ClassValidationError

    problems: dict[str, list[str]] = {}
    invalid, unknown = error.group_exceptions()
    for reason, note in invalid:
        key = _key(note.name)
        if isinstance(reason, ClassValidationError):
            problems[key] = [*_problems(reason, table[key], f"{prefix}{key}.")]
        else:
            problems[key] = [f"{prefix}{key}: {reason}"]
    if unknown:
        known = [_key(field.name) for field in attrs.fields(error.cl) if field.name != "source"]
        for key in table.keys() - known:
            guess = nearest(key, known)
            hint = f"did you mean {guess!r}?" if guess else f"known are {', '.join(known)}"
            problems[key] = [f"{prefix}{key}: there is no such option: {hint}"]
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
