"""Texts that are hard to write, and the rules by which readers of YAML make something else of them.

The rules are written down from the documentation of each reader, not from portmap:
YAML 1.2.2, section 10.3.2 (core schema), https://yaml.org/spec/1.2.2/#1032-tag-resolution;
YAML 1.1, https://yaml.org/type/; go-yaml v2 and v3, `resolve.go`.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import yaml

__all__ = ["READERS", "as_data", "hard_texts", "plain_scalars"]

# What a reader takes for null, a boolean, a number, a time or a merge, in the order of its documentation.
_CORE_SCHEMA: Final = (
    r"null|Null|NULL|~|",
    r"true|True|TRUE|false|False|FALSE",
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN",
)
_YAML_1_1: Final = (
    r"~|null|Null|NULL|",
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+",
    r"[-+]?([0-9][0-9_]*)?\.[0-9.]*([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*",
    r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?([Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}.*",
    r"<<|=",
)
# `resolve` strips underscores and asks ParseInt(…, 0, 64), ParseUint, the pattern, and prefixes of its own.
_GO: Final = (
    r"[-+]?(0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+)|0b[-+][01]+",
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?.*",
)
_GO_WORDS: Final = (
    r"<<|~|null|Null|NULL|",
    r"true|True|TRUE|false|False|FALSE",
    r"y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF",
)


def _no_match(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    rule = re.compile("|".join(f"(?:{each})" for each in patterns))
    return lambda text: rule.fullmatch(text) is None


_is_no_go_word = _no_match(_GO_WORDS)
_is_no_go_number = _no_match(_GO)

READERS: Final[Mapping[str, Callable[[str], bool]]] = {
    "YAML 1.1": _no_match(_YAML_1_1),
    "YAML 1.2": _no_match(_CORE_SCHEMA),
    # v2, and v3 where it fills a field that is a boolean; elsewhere v3 has fewer words than v2.
    "go-yaml": lambda text: _is_no_go_word(text) and _is_no_go_number(text.replace("_", "")),
}
"""Whether a reader takes an unquoted text for text."""


def plain_scalars(text: str) -> Iterator[str]:
    """The scalars that stand unquoted in a text, keys among them."""
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            yield event.value


_NUMBERLIKE: Final = "0123456789" * 2 + "_+-.eExXoObBabcdfinN:tTzZ~ "
_MARKS: Final = " \t\n\r-#:?[]{},&*!|>@`'\"\\%~<=./\x00\x07\x1b\x7f\x85\xa0\u2028\u2029\ufeff\ufffeé名😀"
_NAMES: Final = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "None", "TRUE", "No", "E")
_WORDS: Final = (*_NAMES, "nan", "inf", "e", "~", "<<", "=")


def hard_texts(count: int, seed: int, given: list[str]) -> list[str]:
    """So many different texts: those given, and others like numbers, words, marks and anything in Unicode."""
    chance = random.Random(seed)
    found = dict.fromkeys(given)
    while len(found) < count:
        length = chance.choice((1, 2, 3, 4, 6, 8, 12, 40, 80))
        match chance.randrange(6):
            case 0 | 1:
                text = "".join(chance.choices(_NUMBERLIKE, k=min(length, 12)))
            case 2:
                text = "".join(chance.choices(_MARKS + "ab", k=length))
            case 3:
                text = chance.choice(_WORDS) + "".join(chance.choices(_NUMBERLIKE + _MARKS, k=chance.randrange(3)))
            case 4:
                text = f"{chance.getrandbits(28):07x}"  # The beginning of a Git hash.
            case _:
                text = "".join(_any_character(chance) for _ in range(min(length, 12)))
        found[text] = None
    return list(found)


def _any_character(chance: random.Random) -> str:
    top = chance.choice((0x80, 0x100, 0x3000, 0xFFFF, 0x10FFFF))
    while 0xD800 <= (code := chance.randint(0, top)) <= 0xDFFF:
        pass
    return chr(code)


def as_data(texts: list[str]) -> dict[str, Any]:
    """All of the texts, each as a key, a value and an item."""
    return {"map": {text: text for text in texts}, "list": texts}
