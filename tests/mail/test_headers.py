"""Header fields as senders write them: encoded, folded, broken."""

from datetime import UTC, datetime, timedelta

import pytest

from channels_in.kinds.email.parsing import Address, parse
from channels_in.kinds.email.parsing.addresses import parse_addresses
from channels_in.kinds.email.parsing.headers import date, decode_words, message_id, message_ids, parameters
from tests.mail.letters import letter, read


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("=?utf-8?B?0J/RgNC40LLQtdGC?=", "Привет"),
        ("=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?= world", "Привет world"),
        # one character cut in two words, and words parted by folding
        ("=?utf-8?B?0J/RgNC40LLQ?= =?utf-8?B?tdGC?=", "Привет"),
        ("=?utf-8?Q?a_b?=  =?utf-8?Q?c?=", "a bc"),
        ("=?UTF-8*ru?Q?=D0=AF?=", "Я"),
        ("=?uft-8?Q?=D0=AF?=", "Я"),
        ("=?utf-8?Q?What?_Why?=", "What? Why"),
        ("=?utf-8?B?0K8", "=?utf-8?B?0K8"),
        ("plain", "plain"),
    ],
)
def test_encoded_words(raw: str, shown: str) -> None:
    assert decode_words(raw) == shown


@pytest.mark.parametrize("charset", ["utf-8", "cp1251", "koi8-r"])
def test_raw_russian_subject_without_a_declared_charset(charset: str) -> None:
    raw = "Subject: Не работает оплата заказа\r\n\r\ntext".encode(charset)
    assert parse(raw).subject == "Не работает оплата заказа"


def test_raw_bytes_inside_an_encoded_word_are_in_its_charset() -> None:
    assert parse(b"Subject: =?iso-8859-1?Q?Gr\xfc\xdfe?=\r\n\r\nx").subject == "Grüße"


@pytest.mark.parametrize(
    ("raw", "people"),
    [
        ("Vera <vera@a.ru>, boris@b.ru", [Address("Vera", "vera@a.ru"), Address("", "boris@b.ru")]),
        ('"Petrova, Vera" <vera@a.ru>', [Address("Petrova, Vera", "vera@a.ru")]),
        ("Petrova, Vera <vera@a.ru>", [Address("Petrova, Vera", "vera@a.ru")]),
        ("=?utf-8?Q?Petrova,_Vera?= <vera@a.ru>", [Address("Petrova, Vera", "vera@a.ru")]),
        ("=?utf-8?Q?A_=3Cx=40evil.example=3E?= <vera@a.ru>", [Address("A <x@evil.example>", "vera@a.ru")]),
        ("vera@a.ru (Vera (home))", [Address("Vera (home)", "vera@a.ru")]),
        ("Team: a@a.ru, B <b@b.ru>;", [Address("", "a@a.ru"), Address("B", "b@b.ru")]),
        ("undisclosed-recipients:;", []),
        ("<@relay:vera@a.ru>", [Address("", "vera@a.ru")]),
        ("a@a.ru; b@b.ru", [Address("", "a@a.ru"), Address("", "b@b.ru")]),
        ("'Vera' <mailto:vera@a.ru>", [Address("Vera", "vera@a.ru")]),
        ("Nobody", [Address("Nobody", "")]),
        ("", []),
    ],
)
def test_addresses(raw: str, people: list[Address]) -> None:
    assert parse_addresses(raw) == people


def test_every_recipient_field_counts_once_in_lower_case() -> None:
    mail = read(
        "Hi", "Delivered-To: Help+T7@desk.example", "X-Original-To: help@desk.example", "Cc: Anna <a@x.ru>"
    )
    assert mail.recipients_all == ["help@desk.example", "a@x.ru", "help+t7@desk.example"]


def test_message_ids() -> None:
    assert message_ids("<a@x> <b@x>\n <a@x>") == ["a@x", "b@x"]
    assert message_ids("a@x b@x") == ["a@x", "b@x"]
    assert message_id("<a@x>") == "a@x"
    assert message_id("a@x") == "a@x"
    assert message_id(" <> ") is None


@pytest.mark.parametrize(
    ("raw", "hours"),
    [
        ("Tue, 3 Jun 2025 10:00:00 +0300", 3),
        ("3 Jun 2025 10:00 +0300 (MSK)", 3),
        ("Tue, 3 Jun 2025 10:00:00 -0000", 0),
        ("2025-06-03T10:00:00+03:00", 3),
        ("Tue,  3 Jun 2025 10:00:00", 0),
    ],
)
def test_dates_are_aware(raw: str, hours: int) -> None:
    assert date(raw) == datetime(2025, 6, 3, 10, tzinfo=UTC) - timedelta(hours=hours)


@pytest.mark.parametrize("raw", ["", "yesterday", "99 Foo 2025 10:00", "Tue, 3 Jun 2025 10:00:00 +9999999"])
def test_nonsense_is_no_date(raw: str) -> None:
    assert date(raw) is None


def test_parameters_with_continuations_and_charsets() -> None:
    kind, found = parameters("attachment; filename*0*=utf-8''%D0%A1%D1%87; filename*1*=%D1%91%D1%82.pdf")
    assert (kind, found["filename"]) == ("attachment", "Счёт.pdf")
    assert parameters('x; name="a;b.txt"; other=1')[1] == {"name": "a;b.txt", "other": "1"}


@pytest.mark.parametrize(
    "raw",
    [
        b"From v@x Tue Jun  3\n" + letter(),
        b"\r\n\r\n" + letter(),
        letter().replace(b"\r\n", b"\n"),
        letter().replace(b"\r\n", b"\r"),
        letter().replace(b"Subject", b"this line is no field\r\nSubject"),
        letter().replace(b"Hello", b"He\x00llo"),
    ],
    ids=["mbox", "blank lines first", "LF", "CR", "stray line", "NUL"],
)
def test_broken_headers_are_read_all_the_same(raw: bytes) -> None:
    mail = parse(raw)
    assert (mail.subject, mail.sender, mail.reply_text.strip()) == (
        "A question",
        Address("", "vera@example.org"),
        "Hello",
    )
    assert mail.error is None


def test_the_text_says_what_was_sent_and_nothing_shown_has_nul() -> None:
    mail = parse(letter().replace(b"Hello", b"He\x00llo"))
    assert mail.text.strip() == "He\x00llo"
    assert mail.reply_text.strip() == "Hello"
