"""Each name that a finding can have is in the catalogue, and has a page and documentation."""

import json
import re
import runpy

import pytest

from command_line import portmap
from pages import ROOT, anchors_of, text_of
from portmap._lint.catalogue import catalogue
from portmap.lint import RULES


def test_every_page_is_fresh() -> None:
    """The pages of the rules are up to date, and there are no others."""
    generator = runpy.run_path(str(ROOT / "docs" / "generate_rules.py"))
    generated = generator["pages"]()
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert sorted(written) == sorted(generated), "write them with: nox -s pages"
    stale = [name for name, text in generated.items() if written[name] != text]
    assert stale == [], "write them with: nox -s pages"


def test_every_entry_has_a_page() -> None:
    """The page and the anchor of each rule and code exist."""
    for entry in catalogue().values():
        page, _, anchor = (entry.page or "").partition("#")
        assert not anchor or anchor in anchors_of(text_of(f"docs/{page}")), entry.page
        assert (ROOT / "docs" / page).exists(), entry.page


def test_every_entry_is_documented() -> None:
    """Each entry has a title of one short sentence, with which its documentation begins."""
    for entry in catalogue().values():
        assert re.fullmatch(r"[^\n]{10,87}\.", entry.summary), entry.name
        assert ". " not in entry.summary, entry.name
        assert entry.documentation.startswith(entry.summary), entry.name


def test_rules_and_codes_do_not_share_names() -> None:
    """No code of the server is the name of a rule."""
    codes = [each.name for each in catalogue().values() if each.origin != "linter"]
    assert set(codes) & {rule.name for rule in RULES} == set()


def test_the_list_is_sorted_and_versioned() -> None:
    """`portmap rules` lists the whole catalogue by name, as JSON and as text."""
    data = json.loads(portmap("rules", "--format", "json").out)
    names = [each["name"] for each in data["rules"]]
    assert data["version"] == 1
    assert names == sorted(catalogue())
    text = portmap("rules").out
    assert [line.split()[0] for line in text.splitlines()[1:]] == names


@pytest.mark.parametrize("name", ["selector-matches-nothing", "port-out-of-range", "wrong-type", "unused-suppression"])
def test_each_kind_of_name_is_explained(name: str) -> None:
    """`portmap explain` prints the documentation of a rule, a violation, a decoding error and a suppression."""
    done = portmap("explain", name)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{name} (")
    assert catalogue()[name].documentation in done.out


def test_a_misspelt_name_gets_a_hint() -> None:
    """For a misspelt name the error suggests the nearest name."""
    done = portmap("explain", "selector-matches-nothin")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'selector-matches-nothing'?" in done.err


def test_the_beginning_of_a_name_gets_a_hint() -> None:
    """For the beginning of a few names the error suggests all of them."""
    done = portmap("explain", "selector-matches")
    assert done.code == 2
    assert "did you mean 'selector-matches-nothing' or 'selector-matches-owner-labels'?" in done.err
