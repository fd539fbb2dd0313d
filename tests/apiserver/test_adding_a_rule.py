"""CONTRIBUTING's walk to a new rule of the server, followed in a copy of the project."""

import json
from pathlib import Path
from typing import Final

import pytest

from walks import follow_walk, run_in

CODE: Final = "external-name-address"
TITLE: Final = "External name is an IP address."
MANIFEST: Final = """\
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {type: ExternalName, externalName: 192.0.2.1}
"""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the rule and test of the walk, the generated page, and a manifest."""
    folder = tmp_path_factory.mktemp("walk")
    follow_walk("Adding a rule of the server", folder, "generate_checks.py")
    (folder / "shop.yaml").write_text(MANIFEST, encoding="utf-8")
    return folder


def test_the_verdict_has_it(walked: Path) -> None:
    """`validate` reports it, and the constructor and the reader refuse it."""
    program = (
        "from portmap import ValidationError, Service\n"
        "from portmap.manifests import load, validate\n"
        "[document] = load('shop.yaml')\n"
        "print([(each.code, each.field) for each in validate(document.raw)])\n"
        "print([each.code for each in document.violations])\n"
        "try: Service.alias_of('shop', '192.0.2.1')\n"
        "except ValidationError as error: print([each.code for each in error.violations])\n"
    )
    done = run_in(walked, "-c", program)
    assert done.stdout.splitlines() == [f"[('{CODE}', 'spec.externalName')]", f"['{CODE}']", f"['{CODE}']"], done.stderr


def test_the_linter_and_the_catalogue_have_it(walked: Path) -> None:
    """`lint`, `rules` and `explain` know it."""
    found = json.loads(run_in(walked, "-m", "portmap", "lint", "--format=json", "shop.yaml").stdout)["findings"]
    assert [(each["rule"], each["severity"], each["field"]) for each in found] == [(CODE, "error", "spec.externalName")]
    listed = json.loads(run_in(walked, "-m", "portmap", "rules", "--format=json").stdout)["rules"]
    assert [each["summary"] for each in listed if each["name"] == CODE] == [TITLE]
    assert TITLE in run_in(walked, "-m", "portmap", "explain", CODE).stdout


def test_the_documentation_has_it(walked: Path) -> None:
    """It has a row in the page of checks."""
    assert f"`{CODE}` | {TITLE} " in (walked / "docs/checks.md").read_text(encoding="utf-8")


def test_the_strategies_have_it(walked: Path) -> None:
    """`broken_services` makes Services that break it."""
    program = (
        "from hypothesis import find\n"
        "from portmap.strategies import broken_services\n"
        f"broken = find(broken_services(codes=['{CODE}']), lambda each: True)\n"
        "print(broken.about, broken.violation.code)\n"
    )
    assert run_in(walked, "-c", program).stdout == f"an IP address as external name {CODE}\n"


def test_the_tests_cover_it(walked: Path) -> None:
    """The tests of all rules check it and its mistake, and pass; so does its own test."""
    own = "tests/apiserver/test_external_name_address.py"
    files = ["tests/apiserver/test_rule.py", "tests/properties/test_mutations.py", own]
    arguments = ["-p", "no:cacheprovider", "-n", "0", "-vv", "-k", f"{CODE} or external or every_rule or numbers"]
    done = run_in(walked, "-m", "pytest", *arguments, *files)
    assert done.returncode == 0, done.stdout
    assert f"test_it_is_documented[{CODE}] PASSED" in done.stdout
    assert "test_one_mistake_has_one_verdict[an IP address as external name] PASSED" in done.stdout
    assert "test_a_name_may_consist_of_numbers PASSED" in done.stdout


def test_a_rule_without_a_mistake_fails_the_tests(walked: Path) -> None:
    """One test says what is missing where a rule has no mistake."""
    module = walked / "src/portmap/_apiserver/service_rules.py"
    whole = module.read_text(encoding="utf-8")
    start = whole.index("    mistakes=[", whole.index(CODE))
    module.write_text(whole[:start] + whole[whole.index(")\ndef ", start) :], encoding="utf-8")
    try:
        done = run_in(walked, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "tests/properties/test_mutations.py")
    finally:
        module.write_text(whole, encoding="utf-8")
    assert CODE in done.stdout
    assert "2 failed" in done.stdout
