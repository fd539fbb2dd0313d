"""`portmap lint`: what is wrong with manifests, and what is worth knowing of them."""

import argparse
import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from portmap._cli.arguments import STDIN, add_kubernetes_version, add_node_port_range, namespace_argument
from portmap._kubernetes.errors import ManifestError, RuleError
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._cli.lint_settings import Settings
    from portmap._lint.findings import Report
    from portmap._lint.inputs import Input

__all__ = ["add_lint"]

_COMMAND: Final = "portmap lint"
_CLEAN: Final = 0
_FINDINGS: Final = 1
_FORMATS: Final = ("text", "json", "sarif", "github", "junit")
_PROFILES: Final = ("default", "strict", "mesh")
_SEVERITIES: Final = ("error", "warning", "info")

# Below this, starting processes takes longer than they save.
_WORTH_PROCESSES: Final = 2_000_000

# So many that none waits long for another at the end, and so few that each is worth sending.
_PARTS_A_PROCESS: Final = 16


def add_lint(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "lint",
        allow_abbrev=False,
        help="find what is wrong with Services, their ports and what refers to them",
        description="Report what an API server would refuse or warn of, and what it would not: ports that lead "
        "nowhere, selectors that match nothing, references that miss.",
        epilog="Exit codes: 0 nothing at or above the threshold of --fail-on; 1 findings at or above it; 2 bad usage, "
        "or what was named cannot be read.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        default=[],
        metavar="PATH",
        help="YAML and JSON files, folders of them, or - for standard input; left out: the current folder",
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", help="of standard output (default: text)")
    parser.add_argument(
        "--output",
        action="append",
        type=_output_argument,
        default=[],
        metavar="FORMAT=FILE",
        help="write the report to a file as well; may be given several times",
    )
    add_kubernetes_version(parser)
    add_node_port_range(parser)
    parser.add_argument(
        "--namespace",
        type=namespace_argument,
        metavar="NAME",
        help="the namespace of objects that name none (default: they may be in any)",
    )
    parser.add_argument(
        "--profile",
        action="append",
        choices=_PROFILES,
        default=[],
        help="rules beyond the default ones; may be given several times",
    )
    for name, words in (("--select", "report these rules only"), ("--ignore", "do not report these rules")):
        parser.add_argument(
            name,
            action="append",
            default=[],
            metavar="RULE,…",
            help=f"{words}; may be given several times",
        )
    parser.add_argument(
        "--fail-on", choices=_SEVERITIES, default="error", help="the least severity that fails (default: error)"
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever is found")
    parser.add_argument(
        "--complete",
        action=argparse.BooleanOptionalAction,
        help="whether everything that the objects refer to is among them, so that what is missing is an error "
        "(default: what the objects say themselves)",
    )
    parser.add_argument(
        "--jobs", type=_jobs_argument, metavar="N", help="how many processes to use (default: all cores for much input)"
    )
    parser.add_argument(
        "--no-suppressions", action="store_true", help="report what annotations and comments suppress, too"
    )
    parser.add_argument("--baseline", metavar="FILE", help="do not report the findings that stand in this file")
    parser.add_argument(
        "--write-baseline", action="store_true", help="write all findings to the file of --baseline, and report none"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration (default: portmap.toml, or pyproject.toml with [tool.portmap], here or above)",
    )
    # Left open for the configuration; the help tells what counts without one.
    parser.set_defaults(run=_run, kubernetes_version=None, node_port_range=None, fail_on=None)


def _output_argument(text: str) -> tuple[str, str]:
    name, _, file = text.partition("=")
    if name not in _FORMATS or not file:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no FORMAT=FILE: write one of {', '.join(_FORMATS)}, =, and the name of a file"
        )
    return name, file


def _jobs_argument(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 1024):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes: write one from 1 to 1024")
    return int(text[:5])


# --- running ---------------------------------------------------------------------------------------------------


def _run(options: argparse.Namespace, console: Console) -> int:
    from portmap._cli.lint_settings import settings_of
    from portmap._lint.findings import at_least

    settings = settings_of(options)
    report = settings.applied_to(_linted(options, console, settings))
    if options.write_baseline:
        settings.write_baseline(report)
    report, told = settings.without_known(report)
    _print(report, options, settings, console)
    if told is not None:
        console.say(told)
    bad = any(at_least(each.severity, settings.fail_on) for each in report)
    return _FINDINGS if bad and not options.exit_zero else _CLEAN


def _linted(options: argparse.Namespace, console: Console, settings: "Settings") -> "Report":
    from portmap._lint.engine import LintSettings
    from portmap._lint.inputs import inputs_of
    from portmap._lint.parallel import lint_inputs
    from portmap._reports.console import progress

    paths = list(dict.fromkeys(options.paths)) or ["."]
    named = ", ".join("standard input" if path == STDIN else path for path in paths)
    try:
        inputs, unreadable = inputs_of(console.source if path == STDIN else path for path in paths)
        inputs = settings.wanted(inputs)
        jobs = _jobs(options, settings, inputs)
        with _executor(jobs) as executor, progress(console) as step:
            report = lint_inputs(
                inputs,
                unreadable,
                LintSettings(
                    settings.cluster, settings.rules, settings.complete, settings.suppressions, settings.namespace
                ),
                executor=executor,
                parts=_PARTS_A_PROCESS * jobs,
                progress=step,
            )
    except ManifestError as error:
        raise CommandError(str(error), *getattr(error, "__notes__", ())) from None
    except RuleError as error:
        raise CommandError(f"{_COMMAND}: {error}") from None
    except (BrokenExecutor, MemoryError) as error:
        raise CommandError(f"{_COMMAND}: a process ended early, perhaps for lack of memory: {error}") from None
    if not report.objects and not report.skipped and not report.findings:
        raise CommandError(f"{_COMMAND}: no Kubernetes objects could be read from {named}")
    return report


def _jobs(options: argparse.Namespace, settings: "Settings", inputs: "Sequence[Input]") -> int:
    """How many processes to use: no more than there are folders, since a folder is judged in one piece."""
    if settings.complete:
        return 1
    jobs: int = options.jobs or (_cores() if sum(each.size for each in inputs) > _WORTH_PROCESSES else 1)
    return min(jobs, len({os.path.dirname(each.source) for each in inputs}))  # noqa: PTH120 - of many thousands


@contextmanager
def _executor(jobs: int) -> Iterator[Executor | None]:
    """The processes to work in; `None` where this one does."""
    if jobs < 2:
        yield None
        return
    executor = ProcessPoolExecutor(jobs, initializer=gc.disable)
    try:
        # The processes begin before any thread does that shows progress.
        executor.submit(abs, 0)
        yield executor
    finally:
        # They end while the report is written.
        executor.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- what is written -------------------------------------------------------------------------------------------


def _print(report: "Report", options: argparse.Namespace, settings: "Settings", console: Console) -> None:
    from portmap._lint.inputs import HELM
    from portmap._reports.lint_text import summary

    for name, file in options.output:
        _write_file(file, _rendered(report, name, settings))
    width, colour = console.width, console.colour
    if console.write_all(_rendered(report, options.format, settings, width=width, colour=colour)):
        console.say(summary(report))
        if not report.objects and HELM in report.skipped_by_reason:
            # No findings would otherwise pass for a chart without faults.
            console.say(f"{_COMMAND}: note: nothing was judged; render the chart: helm template CHART | {_COMMAND} -")


def _rendered(
    report: "Report",
    name: str,
    settings: "Settings",
    *,
    width: int | None = None,
    colour: bool = False,
) -> Iterable[str]:
    """The report in a format, piece by piece."""
    match name:
        case "json":
            from portmap._reports.lint_json import json_of

            return json_of(report)
        case "sarif":
            from portmap._reports.lint_sarif import sarif_of

            return sarif_of(report, settings.rules)
        case "github":
            from portmap._reports.lint_github import github_of

            return github_of(report)
        case "junit":
            from portmap._reports.lint_junit import as_junit

            return [as_junit(report, settings.fail_on)]
    from portmap._reports.lint_text import text_of

    return text_of(report, width=width, colour=colour)


def _write_file(name: str, parts: Iterable[str]) -> None:
    """Write a file whole or not at all."""
    from portmap._manifests.atomic_write import write_whole

    try:
        write_whole(name, b"".join(part.encode() for part in parts))
    except OSError as error:
        raise CommandError(f"{_COMMAND}: {name}: the report cannot be written: {error.strerror or error}") from None
