"""Which part is the text, which the HTML, which a file."""

import base64

import pytest

from tests.mail.letters import multipart, read

PLAIN, HTML = "Content-Type: text/plain\n\nplain words", "Content-Type: text/html\n\n<p>rich <b>words</b></p>"
PNG = (
    "Content-Type: image/png\nContent-Transfer-Encoding: base64\n{}\n\n"
    + base64.b64encode(b"picture").decode()
)


def test_alternatives_give_a_text_and_an_html() -> None:
    mail = read(*multipart("alternative", PLAIN, HTML))
    assert (mail.text.strip(), mail.html, mail.attachments) == ("plain words", "<p>rich <b>words</b></p>", [])


def test_text_is_made_from_html_where_there_is_no_plain_part() -> None:
    mail = read("<p>Hello</p><ul><li>one</li></ul>", "Content-Type: text/html")
    assert mail.text == "Hello\n\n- one"


def test_an_empty_plain_part_gives_way_to_the_html() -> None:
    assert read(*multipart("alternative", "Content-Type: text/plain\n\n  ", HTML)).text == "rich words"


def test_texts_around_a_file_are_all_shown() -> None:
    mail = read(
        *multipart(
            "mixed",
            PLAIN,
            PNG.format("Content-Disposition: inline"),
            PLAIN.replace("plain words", "more words"),
        )
    )
    assert mail.text == "plain words\n\nmore words"
    assert [(f.content_type, f.size, f.inline) for f in mail.attachments] == [("image/png", 7, True)]


def test_an_image_beside_html_is_inline_and_keeps_its_id() -> None:
    mail = read(
        *multipart(
            "related", 'Content-Type: text/html\n\n<img src="cid:logo@x">', PNG.format("Content-ID: <logo@x>")
        )
    )
    (file,) = mail.attachments
    assert (file.content_id, file.inline) == ("logo@x", True)
    assert 'src="cid:logo@x"' in (mail.html or "")


def test_a_text_file_before_the_body_is_a_file() -> None:
    file = 'Content-Type: text/plain\nContent-Disposition: attachment; filename="log.txt"\n\nlog'
    mail = read(*multipart("mixed", file, PLAIN))
    assert (mail.text, [f.name for f in mail.attachments]) == ("plain words", ["log.txt"])


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('filename="Счёт.pdf"', "Счёт.pdf"),
        ('filename="=?utf-8?B?0KHRh9GR0YIucGRm?="', "Счёт.pdf"),
        ("filename*=utf-8''%D0%A1%D1%87%D1%91%D1%82.pdf", "Счёт.pdf"),
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\docs\\\\a.doc"', "a.doc"),
        ('filename="a\u202egnp.exe"', "agnp.exe"),
        ('filename=""', "attachment-1.png"),
    ],
)
def test_file_names(field: str, name: str) -> None:
    mail = read(*multipart("mixed", PNG.format(f"Content-Disposition: attachment; {field}")))
    assert [f.name for f in mail.attachments] == [name]


def test_a_forwarded_message_is_a_file_named_by_its_subject() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: Broken: again\nFrom: boris@x.ru\n\nIt broke"
    mail = read(*multipart("mixed", PLAIN, inner))
    assert [f.name for f in mail.attachments] == ["Broken again.eml"]
    assert mail.forwarded is not None and mail.forwarded.sender is not None
    assert (mail.forwarded.sender.address, mail.forwarded.subject) == ("boris@x.ru", "Broken: again")
    assert mail.forwarded.text == "It broke"


def test_an_invitation_is_a_file() -> None:
    invitation = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR"
    assert [f.name for f in read(*multipart("alternative", PLAIN, invitation)).attachments] == [
        "calendar-1.ics"
    ]


def test_a_boundary_that_never_ends_or_does_not_match() -> None:
    body, kind = multipart("mixed", PLAIN)
    assert read(body.replace("--edge--\n", ""), kind).text.strip() == "plain words"
    mail = read(body, kind.replace("edge", "other"))
    assert mail.text.strip() == "plain words"
    assert "wrong-boundary" in mail.defects


def test_quoted_printable_with_errors_is_read_as_far_as_it_goes() -> None:
    html = (
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: "
        'quoted-printable\n\n<p class="x">=D0=AF =ZZ</p>'
    )
    assert read(*multipart("mixed", html)).text == "Я =ZZ"


def test_flowed_lines_are_joined() -> None:
    mail = read("one \ntwo\n> a \n> b\n-- \nVera", "Content-Type: text/plain; format=flowed")
    assert mail.text == "one two\n> a b\n-- \nVera"


def test_language_by_letters() -> None:
    assert read("Добрый день, не работает вход").language == "ru"
    assert read("Good morning, I cannot sign in").language == "en"
