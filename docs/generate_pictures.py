"""Draws the pictures that pages show, from the manifests that stand there: `nox -s pages`."""
# ruff: noqa: INP001

import re
import runpy
from pathlib import Path
from typing import Final

from portmap import draw
from portmap.manifests import parse

DOCS: Final = Path(__file__).resolve().parent
PICTURES: Final = DOCS / "pictures"
# What the tutorial mends before it draws.
MENDED: Final = {"targetPort: htpp": "targetPort: http", "number: 8080": "number: 80"}

_MANIFESTS: Final = re.compile(r"<!-- file: [^\n]*\.yaml -->\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def drawn() -> dict[Path, str]:
    """The pictures, by their files."""
    shop = "---\n".join(_MANIFESTS.findall((DOCS / "draw.md").read_text(encoding="utf-8")))
    tutorial = "---\n".join(_MANIFESTS.findall((DOCS / "tutorial.md").read_text(encoding="utf-8")))
    for broken, mended in MENDED.items():
        if broken not in tutorial:
            raise SystemExit(f"docs/tutorial.md has no {broken}")
        tutorial = tutorial.replace(broken, mended)
    boutique = runpy.run_path(str(DOCS.parent / "examples" / "microservices_shop.py"))["manifests"]()
    return {
        PICTURES / "boutique.svg": draw(boutique, title="Where the ports of Online Boutique lead"),
        PICTURES / "shop.svg": draw(parse(shop), title="Where the ports of a shop lead"),
        PICTURES / "tutorial.svg": draw(parse(tutorial), title="Where the ports of the tutorial lead"),
    }


def main() -> None:
    """Draw the pictures anew."""
    for picture, text in drawn().items():
        picture.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
