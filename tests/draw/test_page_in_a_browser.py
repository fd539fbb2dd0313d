"""The page in a real browser: search, filter, following a chain, all by keyboard, and no error."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from test_draw import SHOP, deployment

from portmap import draw

SCRIPT = Path(__file__).with_name("page_in_a_browser.cjs")


def test_the_page_works_in_chromium(tmp_path: Path) -> None:
    """Who searches, filters and follows a chain sees what belongs to it, and the console stays empty."""
    node, browser = shutil.which("node"), os.environ.get("PORTMAP_CHROMIUM")
    if node is None or not browser:
        pytest.skip("needs node with puppeteer-core, and PORTMAP_CHROMIUM with the path of a Chromium")
    page = tmp_path / "map.html"
    page.write_text(draw([*SHOP, deployment("other") | {"metadata": {"name": "other"}}], format="html"))
    done = subprocess.run(
        [node, str(SCRIPT), str(page), browser], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "focused_by_slash": "search",
        "hits": 1,
        "row_after_enter": "shop.example/shop.example/",
        "lines_followed": 2,
        "told": "0 before, 2 behind",
        "kept_after_escape": 0,
        "lanes": 2,
        "lanes_of_shop": 1,
        "lines_into_the_pod": 3,
        "errors": [],
    }
