"""The image in a browser: the extent of text, and the course of lines."""

from pathlib import Path
from typing import Any

import pytest

from chromium import browser, opened
from pictures import SHOP, team, world
from portmap import draw

pytestmark = pytest.mark.skipif(browser() is None, reason="needs a Chromium: installed, or named by PORTMAP_CHROMIUM")

OUT_OF_ITS_BOX = """
[...document.querySelectorAll(".box")].flatMap((box) => {
  const frame = box.querySelector(".frame").getBBox();
  return [...box.querySelectorAll("text")].filter((text) => {
    const { x, y, width, height } = text.getBBox();
    return x < frame.x || x + width > frame.x + frame.width || y + height > frame.y + frame.height + 1;
  }).map((text) => text.textContent);
})
"""
OVERLAPPING = """
(() => {
  const all = [...document.querySelectorAll("svg text")].map((text) => [text, text.getBoundingClientRect()]);
  all.sort((one, two) => one[1].top - two[1].top);
  const found = [];
  for (let i = 0; i < all.length; i += 1) {
    for (let j = i + 1; j < all.length && all[j][1].top < all[i][1].bottom - 4; j += 1) {
      const [one, two] = [all[i][1], all[j][1]];
      if (one.left < two.right && two.left < one.right) found.push([all[i][0].textContent, all[j][0].textContent]);
    }
  }
  return found;
})()
"""
BEHIND_A_BOX = """
(() => {
  const boxes = [...document.querySelectorAll(".frame")].map((frame) => frame.getBoundingClientRect());
  return [...document.querySelectorAll(".line")].filter((line) => {
    const total = line.getTotalLength(), place = line.getScreenCTM();
    for (let at = 1; at < total - 1; at += 3) {
      const { x, y } = line.getPointAtLength(at).matrixTransform(place);
      if (boxes.some((box) => box.left + 1 < x && x < box.right - 1 && box.top < y && y < box.bottom)) return true;
    }
    return false;
  }).map((line) => line.getAttribute("d"));
})()
"""
OFF_ITS_ROW = """
[...document.querySelectorAll(".line[data-from]")].filter((line) => {
  const place = line.getScreenCTM(), edge = (id) => document.getElementById(id).getBoundingClientRect();
  const at = (length) => line.getPointAtLength(length).matrixTransform(place);
  const first = at(0), last = at(line.getTotalLength()), from = edge(line.dataset.from), to = edge(line.dataset.to);
  const inside = ({ y }, row) => row.top < y && y < row.bottom;
  if (!inside(first, from) || !inside(last, to)) return true;
  return Math.abs(first.x - from.right) > 4 || Math.abs(last.x - to.left) > 4;
}).map((line) => line.dataset.from)
"""
SETS: dict[str, list[Any]] = {
    "shop": SHOP,
    "long names": world("x" * 300),
    "wide names": world("W" * 63),
    "Chinese": world("\u4e2d\u6587" * 30),
    "Hebrew": world("\u05e9\u05dc\u05d5\u05dd " * 12),
    "emoji": world("\U0001f600" * 40),
    "one namespace": team(40),
    "many namespaces": team(60, namespaces=7),
    "nothing": [],
}


@pytest.mark.parametrize("name", SETS)
def test_the_picture_can_be_read(name: str, tmp_path: Path) -> None:
    """Text stays in its box and clear of other text, and no line runs behind a box."""
    for format_ in ("svg", "html"):
        file = tmp_path / f"map.{format_}"
        file.write_text(draw(SETS[name], format=format_, title=f"What {name} looks like"), encoding="utf-8")
        with opened(file, tmp_path / format_) as page:
            assert page.of(OUT_OF_ITS_BOX) == []
            assert page.of(OVERLAPPING) == []
            assert page.of(BEHIND_A_BOX) == []
            assert page.of(OFF_ITS_ROW) == []
            assert page.errors == []


def test_the_dark_scheme(tmp_path: Path) -> None:
    """The picture is dark if the reader prefers it, and light on paper."""
    file = tmp_path / "map.svg"
    file.write_text(draw(SHOP), encoding="utf-8")
    sheet = "getComputedStyle(document.querySelector('.sheet')).fill"
    with opened(file, tmp_path / "profile") as page:
        assert page.of(sheet) == "rgb(255, 255, 255)"
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        assert page.of(sheet) != "rgb(255, 255, 255)"
        page.call("Emulation.setEmulatedMedia", media="print")
        assert page.of(sheet) == "rgb(255, 255, 255)"


def test_the_checks_find_mistakes(tmp_path: Path) -> None:
    """Text outside its box or over other text, and a line behind a box, are found."""
    file = tmp_path / "map.svg"
    file.write_text(draw(SHOP), encoding="utf-8")
    with opened(file, tmp_path / "profile") as page:
        page.of("document.querySelector('.name').textContent = 'x'.repeat(99)")
        assert len(page.of(OUT_OF_ITS_BOX)) == 1
        page.of(
            "(([one, other]) => ['x', 'y'].forEach((each) => other.setAttribute(each, one.getAttribute(each))))"
            "(document.querySelectorAll('.code'))"
        )
        assert page.of(OVERLAPPING)
        page.of(
            "(({ x, y }) => document.querySelector('.line[d*=C]')"
            ".setAttribute('d', `M${x} ${y + 9}L${x + 99} ${y + 9}`))"
            "(document.querySelector('.services .frame').getBBox())"
        )
        assert len(page.of(BEHIND_A_BOX)) == 1
