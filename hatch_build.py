"""The build hook: adds the addresses of the project, and adapts the README for a package index.

The repository has no address of its own, so a build takes it from the environment variable PORTMAP_REPOSITORY, as in
`https://example.com/team/portmap`. With it, the metadata has the addresses, and links of the README become absolute.
Without it, the metadata has none, and relative links, which a package index cannot follow, become plain text.
"""

import os
import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

VARIABLE: Final = "PORTMAP_REPOSITORY"
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\((?!https?:)([^)]+)\)\n*")
_LINK: Final = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")
_COMMENT: Final = re.compile(r"<!--[^\n]*-->\n")


class ProjectMetadata(MetadataHookInterface):
    """Sets `readme` and `urls`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add both fields."""
        home = os.environ.get(VARIABLE, "").rstrip("/")
        tag = f"v{metadata['version']}"
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": readme_for_index(text, home, tag)}
        metadata["urls"] = urls_of(home, tag) if home else {}


def readme_for_index(text: str, home: str, tag: str) -> str:
    """Return the README with absolute links, or without relative links if there is no address."""
    text = _COMMENT.sub("", text)
    if not home:
        return _LINK.sub(r"\1", _PICTURE.sub("", text))
    text = _PICTURE.sub(lambda found: found[0].replace(f"]({found[1]})", f"]({home}/raw/{tag}/{found[1]})"), text)
    return _LINK.sub(rf"[\1]({home}/blob/{tag}/\2)", text)


def urls_of(home: str, tag: str) -> dict[str, str]:
    """Return the addresses of the project; `Documentation` is the folder of the pages."""
    return {
        "Changelog": f"{home}/blob/{tag}/CHANGELOG.md",
        "Documentation": f"{home}/blob/{tag}/docs",
        "Issues": f"{home}/issues",
        "Source": home,
    }
