"""The pages of the documentation."""

from typing import Final

from pages import ROOT

__all__ = ["ALL_PAGES", "NEEDS", "RULE_PAGES"]

ALL_PAGES: Final = sorted(
    page.relative_to(ROOT).as_posix() for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
)

RULE_PAGES: Final = "docs/rules/"

NEEDS: Final = {"docs/howto/cdk8s.md": "cdk8s_plus_32", "docs/howto/pulumi.md": "pulumi_kubernetes"}
