"""The configuration of the documentation: `nox -s docs` builds it without network access and without warnings."""
# ruff: noqa: INP001

import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs" / "_extensions"))

project = "portmap"
author = "The portmap authors"
release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "public_api",
]
exclude_patterns = ["schemas", "_static"]
templates_path = ["_templates"]

html_theme = "furo"
# The table of contents on the right has room for short names only.
toc_object_entries_show_parents = "hide"
html_title = f"portmap {release}"
html_favicon = "_static/favicon.svg"
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["portmap.css"]

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

# Copy the commands of a session without prompts and outputs.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp"

autodoc_typehints_format = "short"
python_display_short_literal_types = True
python_maximum_signature_line_length = 88
viewcode_follow_imported_members = False
autodoc_member_order = "bysource"
autoclass_content = "class"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]
# What stands between single backquotes is code, as in Markdown.
default_role = "code"

_SECTION: Final = re.compile(r"(Args|Attributes|Raises|Returns|Yields|Example|Examples|Note|Notes):$")

_ANCHOR: Final = re.compile(r'<a id="([\w-]+)"></a>')
_ROOT_PAGE: Final = re.compile(r"\]\((?:\.\./)*([A-Z]+)\.md")


def mark_code(_app: object, _what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """Make the indented examples of docstrings literal blocks, as they are to a reader of the source."""
    marked: list[str] = []
    for position, line in enumerate(lines):
        starts = line.startswith("    ") and position > 1 and not lines[position - 1].strip()
        text = next((each for each in reversed(lines[: position - 1 if position else 0]) if each.strip()), "")
        if starts and not text.startswith(" ") and not _SECTION.match(text) and not text.rstrip().endswith("::"):
            marked += ["::", ""]
        marked.append(line)
        if _SECTION.match(line):
            marked += lines[position + 1 :]
            break
    lines[:] = marked


def adapt_markdown(app: Any, page: str, content: list[str]) -> None:  # noqa: ANN401 - Sphinx's application
    """Show a file of the repository's root on its page, and write links and anchors as MyST reads them."""
    source = ROOT / f"{page.upper()}.md"
    if source.exists():
        content[0] = source.read_text(encoding="utf-8").replace("](docs/", "](")
        app.env.note_dependency(str(source))
    text = _ROOT_PAGE.sub(lambda found: f"](/{found[1].lower()}.md", content[0])
    content[0] = _ANCHOR.sub(r"[]{#\1}", text)


def setup(app: Any) -> dict[str, bool]:  # noqa: ANN401 - Sphinx's application
    """Register the functions above."""
    app.connect("source-read", adapt_markdown)
    app.connect("autodoc-process-docstring", mark_code, priority=100)
    return {"parallel_read_safe": True}
