"""What a YAML scalar means to Kubernetes: the rules of Go's reader, without any parser.

kubectl and the API server read YAML with go-yaml v2 and turn it into JSON before anything
else looks at it. Their idea of an unquoted `08`, `y` or `1e3` is neither PyYAML's nor that of
YAML 1.2, so it is written out here. Section numbers refer to the rules in service-rules.md.
"""

import math
import re
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None


class ScalarError(ValueError):
    """A scalar that Go reads, or JSON carries, in no way at all. Its text is a sentence for people."""


def _spellings() -> dict[str, Scalar]:
    words: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
    for meaning, names in ((True, "y yes true on"), (False, "n no false off")):
        for name in names.split():
            # Three spellings of each and no others: `yEs` and `tRUE` are strings.
            words |= dict.fromkeys((name, name.capitalize(), name.upper()), meaning)
    for name in (".inf", ".Inf", ".INF"):
        words |= {name: math.inf, f"+{name}": math.inf, f"-{name}": -math.inf}
    return words | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)


_WORDS: Final = _spellings()

SPECIAL_FIRST: Final = frozenset(["", *"+-.~0123456789yYnNtTfFoO"])
"""How a text begins that could be anything else than a string; `""` stands for no text."""

_NUMERIC_FIRST: Final = frozenset("+-0123456789")
_INTEGER: Final = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT_FLOAT: Final = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_SIGNED_BINARY: Final = re.compile(r"0b([+-][01]+)")

_INT64: Final = 1 << 63
_UINT64: Final = 1 << 64


def decode(text: str) -> Scalar:
    """The value of an unquoted scalar in Go, before it becomes JSON (12.2).

    An `int` of 2**63 or more is Go's `uint64`; infinities and NaN are still there.
    """
    first = text[:1]
    if first not in SPECIAL_FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if first in _NUMERIC_FIRST:
        return _number(text)
    if first == "." and _POINT_FLOAT.fullmatch(text):
        return _float(text)
    return text


def _number(text: str) -> Scalar:
    digits = text.replace("_", "")
    match = _INTEGER.fullmatch(digits)
    if match is not None:
        integer = _integer(match)
        if integer is not None:
            return integer
    if _FLOAT.fullmatch(digits):
        number = _float(digits)
        # Too large for a float: the text as it was, underscores and all.
        return text if isinstance(number, str) else number
    odd = _SIGNED_BINARY.fullmatch(digits)
    if odd is not None:
        integer = int(odd[1], 2)
        if -_INT64 <= integer < _INT64:
            return integer
    return text


def _integer(match: re.Match[str]) -> int | None:
    """The number, if Go has an integer type that holds it: signed ones stop at int64."""
    sign, hexadecimal, binary, octal, decimal = match.groups()
    if decimal is not None and len(decimal) > 20:
        # Beyond uint64, and perhaps beyond what Python converts at all.
        return None
    if hexadecimal is not None:
        magnitude = int(hexadecimal, 16)
    elif binary is not None:
        magnitude = int(binary, 2)
    elif octal is not None:
        magnitude = int(octal, 8)
    else:
        magnitude = int(decimal)
    if sign:
        value = -magnitude if sign == "-" else magnitude
        return value if -_INT64 <= value < _INT64 else None
    return magnitude if magnitude < _UINT64 else None


def _float(text: str) -> float | str:
    value = float(text)
    return text if math.isinf(value) else value


def json_value(value: Scalar) -> Scalar:
    """The value once Go has written it as JSON, which is what everybody downstream gets.

    Go writes a float below 1e21 without point and exponent if it is whole, so `80.0` and
    `8e1` become the integer 80 (2.2). Integers beyond int64 keep a float's digits (12.2).

    Raises:
        ScalarError: for infinities and NaN, which JSON does not have.
    """
    if type(value) is float:
        if not math.isfinite(value):
            raise ScalarError("infinity and NaN cannot be carried by JSON, to which Kubernetes converts every manifest")
        if value.is_integer() and abs(value) < 1e21:
            # Through the shortest digits, as Go prints them: 12345678901234567000 and not …168.
            return int(value) if abs(value) < 1e15 else _shortest_digits(value)
    elif type(value) is int and value >= _INT64:
        return json_value(float(value))
    return value


def _shortest_digits(value: float) -> int:
    from decimal import Decimal  # Few manifests have such numbers, and every import costs a script's start.

    return int(Decimal(repr(value)))


def resolve(text: str) -> Scalar:
    """What Kubernetes reads where this text stands unquoted (12.2).

    Raises:
        ScalarError: for `.inf` and `.nan`.
    """
    if text[:1] not in SPECIAL_FIRST:
        return text
    return json_value(decode(text))


def key_text(value: Scalar) -> str:
    """The JSON key that Go makes of a decoded mapping key (12.5).

    Raises:
        ScalarError: for null and for integers beyond int64.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if value < _INT64:
            return str(value)
        case float():
            return _short_float(value)
        case None:
            raise ScalarError("a key cannot be null; quote it if the text is meant")
    raise ScalarError(f"the key {value} is an integer beyond 64 bits; quote it")


def _short_float(value: float) -> str:
    """A float as Go's `FormatFloat(value, 'g', -1, 32)` spells it: the shortest digits of a 32-bit float."""
    import struct

    if math.isnan(value):
        return ".nan"
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    shortest = next(text for digits in range(9) if _is_single(text := f"{single:.{digits}e}", single))
    mantissa, _, exponent = shortest.partition("e")
    if -4 <= int(exponent) < 6:
        return _positional(mantissa, int(exponent))
    return f"{mantissa}e{exponent}"


def _is_single(text: str, single: float) -> bool:
    import struct

    try:
        return bool(struct.unpack("f", struct.pack("f", float(text)))[0] == single)
    except OverflowError:
        return False


def _positional(mantissa: str, exponent: int) -> str:
    from decimal import Decimal

    plain = f"{Decimal(mantissa).scaleb(exponent):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


_PREFIX: Final = "tag:yaml.org,2002:"
_KINDS: Final = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}
_TIMESTAMP: Final = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:(?:[Tt]| +)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit tag in Go, before it becomes JSON (12.6).

    Quotes make no difference. A tag that Go does not know makes a string.

    Raises:
        ScalarError: where the text is not of the tagged type.
    """
    kind = tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else ""
    if kind == "binary":
        return _binary(text)
    if kind == "timestamp":
        if _TIMESTAMP.fullmatch(text):
            return text
    elif kind not in ("bool", "int", "float", "null"):
        return text
    value = decode(text)
    if kind == "float" and type(value) is int and value < _INT64:
        return float(value)
    if kind != _KINDS[type(value)]:
        raise ScalarError(f"`{text}` is no !!{kind}, as its tag says")
    return value


def _binary(text: str) -> str:
    """The bytes as text; what is no UTF-8 becomes U+FFFD, byte by byte, as Go writes it into JSON."""
    import base64
    import binascii

    try:
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ScalarError("the text after !!binary is not base64") from None
    return re.sub(r"[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


# Case is ignored where words are concerned; to ignore it throughout would take twice the time.
_PLAIN: Final = re.compile(
    r"(?!(?i:y|n|yes|no|on|off|true|false|null)\Z|[eE][-+]?[0-9]+\Z)[a-zA-Z][a-zA-Z0-9_./-]*", re.ASCII
)


def plain_ok(text: str) -> bool:
    """Whether every YAML reader in use takes this text, unquoted, for this very string (12.7).

    Narrow on purpose: digits, dots, signs or colons in front mean quotes.
    """
    return _PLAIN.fullmatch(text) is not None
