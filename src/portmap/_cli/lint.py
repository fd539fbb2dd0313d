"""`portmap lint`: run the linter over manifests and report its findings."""

import argparse
import os
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from portmap._cli.arguments import STDIN, Commands, add_cluster, add_namespace, add_paths, describe_paths, write_file
from portmap._kubernetes.errors import ManifestError, RuleError
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from portmap._cli.lint_settings import Settings
    from portmap._lint.findings import Report
    from portmap._lint.inputs import Input
    from portmap._reports.layout import Page

_COMMAND: Final = "portmap lint"
_FORMATS: Final = ("text", "json", "sarif", "github", "junit")
_PROFILES: Final = ("default", "strict", "mesh")
_SEVERITIES: Final = ("error", "warning", "info")

# For less input, in bytes, processes cost more time than they save.
_WORTH_PROCESSES: Final = 2_000_000

# Enough that no process is idle for long at the end, and few enough that each part is worth its transfer.
_PARTS_PER_PROCESS: Final = 16


def add_lint(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "lint",
        allow_abbrev=False,
        help="find problems with Services, their ports and the objects that refer to them",
        description="Report what an API server would refuse or warn about, and what it would not: ports without "
        "endpoints, selectors that match no pods, references that do not resolve.",
        epilog="Exit codes: 0 no findings at or above the threshold of --fail-on; 1 there are; 2 bad usage, or the "
        "input cannot be read.",
    )
    add_paths(parser)
    parser.add_argument("--format", choices=_FORMATS, default="text", help="of standard output (default: text)")
    parser.add_argument(
        "--output",
        action="append",
        type=_output_argument,
        default=[],
        metavar="FORMAT=FILE",
        help="also write the report to a file; can be given several times",
    )
    add_cluster(parser)
    add_namespace(parser)
    parser.add_argument(
        "--profile",
        action="append",
        choices=_PROFILES,
        default=[],
        help="enable rules beyond the default ones; can be given several times",
    )
    for name, action in (("--select", "report these rules only"), ("--ignore", "do not report these rules")):
        parser.add_argument(
            name, action="append", default=[], metavar="RULE,…", help=f"{action}; can be given several times"
        )
    parser.add_argument(
        "--fail-on", choices=_SEVERITIES, default="error", help="the lowest severity that fails (default: error)"
    )
    parser.add_argument(
        "--show",
        choices=_SEVERITIES,
        help="the lowest severity that a text report shows; others are counted in one line (default: warning, or info "
        "with --select or --fail-on info)",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    parser.add_argument(
        "--complete",
        action=argparse.BooleanOptionalAction,
        help="whether the input has everything that its objects refer to, so that a missing object is an error "
        "(default: decided by the objects themselves)",
    )
    parser.add_argument(
        "--jobs", type=_jobs_argument, metavar="N", help="the number of processes (default: all cores for large input)"
    )
    parser.add_argument(
        "--no-suppressions", action="store_true", help="also report what annotations and comments suppress"
    )
    parser.add_argument("--baseline", metavar="FILE", help="do not report the findings that are listed in this file")
    parser.add_argument(
        "--write-baseline", action="store_true", help="write all findings to the file of --baseline, and report none"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration (default: portmap.toml, or pyproject.toml with [tool.portmap], here or above)",
    )
    # `None` leaves these to the configuration; the help shows the defaults without one.
    parser.set_defaults(run=_run, kubernetes_version=None, node_port_range=None, fail_on=None)


def _output_argument(text: str) -> tuple[str, str]:
    name, _, file = text.partition("=")
    if name not in _FORMATS or not file:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not FORMAT=FILE: write one of {', '.join(_FORMATS)}, =, and the name of a file"
        )
    return name, file


def _jobs_argument(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 1024):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes: write one from 1 to 1024")
    return int(text[:5])


# --- running ---------------------------------------------------------------------------------------------------


def _run(options: argparse.Namespace, console: Console) -> int:
    from portmap._cli.lint_settings import settings_of
    from portmap._lint.findings import at_least

    settings = settings_of(options)
    report = settings.apply_to(_lint(options, console, settings))
    if options.write_baseline:
        settings.write_baseline(report)
    report, note = settings.without_known(report)
    _write_report(report, options, settings, console)
    if note is not None:
        console.note(note)
    failed = any(at_least(each.severity, settings.fail_on) for each in report)
    return 1 if failed and not options.exit_zero else 0


def _lint(options: argparse.Namespace, console: Console, settings: "Settings") -> "Report":
    from portmap._lint.engine import LintSettings
    from portmap._lint.inputs import inputs_of
    from portmap._lint.parallel import lint_inputs
    from portmap._reports.console import progress

    paths = list(dict.fromkeys(options.paths)) or ["."]
    try:
        inputs, unreadable = inputs_of(console.source if path == STDIN else path for path in paths)
        inputs = settings.without_excluded(inputs)
        jobs = _jobs(options, settings, inputs)
        with _executor(jobs) as executor, progress(console) as step:
            report = lint_inputs(
                inputs,
                unreadable,
                LintSettings(
                    settings.cluster, settings.rules, settings.complete, settings.suppressions, settings.namespace
                ),
                executor=executor,
                parts=_PARTS_PER_PROCESS * jobs,
                progress=step,
            )
    except ManifestError as error:
        raise CommandError(str(error), *getattr(error, "__notes__", ())) from None
    except RuleError as error:
        raise CommandError(f"{_COMMAND}: {error}") from None
    if not report.objects and not report.skipped and not report.findings:
        raise CommandError(f"{_COMMAND}: no Kubernetes objects could be read from {describe_paths(paths)}")
    return report


def _executor(jobs: int) -> "AbstractContextManager[Executor | None]":
    """Return a context with an executor for the processes; `None` if this process does the work."""
    if jobs < 2:
        return nullcontext()
    from portmap._cli.processes import executor_of  # Small input needs none.

    return executor_of(jobs)


def _jobs(options: argparse.Namespace, settings: "Settings", inputs: "Sequence[Input]") -> int:
    """Return how many processes to use: at most one for each folder, which is never divided."""
    if settings.complete:
        return 1
    jobs: int = options.jobs or (_cores() if sum(each.size for each in inputs) > _WORTH_PROCESSES else 1)
    return min(jobs, len({os.path.dirname(each.source) for each in inputs}))  # noqa: PTH120 - of many thousands


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- the report ------------------------------------------------------------------------------------------------


def _write_report(report: "Report", options: argparse.Namespace, settings: "Settings", console: Console) -> None:
    from portmap._lint.inputs import HELM
    from portmap._reports.layout import Page
    from portmap._reports.lint_text import summary

    for format_, file in options.output:
        data = "".join(_rendered(report, format_, settings, Page())).encode()
        write_file(file, data, _COMMAND)
    parts = _rendered(report, options.format, settings, console.page)
    if console.write_all(parts, commands=options.format == "github"):
        console.note(summary(report))
        if not report.objects and HELM in report.skipped_by_reason:
            # Without findings, a chart that was not checked would look like one without problems.
            console.note(f"{_COMMAND}: note: nothing was checked; render the chart: helm template CHART | {_COMMAND} -")


def _rendered(report: "Report", format_: str, settings: "Settings", page: "Page") -> Iterable[str]:
    """Return the report in a format, in parts."""
    match format_:
        case "json":
            from portmap._reports.lint_json import as_json

            return as_json(report)
        case "sarif":
            from portmap._reports.lint_sarif import as_sarif

            return as_sarif(report, settings.rules)
        case "github":
            from portmap._reports.lint_github import as_github

            return as_github(report)
        case "junit":
            from portmap._reports.lint_junit import as_junit

            return [as_junit(report, settings.fail_on)]
    from portmap._reports.lint_text import as_text

    return as_text(report, page, settings.show)
