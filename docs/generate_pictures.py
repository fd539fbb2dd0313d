"""Draws the picture that docs/draw.md shows, from the manifests that stand there: `nox -s pages`."""
# ruff: noqa: INP001

import re
from pathlib import Path
from typing import Final

from portmap import draw
from portmap.manifests import parse

DOCS: Final = Path(__file__).resolve().parent
PICTURE: Final = DOCS / "pictures" / "shop.svg"

_MANIFESTS: Final = re.compile(r"<!-- file: shop\.yaml -->\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def drawn() -> str:
    """The picture of the shop."""
    match = _MANIFESTS.search((DOCS / "draw.md").read_text(encoding="utf-8"))
    if match is None:
        raise SystemExit("docs/draw.md has no file shop.yaml")
    return draw(parse(match[1]), title="Where the ports of a shop lead")


def main() -> None:
    """Draw the picture anew."""
    PICTURE.write_text(drawn(), encoding="utf-8")


if __name__ == "__main__":
    main()
