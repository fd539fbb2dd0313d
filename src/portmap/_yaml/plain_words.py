"""Which texts may stand unquoted. Whoever only writes needs nothing else of the rules of scalars."""

import re
from typing import Final

__all__ = ["plain_ok"]

# Case is ignored where words are concerned; to ignore it throughout would take twice the time.
_PLAIN: Final = re.compile(
    r"(?!(?i:y|n|yes|no|on|off|true|false|null)\Z|[eE][-+]?[0-9]+\Z)[a-zA-Z][a-zA-Z0-9_./-]*", re.ASCII
)


def plain_ok(text: str) -> bool:
    """Whether every YAML reader in use takes this text, unquoted, for this very string (12.7).

    Narrow on purpose: digits, dots, signs or colons in front mean quotes.
    """
    return _PLAIN.fullmatch(text) is not None
