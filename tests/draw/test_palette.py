"""The colours of pictures, and their contrast."""

import re
from collections.abc import Mapping

import pytest

from pictures import SHOP
from portmap import draw
from portmap._draw.svg import DARK, LIGHT, style

SCHEMES = {"light": LIGHT, "dark": DARK}
TEXTS = [
    ("text", "sheet"),
    ("text", "services"),
    ("text", "ways-in"),
    ("text", "pods"),
    ("text", "elsewhere"),
    ("muted", "sheet"),
    ("muted", "services"),
    ("muted", "ways-in"),
    ("muted", "pods"),
    ("muted", "elsewhere"),
    ("heading", "sheet"),
    ("heading", "lane"),
    ("nowhere-text", "sheet"),
    ("nowhere-text", "nowhere"),
    ("amber-text", "sheet"),
    ("amber-text", "amber"),
]
SHAPES = [
    ("line", "lane"),
    ("line", "sheet"),
    ("services-edge", "lane"),
    ("services-edge", "services"),
    ("ways-in-edge", "lane"),
    ("ways-in-edge", "ways-in"),
    ("pods-edge", "lane"),
    ("pods-edge", "pods"),
    ("nowhere-edge", "lane"),
    ("nowhere-edge", "nowhere"),
    ("amber-edge", "lane"),
    ("amber-edge", "amber"),
    ("elsewhere-edge", "lane"),
    ("elsewhere-edge", "elsewhere"),
    ("focus", "ways-in"),
    ("focus", "services"),
    ("focus", "pods"),
    ("focus", "sheet"),
]


def luminance(colour: str) -> float:
    """Return the relative luminance by WCAG 2.1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(of: Mapping[str, str], one: str, other: str) -> float:
    light, dark = sorted((luminance(of[one]), luminance(of[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_is_readable_on_its_ground(scheme: str, text: str, ground: str) -> None:
    """The contrast is at least 4.5 to 1 (WCAG 2.1, 1.4.3)."""
    assert contrast(SCHEMES[scheme], text, ground) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_lines_and_edges_stand_out(scheme: str, shape: str, ground: str) -> None:
    """The contrast is at least 3 to 1 (WCAG 2.1, 1.4.11)."""
    assert contrast(SCHEMES[scheme], shape, ground) >= 3


def test_both_schemes_colour_the_same() -> None:
    """The dark scheme sets every colour that the light scheme sets."""
    assert set(LIGHT) == set(DARK)
    light, dark = style().split("@media")
    assert [each.strip() for each in re.findall(r"(\S[^{}\n]*) \{ (?:fill|stroke): #", dark)] == re.findall(
        r"\n(\S[^{}\n]*) \{ (?:fill|stroke): #", light
    )


def test_no_information_by_colour_alone() -> None:
    """Ports that are unresolved, in doubt, or unreached have a mark, and lines to missing objects are dashed."""
    picture = draw(SHOP)
    # The mark is in the legend, at the port of the Service, and in the title of each placeholder.
    assert picture.count(">✗ ") == 4
    assert picture.count(">? ") == 3
    assert picture.count(">○ ") == 2
    for state in ("nowhere", "doubtful"):
        assert f".line.{state} {{ stroke-dasharray" in picture
