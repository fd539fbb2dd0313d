"""The README and the documents: every block runs, every output is real, every link leads somewhere."""

import ast
import asyncio
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final

import pytest

import portmap
from pages import ALL_PAGES, NEEDS, ROOT, RULE_PAGES, SET_UP, anchors_of, blocks_of, run_page, text_of
from portmap.manifests import validate
from type_checkers import need_pyright

# Made of the docstrings of rules, whose examples tests/lint runs.
PAGES: Final = [page for page in ALL_PAGES if not page.startswith(RULE_PAGES)]
# Pages about a library that is not always there.


class TestEveryPage:
    """What holds for each page."""

    @pytest.mark.parametrize("page", PAGES)
    def test_every_block_runs_and_every_output_is_real(
        self, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a page shows as output is what its code prints, and no code goes without being run."""
        if page in NEEDS:
            pytest.importorskip(NEEDS[page], reason=f"{NEEDS[page]} is not installed")
        if page == "docs/howto/cdk8s.md" and shutil.which("node") is None:
            pytest.skip("cdk8s runs in Node.js, which is not installed")
        if page == "docs/typing.md":
            need_pyright()
        monkeypatch.chdir(tmp_path)
        with asyncio.Runner() as runner:
            # Pulumi asks for an event loop, and what ran before may have left none.
            asyncio.set_event_loop(runner.get_loop())
            problems = list(run_page(page, text_of(page)))
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)

    @pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl, which has kustomize in it, is not installed")
    def test_what_kustomize_prints_is_real(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the page shows for an overlay is what kustomize makes of the files that stand there."""
        monkeypatch.chdir(tmp_path)
        page = "docs/howto/helm-and-kustomize.md"
        assert list(run_page(page, text_of(page))) == []
        [shown] = [each.text for each in blocks_of(text_of(page)) if each.mark.startswith("recorded: kustomize build ")]
        command = ["kubectl", "kustomize", "overlays/prod"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.stdout, done.stderr) == (shown, "")

    @pytest.mark.parametrize("page", ALL_PAGES)
    def test_every_link_leads_somewhere(self, page: str) -> None:
        """A link to a file or heading of the repository finds it."""
        here = ROOT / page
        broken = []
        for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (here.parent / path).resolve() if path else here
            if not file.exists() or (anchor and anchor not in anchors_of(file.read_text(encoding="utf-8"))):
                broken.append(target)
        assert broken == []


class TestTheRunner:
    """The checks above do find what is wrong."""

    @pytest.mark.parametrize(
        "text",
        [
            "```python\nprint(1)\n```\n<!-- output -->\n```text\n2\n```\n",
            "```python\nprint(1)\n```\n",
            "```python\n1 / 0\n```\n",
            "```python\nx = 1\n```\n<!-- raises -->\n```text\nZeroDivisionError\n```\n",
            "```python\nprint(1)\n```\n```python\nprint(2)\n```\n<!-- output -->\n```text\n2\n```\n",
            "```yaml\nkind: Service\n```\n",
            "```console\nls\n```\n",
            "```console\n$ portmap --version\nportmap of old\n```\n",
            "```console\n$ rm -r .\n```\n",
            "```text\nportmap lint\n```\n",
            "Like this:\n\n    portmap lint\n",
            "<!-- usage -->\n```text\nportmap lint FILE\n```\n",
            "- Indented:\n\n  ```python\n  1 / 0\n  ```\n",
            "<!-- file: a.yaml -->\n```yaml\nhello\n```\n",
            "`a.py`:\n<!-- file: a.py -->\n```python\nprint(1)\n```\n<!-- output -->\n```text\n2\n```\n",
        ],
    )
    def test_a_page_that_is_wrong_is_found(self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A wrong, missing or unexpected output is found, and a block that nothing runs."""
        monkeypatch.chdir(tmp_path)
        assert len(list(run_page("page.md", text))) == 1

    def test_a_page_that_is_right_passes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Blocks share a namespace, see the files of the page, and may end in an error that is shown."""
        monkeypatch.chdir(tmp_path)
        text = (
            "`a.txt`:\n<!-- file: a.txt -->\n```yaml\nhello\n```\n"
            "```python\nfrom pathlib import Path\nx = Path('a.txt').read_text()\n```\n"
            "```python\nprint(x, end='')\n```\n<!-- output -->\n```text\nhello\n```\n"
            "```python\nprint(2)\nx[9]\n```\n<!-- output -->\n```text\n2\n```\n"
            "<!-- raises -->\n```text\nIndexError: string index out of range\n```\n"
        )
        assert list(run_page("page.md", text)) == []


class TestTheBuiltPages:
    """`docs/check_links.py`, which looks at the pages as they are built."""

    def test_broken_links_are_found(self, tmp_path: Path) -> None:
        """A link to a missing page, picture or heading is found; one that leads somewhere, or elsewhere, is not."""
        (tmp_path / "a.html").write_text(
            '<h1 id="top">A</h1><a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="#top">3</a>'
            '<a href="c.html">4</a><img src="none.svg"><a href="https://example.com/x">5</a>'
        )
        (tmp_path / "b.html").write_text('<h2 id="there">B</h2>')
        broken_links = runpy.run_path(str(ROOT / "docs" / "check_links.py"))["broken_links"]
        assert broken_links(tmp_path) == ["a.html: b.html#gone", "a.html: c.html", "a.html: none.svg"]


class TestTheCommands:
    """The two commands of the README, which are all that a bare machine needs."""

    @pytest.fixture
    def commands(self) -> list[str]:
        """The lines of the README's console blocks."""
        return [block.text.strip() for block in blocks_of(text_of("README.md")) if block.language == "console"]

    def test_the_main_job_does_what_the_readme_says(self, commands: list[str]) -> None:
        """After its set-up, the first command shows every Service of the example, and succeeds."""
        set_up = f"{SET_UP} && "
        assert commands[0].startswith(set_up)
        programs = {".venv/bin/python": [sys.executable], ".venv/bin/portmap": [sys.executable, "-m", "portmap"]}
        passed_on = b""
        for command in commands[0].removeprefix(set_up).split(" | "):
            program, *arguments = shlex.split(command)
            done = subprocess.run(
                [*programs[program], *arguments],
                input=passed_on,
                capture_output=True,
                check=False,
                cwd=ROOT,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            passed_on = done.stdout
        shown = passed_on.decode(errors="replace")
        assert shown.count("Service ") == 12
        assert re.search(r"^ +grpc 5000/TCP .* Deployment/emailservice +server +8080/TCP$", shown, re.MULTILINE)

    def test_the_tests_are_run_as_in_ci(self, commands: list[str]) -> None:
        """The second command is the one that CI runs and that CONTRIBUTING tells."""
        assert commands[1] in text_of(".ci/run").splitlines()
        assert commands[1] in text_of("CONTRIBUTING.md").splitlines()

    def test_the_extras_are_told(self) -> None:
        """The table of extras has each of them, and no other."""
        extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
        told = re.findall(r"^\| `portmap-k8s\[(\w+)\]`", text_of("docs/installing.md"), re.MULTILINE)
        assert sorted(told) == sorted(extras)

    def test_what_contributors_are_told_exists(self) -> None:
        """The sessions of nox, the files and the dependency groups that CONTRIBUTING names are there."""
        page = text_of("CONTRIBUTING.md")
        project = tomllib.loads(text_of("pyproject.toml"))
        tasks = set(re.findall(r"^def (\w+)\(session: nox\.Session", text_of("noxfile.py"), re.MULTILINE))
        assert set(re.findall(r"nox -s (\w+)", page)) <= tasks
        assert set(re.findall(r"--group (\w+)", page)) <= set(project["dependency-groups"])
        written = {block.mark.removeprefix("file: ") for block in blocks_of(page)}
        named = set(re.findall(r"`((?:src|tests|docs|examples|benchmarks)/[\w/.*-]*)`", page)) - written
        assert len(named) > 5
        for each in [*named, *re.findall(r" -c (\S+)", page)]:
            assert (ROOT / each).exists(), each


# --- the page about the checks -------------------------------------------------------------------------------------


def modules() -> list[str]:
    """The modules of portmap."""
    return [found.name for found in walk_packages(portmap.__path__, "portmap.")]


def codes_in(source: str) -> set[str]:
    """The codes of violations and misses that a module makes without a rule: arguments and variables named `code`."""
    tree = ast.parse(source)
    # Which argument of a function is its code; `Violation.about` takes it second.
    places = {"about": 1}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args]
            if "code" in names and node.name != "about":
                places[node.name] = names.index("code")
    found: set[object] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
                if name in places and places[name] < len(args) and isinstance(args[places[name]], ast.Constant):
                    found.add(ast.literal_eval(args[places[name]]))
                found |= {
                    keyword.value.value
                    for keyword in keywords
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
                }
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=value)):
                found.add(value)
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Name(id="code"), *_])],
                value=ast.Tuple(elts=[ast.Constant(value=value), *_]),
            ):
                found.add(value)
            case _:
                pass
    return {code for code in found if isinstance(code, str)}


def test_the_page_of_fields_is_up_to_date() -> None:
    """`docs/fields.md` shows the tables of fields."""
    generator = runpy.run_path(str(ROOT / "docs" / "generate_fields.py"))
    assert generator["page"]() == text_of("docs/fields.md"), "run: nox -s pages"


class TestThePageOfChecks:
    """`docs/checks.md` says what the rules say."""

    def test_it_is_up_to_date(self) -> None:
        """The generated parts of the page are those that the rules give now."""
        generator = runpy.run_path(str(ROOT / "docs" / "generate_checks.py"))
        page = text_of("docs/checks.md")
        assert generator["renewed"](page) == page, "write it anew with: nox -s pages"

    def test_a_group_of_rules_without_a_part_is_an_error(self) -> None:
        """The generator refuses a page that lacks the rules of a group."""
        generator = runpy.run_path(str(ROOT / "docs" / "generate_checks.py"))
        page = text_of("docs/checks.md").replace("<!-- rules: updates -->", "<!-- rules: node ports -->")
        with pytest.raises(ValueError, match="no part for the rules: updates"):
            generator["renewed"](page)

    def test_codes_without_a_rule_are_told_as_well(self) -> None:
        """A code of decoding, of `Cluster` or of `Service.exposing` has a row too; a miss is told in its page."""
        sources = [Path(str(import_module(name).__file__)).read_text(encoding="utf-8") for name in modules()]
        codes = set().union(*map(codes_in, sources))
        assert {"wrong-type", "unresolved-target-port", "nothing-to-expose", "protocol-mismatch"} <= codes
        told = anchors_of(text_of("docs/checks.md"))
        for page in ("docs/resolution.md", "docs/portmap.md", "docs/contract.md"):
            told |= set(re.findall(r"^\| `([a-z-]+)` \|", text_of(page), re.MULTILINE))
        assert codes - told == set()

    @pytest.mark.parametrize(
        "spec",
        [
            {"selector": {"nobody": "has-this"}, "ports": [{"port": 80, "targetPort": "nobody-has-it"}]},
            {"type": "ExternalName", "externalName": "example.com", "ports": [{"port": 80, "nodePort": 80}]},
            {"type": "LoadBalancer", "loadBalancerIP": "anything", "ports": [{"port": 80}]},
            {"externalName": "Any Text", "ports": [{"port": 80}]},
            {"clusterIP": "None", "sessionAffinity": "ClientIP", "trafficDistribution": "PreferSameZone"},
            {
                "type": "LoadBalancer",
                "ports": [
                    {"name": "tcp", "port": 53, "protocol": "TCP"},
                    {"name": "udp", "port": 53, "protocol": "UDP"},
                ],
            },
            {"ports": [{"name": f"p{number}", "port": number} for number in range(1, 1001)]},
        ],
    )
    def test_what_is_not_checked_is_accepted(self, spec: dict[str, Any]) -> None:
        """What the page says the server leaves alone, portmap leaves alone too."""
        assert validate({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}) == ()
