"""Letters that every mail program reads, and nobody can inject anything into."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_in.kinds.email.letter import MAX_REFERENCES, Letter, Part, Person, build

WHEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def make(**fields) -> Letter:
    values: dict[str, Any] = {
        "message_id": "t1.m2.key.mac@acme.example",
        "date": WHEN,
        "sender": Person("support@acme.example", "Anna Lind (Acme)"),
        "to": [Person("vera@severgrad.example", "Вера Ёлкина")],
        "subject": "Re: Coffee",
        "text": "Hello",
    } | fields
    return Letter(**values)


def read(raw: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def addresses(message, header):
    return [(one.display_name, one.addr_spec) for one in message[header].addresses]


def test_headers_of_a_reply():
    ids = [f"{'x' * 60}{number}@mail.severgrad.example" for number in range(3)]
    raw = build(
        make(
            cc=[Person("a@b.example")],
            in_reply_to=ids[-1],
            references=ids,
            reply_to=Person("s+t1@acme.example", "Acme"),
        )
    )
    message = read(raw)
    assert addresses(message, "From") == [("Anna Lind (Acme)", "support@acme.example")]
    assert addresses(message, "To") == [("Вера Ёлкина", "vera@severgrad.example")]
    assert addresses(message, "Cc") == [("", "a@b.example")]
    assert addresses(message, "Reply-To") == [("Acme", "s+t1@acme.example")]
    assert message["Date"].datetime == WHEN
    assert str(message["In-Reply-To"]) == f"<{ids[-1]}>"
    assert str(message["References"]).split() == [f"<{one}>" for one in ids]
    assert message["MIME-Version"] == "1.0"
    assert "Auto-Submitted" not in message
    assert message.get_content_type() == "text/plain"
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_automatic_mail_says_so():
    message = read(build(make(automatic="auto-replied")))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"


def test_html_with_its_image_and_a_file():
    png = Part("logo.png", "image/png", b"\x89PNG", "logo@acme")
    file = Part("Счёт №5.pdf", "application/pdf", b"%PDF")
    message = read(build(make(html='<p>Hello <img src="cid:logo@acme"></p>', inline=[png], files=[file])))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    image, document = [part for part in message.walk() if part.get_filename()]
    assert image["Content-ID"] == "<logo@acme>"
    assert image.get_content_disposition() == "inline"
    assert (document.get_filename(), document.get_content()) == ("Счёт №5.pdf", b"%PDF")


def test_an_image_without_html_is_a_file():
    message = read(build(make(inline=[Part("logo.png", "image/png", b"\x89PNG", "logo@acme")])))
    assert [part.get_content_disposition() for part in message.walk() if part.get_filename()] == [
        "attachment"
    ]


def test_a_foreign_mail_as_a_file_is_not_taken_apart():
    message = read(build(make(files=[Part("mail.eml", "message/rfc822", b"broken\x00\xff")])))
    assert [part.get_content() for part in message.iter_attachments()] == [b"broken\x00\xff"]


def test_it_is_plain_ascii_on_the_wire():
    raw = build(
        make(subject="Кофемашина " * 30, text="Привет\n" + "ж" * 5000, html="<p>" + "ж" * 5000 + "</p>")
    )
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = read(raw)
    assert message["Subject"].startswith("Кофемашина Кофемашина")
    assert message.get_body(("plain",)).get_content().split() == ["Привет", "ж" * 5000]


def test_domains_beyond_ascii_need_no_smtputf8():
    raw = build(make(to=[Person("info@пример.рф")]))
    assert raw.isascii()
    assert addresses(read(raw), "To") == [("", "info@xn--e1afmkfd.xn--p1ai")]


def test_a_very_long_chain_keeps_its_beginning_and_its_end():
    ids = [f"{number}@x.example" for number in range(100)]
    found = str(read(build(make(references=ids)))["References"]).split()
    assert len(found) == MAX_REFERENCES
    assert (found[0], found[-1]) == ("<0@x.example>", "<99@x.example>")


nasty = st.text(st.characters(codec="utf-8"), max_size=80) | st.sampled_from(
    [
        "a\r\nBcc: victim@evil.example",
        "a\nBcc: victim@evil.example\n\nbody",
        "=?utf-8?q?=0D=0ABcc:_victim@evil.example?=",
        'x" <victim@evil.example>, "y',
        "a\u2028Bcc: victim@evil.example",
        "a\x00\x0bb",
        "Petrov, Anna; \\",
    ]
)


@given(name=nasty, subject=nasty, reference=nasty, filename=nasty, cid=nasty)
def test_nothing_can_be_injected(name, subject, reference, filename, cid):
    raw = build(
        make(
            sender=Person("support@acme.example", name),
            to=[Person("vera@severgrad.example", name)],
            subject=subject,
            in_reply_to=reference,
            references=[reference],
            html="<p>x</p>",
            inline=[Part(filename, "image/png", b"x", cid)],
        )
    )
    message = read(raw)
    # The parser's own reading of two lines where one was meant would show here.
    assert {name.lower() for name in message} <= {
        "date", "from", "to", "subject", "message-id", "in-reply-to", "references", "mime-version",
        "content-type",
    }  # fmt: skip
    assert [one.addr_spec for one in message["To"].addresses] == ["vera@severgrad.example"]
    assert [one.addr_spec for one in message["From"].addresses] == ["support@acme.example"]
    assert b"\nBcc:" not in raw


@pytest.mark.parametrize("address", ["", "a", "a@b\r\nBcc: c@d", "a b@c", "a@b>,<c@d", "@b", "a@"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="not an address"):
        build(make(to=[Person(address)]))
