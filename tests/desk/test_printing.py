"""A conversation on paper: all of it, and only what its reader may hand on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels_in.models import Outbound
from common import clock
from common.html import sanitise
from desk import printing
from tests.desk.test_ticket import rich_ticket
from tickets import commands
from tickets.content import Content, FileContent
from tickets.models import Attachment, Message

PICTURE = FileContent("screen.png", "image/png", b"\x89PNG\r\n\x1a\n", is_inline=True, content_id="<one@x>")


def read(browser, ticket, query=""):
    answer = browser.get(f"/tickets/{ticket.pk}/print/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_all_that_was_said_is_on_paper_with_its_times_and_files(world, anna):
    world.anna.time_zone = "Europe/Samara"
    world.anna.save()
    ticket = world.ticket("Самое первое", team=world.first_line, at=datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    for number in range(70):
        world.receive(ticket, f"Письмо {number}")
    file = FileContent("счёт.pdf", "application/pdf", b"x" * 2048)
    commands.receive_message(
        ticket.pk, content=Content(text="С файлом", files=[file]), contact=world.vera, actor=world.as_anna,
        channel="email",
    )  # fmt: skip
    page = read(anna, ticket)
    assert page.count('class="message is-customer') == 72  # far beyond what the ticket's own page shows
    for words in ("Самое первое", "Письмо 69", "счёт.pdf", "2.0", "Вера Ёлкина", "Зерно", f"#{ticket.pk}"):
        assert words in page
    assert "1 p.m. +04" in page
    assert "Europe/Samara (UTC+04:00)" in page
    assert "America/Lima" not in read(anna, ticket, "?zone=America/Lima")  # the chosen one counts
    world.anna.time_zone = ""
    world.anna.language = "ru"
    world.anna.save()
    page = read(anna, ticket, "?zone=America/Lima")
    assert "America/Lima (UTC-05:00)" in page
    assert "1 марта 2026" in page


def test_what_is_short_is_not_torn_between_pages(world, anna):
    ticket = world.ticket("Порвано", team=world.first_line)
    world.receive(ticket, "Коротко.")
    world.receive(ticket, "Очень долго. " * 200)
    world.receive(ticket, "\n".join("строка" for _number in range(40)))
    page = read(anna, ticket)
    pieces = [piece.split(">")[0] for piece in page.split('class="message ')[1:]]
    assert ["is-short" in piece for piece in pieces[-3:]] == [True, False, False]


def test_notes_and_outsiders_are_printed_only_on_demand_and_marked(world, anna):
    ticket = rich_ticket(world)
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="Поставка", user=world.anna)
    commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Поставщику"), side_thread=side)
    taken_back = world.reply(ticket, "Поспешное")
    commands.withdraw_reply(taken_back.pk, actor=world.as_anna)
    failed = world.reply(ticket, "Не дошло")
    Outbound.objects.create(
        message=failed, inbox=world.inbox, external_id="a@b", status="failed", not_before=clock.now()
    )
    page = read(anna, ticket)
    assert "Внутри" not in page
    assert "Поставщику" not in page
    assert "Поспешное" not in page
    assert "Not sent" in page
    page = read(anna, ticket, "?notes=1")
    assert "not for the customer" in page
    assert 'class="message is-note' in page
    assert "Outside: Peter Brook" in page
    assert "Поспешное" not in page


def test_a_mail_keeps_its_words_and_own_pictures_and_fetches_nothing(world, anna):
    ticket = world.ticket(team=world.first_line)
    html = (
        '<p style="color:red">Вот <b>так</b></p><table><tr><td colspan="2">Ячейка</td></tr></table>'
        '<img src="https://evil.example/pixel.gif" alt="следит"><img src="cid:one@x" alt="экран">'
        "<script>alert(1)</script>"
    )
    content = Content(text="Вот так секрет", html=sanitise(html) + "<p>секрет</p>", files=[PICTURE])
    message = commands.receive_message(
        ticket.pk, content=content, contact=world.vera, actor=world.as_anna, channel="email"
    )
    commands.redact(message.pk, text="секрет", actor=world.as_anna)
    page = read(anna, ticket).split("<main")[1]
    assert '<td colspan="2">Ячейка</td>' in page
    assert "<b>так</b>" in page
    assert "секрет" not in page
    for foreign in ("evil.example", "style=", "<script", "cid:"):
        assert foreign not in page
    assert 'src="/files/' in page
    commands.redact_attachment(Attachment.objects.get().pk, actor=world.as_anna)
    assert 'src="/files/' not in read(anna, ticket)


def test_a_long_one_is_printed_in_parts(world, anna, monkeypatch):
    monkeypatch.setattr(printing, "MOST", 3)
    ticket = world.ticket("Первое", team=world.first_line)
    for number in range(4):
        world.receive(ticket, f"Письмо {number}")
    page = read(anna, ticket)
    assert "This print ends with message 3" in page
    assert "Письмо 2" not in page
    page = read(anna, ticket, "?from=3")
    assert "from message 4" in page
    assert "Письмо 3" in page
    assert "This print ends" not in page
    monkeypatch.setattr(printing, "BUDGET", 5)  # bytes: a huge one still gets a page to itself
    assert "This print ends with message 1;" in read(anna, ticket)
    assert "There is nothing here" in read(anna, ticket, "?from=999")


def test_it_leads_to_the_survivor_and_opens_for_nobody_else(world, anna, by):
    ticket, survivor = world.ticket("Слито", team=world.second_line), world.ticket(team=world.second_line)
    commands.merge(ticket.pk, into=survivor.pk, actor=world.as_anna)
    assert anna.get(f"/tickets/{survivor.pk}/print/").status_code == 404
    assert by(world.boris).get(f"/tickets/{ticket.pk}/print/")["Location"] == f"/tickets/{survivor.pk}/print/"
    assert "Слито" in read(by(world.boris), survivor)
    assert f"/{survivor.pk}/print/" in by(world.boris).get(f"/tickets/{survivor.pk}/").content.decode()


@pytest.mark.parametrize("messages", [1, 3, 50])
def test_it_costs_the_same_whatever_was_said(world, anna, messages, django_assert_num_queries):
    ticket = rich_ticket(world, messages)
    anna.get("/healthz")
    with django_assert_num_queries(10):
        read(anna, ticket, "?notes=1")
    assert Message.objects.filter(ticket=ticket).count() > messages
