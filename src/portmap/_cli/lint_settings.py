"""The settings of a run of `portmap lint`: the arguments, which override the configuration of the project."""

import argparse
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

import attrs

from portmap._cli.arguments import write_file
from portmap._cli.configuration import Configuration, Override, find_configuration, load_configuration
from portmap._cli.rules import known_rules
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ManifestError
from portmap._lint.baseline import Baseline
from portmap._lint.findings import Report, Severity, at_least
from portmap._lint.rule import Rule
from portmap._lint.rules import rules_of
from portmap._manifests.text_files import read_file
from portmap._reports.console import CommandError
from portmap._reports.layout import count
from portmap._yaml.json_reader import read_json

if TYPE_CHECKING:
    from portmap._lint.inputs import Input

_COMMAND: Final = "portmap lint"


@final
@attrs.frozen
class Settings:
    """The settings of a run.

    Attributes:
        cluster: The cluster in force.
        rules: The rules to run.
        reported: The names of rules and codes to report; `None` reports all.
        namespace: The namespace of objects that name none.
        complete: As `--complete` and `--no-complete`.
        fail_on: The lowest severity that fails.
        show: The lowest severity that text shows: what fails is shown, and what was selected by name.
        severities: Other severities for the findings of some rules.
        suppressions: Whether annotations and comments suppress findings.
        baseline: The file of known findings.
        configuration: The configuration of the project.
    """

    cluster: Cluster
    rules: tuple[Rule, ...]
    reported: frozenset[str] | None
    namespace: str | None
    complete: bool | None
    fail_on: Severity
    show: Severity
    severities: Mapping[str, Override]
    suppressions: bool
    baseline: Path | None
    configuration: Configuration

    def without_excluded(self, inputs: "Iterable[Input]") -> "list[Input]":
        """Return the inputs without the files of folders that the configuration excludes."""
        return [each for each in inputs if each.named or not self.configuration.excludes(each.source)]

    def apply_to(self, report: Report) -> Report:
        """Return the report with the findings to report, and with the severities of the configuration."""
        if self.reported is None and not self.severities:
            return report
        findings = []
        for finding in report.findings:
            severity = self.severities.get(finding.rule, finding.severity)
            if finding.because and severity != "off" and at_least(severity, finding.severity):
                # The reason to downgrade this finding still holds.
                severity = finding.severity
            if severity == "off" or not (self.reported is None or finding.rule in self.reported):
                continue
            because = f"{self.configuration.source} says so"
            findings.append(
                finding if severity == finding.severity else attrs.evolve(finding, severity=severity, because=because)
            )
        return attrs.evolve(report, findings=tuple(findings))

    def without_known(self, report: Report) -> tuple[Report, str | None]:
        """Return the report without the findings of the baseline, and a note if some of those are gone."""
        if self.baseline is None:
            return report, None
        known = self._known(self.baseline)
        new, stale = known.applied_to(report), known.stale(report)
        gone = count(stale, "finding that no longer exists", "findings that no longer exist")
        note = f"{self.baseline} lists {gone}: --write-baseline updates it"
        return new, note if stale else None

    @staticmethod
    def _known(path: Path) -> Baseline:
        try:
            return Baseline.from_dict(read_json(read_file(path), str(path)).data, str(path))
        except ManifestError as error:
            hint = "" if os.path.lexists(path) else "; --write-baseline creates it"
            raise CommandError(f"{_COMMAND}: {error}{hint}") from None

    def write_baseline(self, report: Report) -> None:
        """Write the findings of a report to the baseline."""
        if self.baseline is None:
            raise CommandError(f"{_COMMAND}: --write-baseline: set the file with --baseline")
        import json

        text = json.dumps(Baseline.of(report).as_dict(), indent=2, ensure_ascii=False) + "\n"
        write_file(self.baseline, text.encode(), _COMMAND)


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings of the arguments and the configuration.

    Raises:
        CommandError: One of them is wrong.
    """
    found = load_configuration(Path(options.config)) if options.config else find_configuration(Path())
    rules, reported = _rules(options, found)
    fail_on = options.fail_on or found.lint.fail_on
    show = options.show or found.lint.show or ("info" if options.select else "warning")
    return Settings(
        Cluster(
            options.kubernetes_version or found.kubernetes_version or Cluster().version,
            node_port_range=options.node_port_range or found.node_port_range or Cluster().node_port_range,
        ),
        rules,
        reported,
        options.namespace or found.namespace,
        found.lint.complete if options.complete is None else options.complete,
        fail_on,
        fail_on if at_least(show, fail_on) else show,
        found.lint.severity,
        not options.no_suppressions,
        Path(options.baseline) if options.baseline else found.lint.baseline,
        found,
    )


def _rules(options: argparse.Namespace, found: Configuration) -> tuple[tuple[Rule, ...], frozenset[str] | None]:
    """Return the rules to run, and the names of rules and codes to report; `None` reports all."""
    available = known_rules(_COMMAND)
    profiles = options.profile or found.lint.profile
    if not (options.select or options.ignore or found.lint.select or found.lint.ignore or found.lint.severity):
        return rules_of(*profiles, among=available), None
    from portmap._lint.catalogue import catalogue

    known = catalogue(available)
    selected, ignored = _names(options.select), _names(options.ignore)
    problems = [
        *([f"{_COMMAND}: --select names no rule"] if options.select and not selected else ()),
        *_unknown(selected, known, f"{_COMMAND}: --select"),
        *_unknown(ignored, known, f"{_COMMAND}: --ignore"),
        *_unknown(found.lint.select, known, f"{found.source}: lint.select"),
        *_unknown(found.lint.ignore, known, f"{found.source}: lint.ignore"),
        *_unknown(found.lint.severity, known, f"{found.source}: lint.severity"),
    ]
    if problems:
        raise CommandError(*problems)
    selected = selected or [*found.lint.select]
    ignored += found.lint.ignore
    reported = frozenset(selected or known) - frozenset(ignored)
    rules = available if selected else rules_of(*profiles, among=available)
    return tuple(rule for rule in rules if rule.name in reported), reported if selected or ignored else None


def _unknown(names: Iterable[str], known: Mapping[str, object], source: str) -> Iterable[str]:
    for name in names:
        if name not in known:
            guess = nearest(name, known)
            hint = f"; did you mean {guess!r}?" if guess else ""
            yield f"{source}: there is no rule {name!r}{hint}"


def _names(arguments: Iterable[str]) -> list[str]:
    return [name for argument in arguments for each in argument.split(",") if (name := each.strip())]
