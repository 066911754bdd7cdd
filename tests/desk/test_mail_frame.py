"""Foreign HTML: its own address, its own policy, nothing from outside until asked. And files."""

import pytest

from common.html import sanitise
from journal.actor import Actor
from tickets import commands, files
from tickets.content import Content, FileContent
from tickets.models import Attachment, Message

HTML = sanitise(
    '<table><tr><td><b>Привет</b><img src="cid:logo"><img src="https://track.example/x.gif"></td></tr></table>'
)


@pytest.fixture
def message(world):
    ticket = world.ticket(team=world.first_line)
    picture = FileContent("logo.png", "image/png", b"\x89PNG", is_inline=True, content_id="logo")
    content = Content(text="Привет", html=HTML, remote_images=1, files=[picture])
    return commands.receive_message(
        ticket.pk, content=content, contact=world.vera, actor=Actor.contact(world.vera), channel="email"
    )


def test_it_is_framed_in_the_page_and_never_part_of_it(message, anna):
    page = anna.get(f"/tickets/{message.ticket_id}/").content.decode()
    assert f'src="/messages/{message.pk}/body/"' in page
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert "track.example" not in page
    assert "allow-scripts" not in page


def test_the_frame_has_a_policy_of_its_own(message, anna):
    body = anna.get(f"/messages/{message.pk}/body/")
    policy = body["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-same-origin")
    assert "default-src 'none'" in policy
    assert "https:" not in policy
    assert "allow-scripts" not in policy
    assert body["X-Frame-Options"] == "SAMEORIGIN"


def test_pictures_from_outside_load_when_one_asks(message, anna):
    assert (
        ' src="https://track.example/x.gif"' not in anna.get(f"/messages/{message.pk}/body/").content.decode()
    )
    shown = anna.get(f"/messages/{message.pk}/body/?images")
    assert ' src="https://track.example/x.gif"' in shown.content.decode()
    assert "https:" in shown["Content-Security-Policy"]


def test_inline_pictures_open_by_signed_addresses(message, anna, client):
    html = anna.get(f"/messages/{message.pk}/body/").content.decode()
    assert "cid:" not in html
    path = html.split('src="/files/')[1].split('"')[0]
    picture = client.get(f"/files/{path}")  # no session
    assert b"".join(picture.streaming_content) == b"\x89PNG"
    assert picture["Content-Type"] == "image/png"
    assert picture["X-Content-Type-Options"] == "nosniff"


def test_simple_html_reads_as_our_own_text(world, anna):
    ticket = world.ticket(team=world.first_line)
    Message.objects.filter(ticket=ticket).update(
        html='<div>Да, <b>точно</b> <span style="color:red">красный</span></div>'
    )
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "<iframe" not in page
    assert "<b>точно</b>" in page
    assert "color:red" not in page


def test_nothing_but_pictures_is_shown(world, anna, client):
    ticket = world.ticket(team=world.first_line)
    row = files.upload(ticket, world.anna, FileContent("evil.html", "text/html", b"<script>x()</script>"))
    Attachment.objects.filter(pk=row.pk).update(message=ticket.messages.get())
    row.refresh_from_db()
    answer = client.get(files.signed_url(row, world.anna))
    answer.close()
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_mangled_or_lost_address_opens_nothing(world, anna, client):
    ticket = world.ticket(team=world.first_line)
    row = files.upload(ticket, world.anna, FileContent("a.png", "image/png", b"x"))
    Attachment.objects.filter(pk=row.pk).update(message=ticket.messages.get())
    row.refresh_from_db()
    url = files.signed_url(row, world.anna)
    assert client.get(url.replace("/files/", "/files/x")).status_code == 404
    ticket.team = world.second_line
    ticket.save()
    assert client.get(url).status_code == 404  # Anna has lost the ticket meanwhile
