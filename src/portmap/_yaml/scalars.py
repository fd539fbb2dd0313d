"""The values of YAML scalars in Kubernetes, by the rules of Go's reader.

kubectl and the API server read YAML with go-yaml v2 and convert it to JSON. They read an unquoted `08`, `y` or
`1e3` neither as PyYAML does nor as YAML 1.2 demands. Section numbers refer to the rules in service-rules.md.
"""

import math
import re
from collections.abc import Callable
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None


class ScalarError(ValueError):
    """A scalar that Go cannot read or JSON cannot have. Its text is a message for users."""


def _spellings() -> dict[str, Scalar]:
    words: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
    for meaning, names in ((True, "y yes true on"), (False, "n no false off")):
        for name in names.split():
            # Each has three spellings only: `yEs` and `tRUE` are strings.
            words |= dict.fromkeys((name, name.capitalize(), name.upper()), meaning)
    for name in (".inf", ".Inf", ".INF"):
        words |= {name: math.inf, f"+{name}": math.inf, f"-{name}": -math.inf}
    return words | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)


_WORDS: Final = _spellings()

SPECIAL_FIRST: Final = frozenset(["", *"+-.~0123456789yYnNtTfFoO"])
"""The first characters of texts that may not be strings; `""` is the first of an empty text."""

_NUMERIC_FIRST: Final = frozenset("+-0123456789")
_INTEGER: Final = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT_FLOAT: Final = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_SIGNED_BINARY: Final = re.compile(r"0b([+-][01]+)")

_INT64: Final = 1 << 63
_UINT64: Final = 1 << 64


def decode(text: str) -> Scalar:
    """Return the value of an unquoted scalar in Go, before it becomes JSON (12.2).

    An `int` of 2**63 or more is Go's `uint64`. Infinities and NaN are not refused yet.
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
        # Too large for a float: the unchanged text, with its underscores.
        return text if isinstance(number, str) else number
    odd = _SIGNED_BINARY.fullmatch(digits)
    if odd is not None:
        integer = int(odd[1], 2)
        if -_INT64 <= integer < _INT64:
            return integer
    return text


def _integer(match: re.Match[str]) -> int | None:
    """Return the number if Go has an integer type for it: int64, or uint64 without a sign."""
    sign, hexadecimal, binary, octal, decimal = match.groups()
    if decimal is not None and len(decimal) > 20:
        # Beyond uint64, and perhaps beyond the limit of Python for such conversions.
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
    """Return the value after Go has written it as JSON.

    Go writes a whole float below 1e21 without point and exponent, so `80.0` and
    `8e1` become the integer 80 (2.2). Integers beyond int64 have the digits of a float (12.2).

    Raises:
        ScalarError: JSON does not have infinities and NaN.
    """
    if type(value) is float:
        if not math.isfinite(value):
            raise ScalarError("JSON, to which Kubernetes converts every manifest, has no infinity and NaN")
        if value.is_integer() and abs(value) < 1e21:
            # The shortest digits, as Go prints them: 12345678901234567000 and not …168.
            return int(value) if abs(value) < 1e15 else _shortest_digits(value)
    elif type(value) is int and value >= _INT64:
        return json_value(float(value))
    return value


def _shortest_digits(value: float) -> int:
    from decimal import Decimal  # Few manifests have such numbers, and every import costs a script's start.

    return int(Decimal(repr(value)))


def resolve(text: str) -> Scalar:
    """Return the value that Kubernetes reads for an unquoted text (12.2).

    Raises:
        ScalarError: The text is `.inf` or `.nan`.
    """
    if text[:1] not in SPECIAL_FIRST:
        return text
    return json_value(decode(text))


def key_text(value: Scalar) -> str:
    """Return the JSON key that Go makes of a decoded mapping key (12.5).

    Raises:
        ScalarError: The key is null or an integer beyond int64.
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
            raise ScalarError("a key cannot be null; quote it to use the text")
    raise ScalarError(f"the key {value} is an integer beyond 64 bits; quote it")


def _short_float(value: float) -> str:
    """Return a float as Go's `FormatFloat(value, 'g', -1, 32)` does: the shortest digits of a 32-bit float."""
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
    """Return the value of a scalar with an explicit tag in Go, before it becomes JSON (12.6).

    Quotes make no difference. With a tag that Go does not know, the value is a string.

    Raises:
        ScalarError: The text is not of the tagged type.
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
        raise ScalarError(f"`{text}` is not a !!{kind}, which its tag demands")
    return value


def _binary(text: str) -> str:
    """Return the bytes as text. Each byte that is not UTF-8 becomes U+FFFD, as in Go's JSON."""
    import base64
    import binascii

    try:
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ScalarError("the text after !!binary is not base64") from None
    return re.sub(r"[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


# Only texts with the first letter of a word or number are compared with these. Case is ignored for the words only:
# ignoring it everywhere takes twice the time.
plain_ok: Final[Callable[[str], object]] = re.compile(
    r"(?:(?![yYnNoOtTfFeE])|(?!(?i:y|n|yes|no|on|off|true|false|null)\Z|[eE][-+]?[0-9]+\Z))[a-zA-Z][a-zA-Z0-9_./-]*",
    re.ASCII,
).fullmatch
"""Returns a true value if every YAML reader in use reads this unquoted text as this string (12.7).

Texts that begin with digits, dots, signs or colons are not among them.
"""
