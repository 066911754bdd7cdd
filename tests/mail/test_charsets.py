"""Labels lie; the bytes decide."""

import pytest

from channels_in.kinds.email.parsing.charset import decode

RUSSIAN = "Здравствуйте, не могу войти в личный кабинет"


@pytest.mark.parametrize(
    "label", [None, "utf-8", "uft-8", "none", "x-unknown", "us-ascii", "iso-8859-1", "big5"]
)
def test_utf8_is_seen_under_any_label(label: str | None) -> None:
    assert decode(RUSSIAN.encode(), label) == RUSSIAN


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r"])
@pytest.mark.parametrize("label", [None, "utf-8", "us-ascii", "x-unknown"])
def test_russian_is_seen_without_a_true_label(codec: str, label: str | None) -> None:
    assert decode(RUSSIAN.encode(codec), label) == RUSSIAN


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "iso8859-5", "cp866", "mac-cyrillic", "utf-16"])
def test_a_true_label_is_believed(codec: str) -> None:
    assert decode(RUSSIAN.encode(codec), codec) == RUSSIAN


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("iso-2022-jp", "日本語"),
        ("gbk", "你好,世界"),
        ("big5", "你好"),
        ("euc-kr", "안녕하세요"),
        ("cp1252", "Grüße"),
    ],
)
def test_other_charsets(codec: str, text: str) -> None:
    assert decode(text.encode(codec), codec) == text


def test_escape_sequences_tell_japanese_without_a_label() -> None:
    assert decode("日本語".encode("iso-2022-jp"), "us-ascii") == "日本語"


def test_a_label_that_is_no_charset_is_ignored() -> None:
    assert decode(b"abc", "rot13") == "abc"
    assert decode(b"abc", "base64") == "abc"


def test_a_lone_unknown_letter_is_marked_not_invented() -> None:
    assert decode(b"Fr\xf6sche") == "Fr\ufffdsche"


def test_nul_is_dropped() -> None:
    assert decode(b"a\x00b") == "ab"
