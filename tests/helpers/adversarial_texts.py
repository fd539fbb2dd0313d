"""Texts that readers of YAML take for something else."""

__all__ = ["ADVERSARIAL", "words"]


def words(text: str) -> list[str]:
    return text.split()


ADVERSARIAL = [
    *words("y Y n N yes no on off true false null ~ Yes NULL"),
    *words("1e3 1E3 1e+3 1e-3 1.5e3 1.e3 .5e1 12e03 0e0 +1e3 -1e3 1e10 00e1"),
    *words("+.5 -.5 +.5e1 08 09 0089 -08 +08 0_8 0o17 0O17 -0o17 0X1F 0B1"),
    *words("+_1 -_1 0_x1F 0_o7 0_b1 1_e3 1e_3 1_0e1_0 08_ 0b+1 0b-1"),
    *words("1:20 1:20.5 2001:1:2:3:4:5:6:7 2001-01-01 2001-1-1 = << 1e1000 e9 E11 e-0 0o+1 0777 .inf .NaN -.INF"),
    *words("010 0x1f 0xg 0b2 1. 1.. .5 -. -- 1_000 _1 1.2.3 1.10 100% 1k 50m 1a - ? : , [ ] { } # & * ! | > @ ` %"),
    *(
        "",
        " ",
        "a ",
        " a",
        "a: b",
        "a #b",
        "- a",
        "? a",
        "---",
        "...",
        "'",
        '"',
        "\\",
        "\\/",
        "/",
        "\t",
        "\n",
        "\r",
        "\r\n",
    ),
    *("a\nb", "a\nb\n", "a\nb\n\n", "\na", "a\n b", " a\nb", "a \nb", "a\n\nb", "a\n \nb", "a\n\tb", "\ta\nb", "#a\nb"),
    *("---\na", "a\n---\nb", "a\r\nb", "a\x85b", "a\u2028b\n", "\ufeff", "a\ufeff\nb", "\x00", "\x7f", "\x9f", "\xa0"),
    *(
        "é",
        "名",
        "😀",
        "\ufffe",
        "\uffff",
        "\ufffd",
        "\U0010ffff",
        "{{ .x }}",
        "%YAML 1.1\n---\n",
        "k" * 1025,
        "\x01" * 400,
    ),
]
