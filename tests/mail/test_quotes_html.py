"""What is folded of an HTML mail: by container or marker of the program that wrote it."""

import pytest

from channels_in.kinds.email.parsing import parse_body
from common.html import to_text

CONTAINERS = {
    "gmail": '<div>Yes</div><div class="gmail_quote">On 3 Jun wrote:<blockquote>old</blockquote></div>',
    "apple": "<div>Yes</div><div>On 3 Jun 2025, at 10:00, A &lt;a@b.c&gt; "
    'wrote:</div><blockquote type="cite">old</blockquote>',
    "thunderbird": '<p>Yes</p><div class="moz-cite-prefix">03.06.2025 10:00, '
    'A пишет:</div><blockquote type="cite">old</blockquote>',
    "yahoo": '<div>Yes</div><div class="ydp1yahoo_quoted yahoo_quoted" id="yahoo_quoted_1">old</div>',
    "proton": '<div>Yes</div><div class="protonmail_quote">old</div>',
    "mail.ru": "<p>Yes</p>Вторник, 3 июня 2025, 10:00 от A &lt;a@b.c&gt;:<br>"
    '<blockquote style="border-left:1px solid #0857A6">old</blockquote>',
    "yandex": '<div>Yes</div><div>03.06.2025, 10:00, "A" &lt;a@b.c&gt;:</div>'
    "<blockquote><div>old</div></blockquote>",
}
MARKERS = {
    "outlook web": '<div>Yes</div><div id="appendonsend"></div><hr><div '
    'id="divRplyFwdMsg"><b>From:</b> A</div><div>old</div>',
    "outlook": '<p>Yes</p><div><div style="border:none;border-top:solid '
    '#E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
    "<p><b>От:</b> A<br><b>Отправлено:</b> 3 июня<br><b>Кому:</b> B<br><b>Тема:</b> "
    "x</p></div></div><p>old</p>",
    "words only": "<p>Yes</p><p>From: A<br>Sent: Tuesday<br>To: B<br>Subject: x</p><p>old</p>",
    "delimiter": "<p>Yes</p><p>-----Original Message-----</p><p>old</p>",
}


@pytest.mark.parametrize("source", [*CONTAINERS.values(), *MARKERS.values()], ids=[*CONTAINERS, *MARKERS])
def test_history_is_folded(source: str) -> None:
    mail = parse_body(source, "html")
    assert mail.reply_text == "Yes"
    assert to_text(mail.reply_html or "") == "Yes"
    assert "old" in (mail.quoted_html or "")
    assert "old" in mail.quoted_text


@pytest.mark.parametrize("source", CONTAINERS.values(), ids=CONTAINERS)
def test_words_below_a_container_stay(source: str) -> None:
    assert parse_body(source + "<p>Below</p>", "html").reply_text.split() == ["Yes", "Below"]


@pytest.mark.parametrize("source", MARKERS.values(), ids=MARKERS)
def test_words_below_a_marker_are_folded(source: str) -> None:
    assert parse_body(source + "<p>Below</p>", "html").reply_text == "Yes"


def test_a_mail_of_nothing_but_history_shows_all() -> None:
    mail = parse_body('<div class="gmail_quote">old words</div>', "html")
    assert "old words" in mail.reply_text
    assert mail.quoted_html is None


def test_an_image_alone_is_something_to_see() -> None:
    mail = parse_body('<img src="cid:shot"><div class="gmail_quote">old</div>', "html")
    assert "cid:shot" in (mail.reply_html or "")
    assert "old" in (mail.quoted_html or "")


def test_a_blockquote_of_the_writers_own_stays() -> None:
    assert "poem" in parse_body("<p>I like this</p><blockquote>poem</blockquote>", "html").reply_text
