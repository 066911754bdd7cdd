"""The page of a ticket."""

from datetime import timedelta

import pytest

from channels_in.models import Inbound, Outbound
from common import clock
from desk import conversation
from tickets import commands
from tickets.content import Content, FileContent


def rich_ticket(world, messages=1):
    """A ticket with a bit of everything."""
    ticket = world.ticket(team=world.first_line, assignee=world.anna)
    world.receive(ticket, "Я тоже спрошу", contact=world.peter)
    for number in range(messages):
        world.receive(ticket, f"Ещё вопрос {number}")
        world.reply(ticket)
    content = Content(text="Внутри", files=[FileContent("a.txt", "text/plain", b"x")])
    commands.post_note(ticket.pk, user=world.anna, content=content)
    commands.add_tag(ticket.pk, name="кофе", actor=world.as_anna)
    commands.follow(ticket.pk, user=world.boris, actor=world.as_anna)
    commands.link(ticket.pk, other=world.ticket(team=world.first_line).pk, actor=world.as_anna)
    return ticket


def test_customer_ours_and_notes_are_told_apart(world, anna):
    ticket = rich_ticket(world)
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert page.count("msg-customer") == 3
    assert page.count('class="msg msg-ours') == 1
    assert "Private note" in page
    assert "a.txt" in page


@pytest.mark.parametrize("messages", [1, 3, 45])
def test_a_ticket_costs_the_same_whatever_was_said(world, anna, messages, django_assert_num_queries):
    ticket = rich_ticket(world, messages)
    anna.get("/healthz")
    with django_assert_num_queries(13):
        assert anna.get(f"/tickets/{ticket.pk}/").status_code == 200


def test_a_merged_ticket_leads_to_the_survivor(world, anna):
    ticket, survivor = world.ticket(team=world.first_line), world.ticket(team=world.first_line)
    commands.merge(ticket.pk, into=survivor.pk, actor=world.as_anna)
    assert anna.get(f"/tickets/{ticket.pk}/")["Location"] == f"/tickets/{survivor.pk}/"
    assert "Undo the merge" in anna.get(f"/tickets/{ticket.pk}/?stay").content.decode()


def test_links_lead_only_to_tickets_one_may_see(world, anna):
    ticket = world.ticket(team=world.first_line)
    hidden = world.ticket(subject="Тайна", team=world.second_line)
    commands.link(ticket.pk, other=hidden.pk, actor=world.as_anna)
    assert "Тайна" not in anna.get(f"/tickets/{ticket.pk}/").content.decode()


def test_a_long_conversation_shows_its_recent_part(world, anna):
    ticket = world.ticket("Самое первое", team=world.first_line)
    for number in range(70):
        world.receive(ticket, f"Письмо {number}")
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Самое первое" not in page
    assert "earlier entries" in page
    assert "Самое первое" in anna.part(f"/tickets/{ticket.pk}/conversation/?all").content.decode()


@pytest.mark.parametrize("merged", [False, True])
def test_the_recent_part_is_the_end_of_the_whole(world, merged):
    """However many messages there are, and wherever history stands between them."""

    def drawn(*, everything):
        talk = conversation.build(ticket, world.anna, read_to=None, everything=everything)
        lines = [
            line
            for part in talk.parts
            for line in (part.items if part.kind == "history" else [part.message])
        ]  # fmt: skip
        return [getattr(one, "entry_id", 0) or one.pk for one in lines], talk.earlier

    ticket = world.ticket("Первое", team=world.first_line)
    if merged:
        other = world.ticket("Другое", team=world.first_line)
        commands.merge(other.pk, into=ticket.pk, actor=world.as_anna)
    earlier = set()
    for number in range(90):
        world.receive(ticket, f"Письмо {number}")
        if number % 40 == 11:
            commands.add_tag(ticket.pk, name=f"т{number}", actor=world.as_anna)
        if 50 <= number < 66 or number >= 76:
            whole, none = drawn(everything=True)
            recent, before = drawn(everything=False)
            assert (none, len(whole)) == (0, before + len(recent))
            assert recent == whole[before:]
            assert before in {0, len(whole) - 60}
            earlier.add(before)
    assert {0, 3, 4} <= earlier
    assert not {1, 2} & earlier


def test_a_bounce_shows_the_servers_words_and_a_retry(world, anna):
    ticket = world.ticket(team=world.first_line)
    message = world.reply(ticket)
    row = Outbound.objects.create(
        message=message, inbox=world.inbox, external_id="a@b", status="bounced", status_code="5.1.1",
        server_words="550 no such user", not_before=clock.now(), recipients=["vera@severgrad.example"],
    )  # fmt: skip
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "550 no such user" in page
    assert "Send again" in page
    anna.send(f"/messages/{message.pk}/delivery/")
    row.refresh_from_db()
    assert row.status == "waiting"


def test_a_message_changes_its_version_with_its_delivery(world, anna):
    ticket = world.ticket(team=world.first_line)
    message = world.reply(ticket, at=clock.now() - timedelta(minutes=5))
    before = version_of(anna, ticket, message)
    Outbound.objects.create(
        message=message, inbox=world.inbox, external_id="a@b", status="sent", not_before=clock.now()
    )
    assert version_of(anna, ticket, message) != before


def version_of(anna, ticket, message):
    page = anna.part(f"/tickets/{ticket.pk}/conversation/").content.decode()
    return page.split(f'id="message-{message.pk}" data-version="')[1].split('"')[0]


def test_why_here_tells_each_decision(world, anna):
    ticket = world.ticket(team=world.first_line)
    Inbound.objects.create(
        inbox=world.inbox, external_id="x@y", content_hash="0" * 64, raw=b"Subject: hello\r\n\r\nhi", size=22,
        via="smtp", received_at=clock.now(), status="done", message_id=ticket.last_message_id, ticket=ticket,
        trace=[{"rule": "address", "outcome": "matched", "ticket": ticket.pk}],
        verdict={"state": "failed", "dmarc": "fail", "authserv": "mx.zerno.example"},
    )  # fmt: skip
    words = anna.part(f"/messages/{ticket.last_message_id}/trace/").content.decode()
    assert f"#{ticket.pk}" in words
    assert "DMARC: fail" in words
    assert "Sender not proved" in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    raw = anna.get(f"/messages/{ticket.last_message_id}/source/")
    assert raw.content == b"Subject: hello\r\n\r\nhi"
    assert raw["Content-Disposition"].startswith("attachment")


def test_an_expert_writes_notes_only(world, egor):
    ticket = world.ticket(team=world.second_line)
    page = egor.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'value="note"' in page
    assert 'name="kind" value="reply"' not in page
    assert "/assignment/" not in page


def test_a_tier_that_another_system_invented_breaks_no_page(anna, world):
    type(world.organization).objects.filter(pk=world.organization.pk).update(tier="diamond")
    ticket = world.ticket(team=world.first_line)
    answer = anna.get(f"/tickets/{ticket.pk}/")
    assert answer.status_code == 200
    assert "diamond" in answer.content.decode()


def test_a_number_that_no_ticket_can_have_is_not_found(anna):
    assert anna.get("/tickets/99999999999999999999/").status_code == 404
    assert anna.post("/tickets/99999999999999999999/status/", {"status": 1}).status_code == 404
