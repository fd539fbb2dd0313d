"""The resolver, compared with the tables of service-rules.md, section 12."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._yaml.scalars import (
    SPECIAL_FIRST,
    Scalar,
    ScalarError,
    decode,
    key_text,
    plain_ok,
    resolve,
    tagged,
)


def words(text: str) -> list[str]:
    return text.split()


# 12.2 and 12.8: unquoted texts, and their values in Kubernetes.
VALUES: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(words("y Y yes Yes YES true True TRUE on On ON"), True),
    **dict.fromkeys(words("n N no No NO false False FALSE off Off OFF"), False),
    **{text: text for text in words("yEs tRUE oN nULL t f e3 1e -- -. 1.. _1 0xg 0b2 0o8 1.2.3 100% 1k 50m 1a")},
    **{
        text: text for text in words("1:20 190:20:30 2001-01-01 2001-12-14t21:59:43.10-05:00 = << 1e1000 .5_ ._5 . .e5")
    },
    **{text: text for text in ("0xffffffffffffffffff", "-0xffffffffffffffff", "0b" + "1" * 65, "0B+1", "0x", "1\n2")},
    "0120": 80,
    "010": 8,
    "00": 0,
    "08": 8,
    "0089": 89,
    "-09": -9,
    "080": 80,
    "+80": 80,
    "-0": 0,
    "0o17": 15,
    "0O17": 15,
    "0x1F": 31,
    "0X1F": 31,
    "0b1": 1,
    "0B1": 1,
    "-0b1": -1,
    "0b+1": 1,
    "0b-1": -1,
    "1e3": 1000,
    "1E+3": 1000,
    "8e1": 80,
    "80.0": 80,
    "-0.0": 0,
    "1.": 1,
    "12e03": 12000,
    "0e0": 0,
    "1.10": 1.1,
    ".5": 0.5,
    "+.5": 0.5,
    "-.5": -0.5,
    ".5_0": 0.5,
    "80.5": 80.5,
    "5e-324": 5e-324,
    "1_000": 1000,
    "1_e3": 1000,
    "0_x1F": 31,
    "+_1": 1,
    "08_": 8,
    "0_8": 8,
    "0x_50": 80,
    "1_0e1_0": 10**11,
    "9223372036854775807": 2**63 - 1,
    "-9223372036854775808": -(2**63),
    "12345678901234567890": 12345678901234567000,
    "1e20": 10**20,
    "1e21": 1e21,
    "123456789012345678901234567890": 123456789012345678901234567890.0,
    "0" * 5000 + "7": 7,
}


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_value(text: str, value: Scalar) -> None:
    """An unquoted text has the value and type of the table."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize("text", [".inf", ".Inf", ".INF", "+.inf", "-.INF", ".nan", ".NaN", ".NAN"])
def test_not_finite(text: str) -> None:
    """Infinities and NaN cannot become JSON."""
    with pytest.raises(ScalarError, match="JSON"):
        resolve(text)


# 12.5, and recorded keys.
KEYS = {
    "y": "true",
    "on": "true",
    "Yes": "true",
    "n": "false",
    "off": "false",
    "1": "1",
    "1.0": "1",
    "1e3": "1000",
    "0777": "511",
    "08": "8",
    "-0.0": "-0",
    "-0": "0",
    "1.5": "1.5",
    ".Inf": ".inf",
    "-.inf": "-.inf",
    ".nan": ".nan",
    "1e39": ".inf",
    "0.001": "0.001",
    "1e-5": "1e-05",
    "1e10": "1e+10",
    "12e5": "1.2e+06",
    "1234567e1": "1.234567e+07",
    "100000.0": "100000",
    "5e-324": "0",
    "123456789012345678901234567890": "1.2345679e+29",
    "18446744073709551616": "1.8446744e+19",
    "app": "app",
    "1e999": "1e999",
    "2001-01-01": "2001-01-01",
    "0.1": "0.1",
}


@pytest.mark.parametrize(("text", "key"), KEYS.items())
def test_key(text: str, key: str) -> None:
    """A key that is not a string becomes the text that Go makes of it."""
    assert key_text(decode(text)) == key


@pytest.mark.parametrize("text", ["~", "null", "", "9223372036854775808", "18446744073709551615"])
def test_no_key(text: str) -> None:
    """Null and integers beyond int64 cannot be keys."""
    with pytest.raises(ScalarError, match="key"):
        key_text(decode(text))


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "80", "80"),
        ("str", "", ""),
        ("int", "80", 80),
        ("float", "80", 80.0),
        ("bool", "yes", True),
        ("null", "", None),
        ("binary", "d2Vi", "web"),
        ("binary", "/2E=", "\ufffda"),
        ("timestamp", "2001-01-01", "2001-01-01"),
        ("set", "80", "80"),
    ],
)
def test_tag(tag: str, text: str, value: Scalar) -> None:
    """A tag decides the type; with a tag that Go does not know, the value is a string."""
    assert tagged(f"tag:yaml.org,2002:{tag}", text) == value
    assert tagged("!x", text) == text


@pytest.mark.parametrize(
    ("tag", "text"),
    [("int", "1.5"), ("int", "a"), ("bool", "1"), ("null", "a"), ("float", "a"), ("binary", "="), ("timestamp", "80")],
)
def test_wrong_tag(tag: str, text: str) -> None:
    """A text that does not have the type of its tag is refused."""
    with pytest.raises(ScalarError, match=tag):
        tagged(f"tag:yaml.org,2002:{tag}", text)


@given(st.text())
def test_strings_by_first_character(text: str) -> None:
    """A text that does not begin like a number or a word of YAML is a string."""
    if text[:1] not in SPECIAL_FIRST:
        assert decode(text) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers(number: int) -> None:
    """Every 64-bit integer is read in each base."""
    for text in (str(number), hex(number), oct(number), bin(number), f"{number:_}"):
        assert resolve(text) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats(number: float) -> None:
    """Every finite float is read as an equal number."""
    value = resolve(repr(number))
    assert isinstance(value, (int, float))
    assert math.isclose(value, number, rel_tol=1e-15, abs_tol=0)


@given(st.text(alphabet="0189_+-.eExXoObBfyYnN~", max_size=8))
def test_plain_is_a_string(text: str) -> None:
    """A text that needs no quotes is a string for Go, as value and as key."""
    if plain_ok(text):
        assert resolve(text) == text
        assert key_text(decode(text)) == text


@pytest.mark.parametrize(
    "text", ["", "y", "No", "NULL", "e3", "E+1", "e-0", "1a", "a b", "a:", "é", "a\n", "-", "10.0.0.1"]
)
def test_quotes_needed(text: str) -> None:
    """Reserved words, exponents, leading digits and unusual characters need quotes."""
    assert not plain_ok(text)


@pytest.mark.parametrize(
    "text", ["http", "app.kubernetes.io/name", "ClusterIP", "v1", "a-", "t", "f", "E", "inf", "nan"]
)
def test_quotes_not_needed(text: str) -> None:
    """Usual names need no quotes."""
    assert plain_ok(text)
