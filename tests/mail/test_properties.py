"""What holds for any input at all."""

from hypothesis import given
from hypothesis import strategies as st

from channels_in.kinds.email.parsing import ParsedMail, parse, parse_body
from channels_in.kinds.email.parsing.quotes import fold
from channels_in.kinds.email.parsing.quotes_html import split
from common.html import sanitise, to_text

LINES = st.lists(
    st.sampled_from(
        [
            "",
            "> quoted",
            ">> more",
            "words of mine",
            "On 3 Jun 2025 A <a@b.c> wrote:",
            "-- ",
            "С уважением,",
            "From: A",
            "Sent: Tue",
            "To: B",
            "Subject: x",
            "-----Original Message-----",
            "_____",
            "Sent from my iPhone",
            "03.06.2025, 10:00, A <a@b.c>:",
            "| old",
            "On 1",
            "<a@b.c> пишет:",
        ]
    )
)
PIECES = st.lists(
    st.sampled_from(
        [
            "<div>",
            "</div>",
            "<blockquote type=cite>",
            "</blockquote>",
            "w1",
            "w2",
            "<br>",
            '<div class="gmail_quote">',
            '<div id="divRplyFwdMsg">',
            "<table><tr><td>",
            "</td></tr></table>",
            "On 3 Jun 2025 A &lt;a@b.c&gt; wrote:",
            "<p>",
            "</p>",
            "<b>From:</b> A<br>Sent: x<br>To: y<br>Subject: z<br>",
            "<!--",
            "-->",
            "<a href='",
            "<",
            ">",
        ]
    )
)
FIELDS = st.sampled_from(
    [
        b"From: ",
        b"To: ",
        b"Subject: ",
        b"Date: ",
        b"Content-Type: ",
        b"Content-Transfer-Encoding: base64",
        b"\r\n",
        b"\n",
        b"\r",
        b"multipart/mixed; boundary=b",
        b"multipart/report; boundary=b",
        b"--b",
        b"--b--",
        b"message/rfc822",
        b"text/html",
        b"=?utf-8?B?",
        b"message/delivery-status",
        b"Return-Path: <>",
        b"Final-Recipient: ",
        b"\x00",
        b"\xff\xfe",
        b" ",
        b"charset=utf-7",
        b"+AAA-",
        b"<p>",
    ]
)


def words(text: str | None) -> list[str]:
    return (text or "").replace(">", " ").split()


@given(st.binary(max_size=2000))
def test_no_bytes_raise(raw: bytes) -> None:
    mail = parse(raw)
    assert isinstance(mail, ParsedMail)
    assert not (mail.error or "").startswith("parser-failed")


@given(st.lists(st.one_of(FIELDS, st.binary(max_size=8)), max_size=60).map(b"".join))
def test_no_mail_like_bytes_raise(raw: bytes) -> None:
    mail = parse(raw)
    assert not (mail.error or "").startswith("parser-failed")
    shown = [mail.subject, mail.html, mail.reply_text, mail.quoted_text, mail.reply_html, mail.quoted_html]
    assert "\x00" not in "".join(part or "" for part in shown)


@given(LINES)
def test_folding_loses_no_line(lines: list[str]) -> None:
    folded = fold("\n".join(lines))
    assert sorted(words(folded.visible) + words(folded.quoted)) == sorted(words("\n".join(lines)))


@given(LINES)
def test_something_is_always_visible(lines: list[str]) -> None:
    folded = fold("\n".join(lines))
    assert bool(folded.visible.strip()) == bool("".join(lines).strip())
    assert folded.visible.startswith(folded.unsigned)


@given(st.text())
def test_any_text_folds(text: str) -> None:
    folded = fold(text)
    assert sorted("".join(folded.visible.split()) + "".join(folded.quoted.split())) == sorted(
        "".join(text.split())
    )


@given(PIECES)
def test_splitting_html_loses_no_word(pieces: list[str]) -> None:
    source = "".join(pieces)
    visible, quoted = split(source)
    for word in ("w1", "w2", "wrote"):
        assert visible.count(word) + (quoted or "").count(word) == source.count(word)


@given(PIECES)
def test_sanitising_twice_changes_nothing(pieces: list[str]) -> None:
    clean = sanitise("".join(pieces))
    assert to_text(sanitise(clean)) == to_text(clean)


@given(st.text(max_size=300))
def test_any_html_is_read(source: str) -> None:
    mail = parse_body(source, "html")
    assert "<script" not in (mail.html or "")
