"""The page on testing names what the plugin has; its examples are run with those of all pages."""

import re
from pathlib import Path
from typing import Final

from pages import text_of

PAGE: Final = "docs/testing.md"


def test_every_option_is_told() -> None:
    """The page names each option and setting of the plugin."""
    plugin = (Path(__file__).resolve().parents[2] / "src" / "_portmap_pytest.py").read_text(encoding="utf-8")
    offered = re.findall(r'"(--portmap[a-z-]*|portmap_[a-z_]+)"', plugin)
    assert len(set(offered)) == 5
    for each in offered:
        assert f"`{each}" in text_of(PAGE)
