"""`portmap draw`."""

import re
import shlex
from pathlib import Path

import pytest

from command_line import Terminal, portmap
from manifest_texts import WEB

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "draw.md").read_text(encoding="utf-8")


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "web.yaml"
    file.write_text(WEB)
    return file


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("map.svg", "<svg "), ("map.html", "<!DOCTYPE html>"), ("map.mmd", "flowchart LR"), ("map.txt", "namespace shop")],
)
def test_the_suffix_sets_the_format(web: Path, name: str, beginning: str) -> None:
    """The picture is written to the file, and nothing is printed."""
    done = portmap("draw", str(web), "-o", name)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert Path(name).read_text(encoding="utf-8").startswith(beginning)


def test_without_a_file_it_prints_text(web: Path) -> None:
    """Standard output gets text, or the format of `--format`."""
    assert portmap("draw", str(web)).out.startswith("namespace shop\n")
    assert portmap("draw", str(web), "--format", "svg").out.startswith("<svg ")


def test_the_title_is_in_the_picture(web: Path) -> None:
    """The default title names the paths."""
    assert (
        '<title id="portmap-title">The shop</title>'
        in portmap("draw", str(web), "--format", "svg", "--title", "The shop").out
    )
    assert "Where the ports of web.yaml lead" in portmap("draw", "web.yaml", "--format", "svg").out


def test_invalid_objects_are_reported(web: Path) -> None:
    """The picture lacks them, and their violations go to standard error."""
    web.write_text(WEB.replace("port: 6060", "port: 0"))
    for arguments in ([], ["--format", "svg"], ["-o", "map.svg"]):
        done = portmap("draw", "web.yaml", *arguments)
        assert (done.code, "Service web" in done.out) == (0, False)
        assert done.err.startswith("web.yaml:9:25: Service web: spec.ports[1].port: Invalid value: 0: ")


@pytest.mark.parametrize("output", ["map.png", "map", "missing/map.svg", "."])
def test_an_output_that_cannot_be_written(web: Path, output: str) -> None:
    """The exit code is 2, the message names the file, and no file is left."""
    done = portmap("draw", str(web), "-o", output)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"portmap draw: {output}: ")
    assert sorted(each.name for each in Path.cwd().iterdir()) == ["web.yaml"]


def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of docs/draw.md works on the shop of that page, and prints nothing."""
    monkeypatch.chdir(tmp_path)
    [shop] = re.findall(r"^<!-- file: shop\.yaml -->\n```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    Path("shop.yaml").write_text(shop)
    [console] = re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    commands = [line.removeprefix("$ ") for line in console.splitlines()]
    assert len(commands) == 3
    for command in commands:
        word, *arguments = shlex.split(command.rpartition("| ")[2])
        assert word == "portmap"
        done = portmap(*arguments, stdin=shop)
        assert (done.code, done.out, done.err) == (0, "", ""), command


def test_a_chart_that_is_too_large_for_mermaid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written with a note, because the limits of a viewer can be raised."""
    monkeypatch.chdir(tmp_path)
    many = "---\n".join(
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: s{number}}}\nspec: {{ports: [{{port: 80}}]}}\n"
        for number in range(500)
    )
    done = portmap("draw", "-", "-o", "map.mmd", stdin=many)
    assert done.code == 0
    assert done.err.startswith("portmap draw: note: ")
    assert "500 lines are more than Mermaid draws" in done.err
    assert Path("map.mmd").read_text(encoding="utf-8").count("-.->") == 500


def test_a_terminal_gets_colours_and_its_own_width(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, misses are red and lines fit; a file and a pipe get plain text of 80 columns."""
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    web.write_text(WEB.replace("targetPort: http", "targetPort: htpp"))
    wide = portmap("draw", "web.yaml", stdout=Terminal()).out
    assert "\x1b[31m      ✗ no container port named" in wide
    assert "\x1b[1mnamespace shop\x1b[0m" in wide
    assert all(len(re.sub(r"\x1b\[\d+m", "", line)) <= 50 for line in wide.splitlines())
    assert "\x1b" not in portmap("draw", "web.yaml").out
