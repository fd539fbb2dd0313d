"""The rules of the linter, by topic, and which are on in which profile. A rule is added by naming it here."""

from typing import Final

from portmap.lint._rule import Profile, Rule
from portmap.lint.rules import selectors, target_ports

__all__ = ["DEFAULT_RULES", "RULES", "rules_of"]

RULES: Final[tuple[Rule, ...]] = (
    selectors.selector_matches_nothing,
    selectors.selector_matches_owner_labels,
    selectors.selector_too_broad,
    selectors.workload_selector,
    target_ports.unresolved_target_port,
    target_ports.target_port_protocol,
    target_ports.partial_target_port,
    target_ports.undeclared_target_port,
    target_ports.ambiguous_port_name,
    target_ports.headless_port_mapping,
)
"""All of them, in the order in which they are listed."""


def rules_of(*profiles: Profile) -> tuple[Rule, ...]:
    """The rules that are on in these profiles; those of the default profile are on in all of them."""
    return tuple(each for each in RULES if each.profile in {"default", *profiles})


DEFAULT_RULES: Final = rules_of("default")
"""What is on unless it is ignored."""
