"""Finds links of the built documentation that lead nowhere: `nox -s docs` runs it on `build/docs`, offline."""
# ruff: noqa: INP001, T201

import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

LINKS: Final = {"a": "href", "img": "src", "link": "href", "script": "src", "object": "data"}


class Page(HTMLParser):
    """What a page links to, and where in it a link may lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what the tag links to and what it is called."""
        for name, value in attrs:
            if value and name == LINKS.get(tag):
                self.links.append(value)
            if value and name in {"id", "name"}:
                self.anchors.add(value)


def broken_links(folder: Path) -> list[str]:
    """The links between pages, and to files, that find nothing: `page: link`."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            missing = bool(anchor) and target in pages and anchor not in pages[target].anchors
            if not target.exists() or missing:
                broken.append(f"{path.relative_to(folder.resolve())}: {link}")
    return broken


def main(folder: str) -> int:
    """Print the broken links of a built documentation; 1 if there are some."""
    broken = broken_links(Path(folder))
    print(*broken, sep="\n", end="\n" if broken else "")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
