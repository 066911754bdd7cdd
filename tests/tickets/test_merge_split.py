"""Merging, undoing it, splitting, linking, redacting."""

import pytest

from tickets import commands, errors, files, timeline
from tickets.commands.base import survivor_id
from tickets.commands.posting import family_ids
from tickets.content import Content, FileContent
from tickets.models import Attachment, Category, Link, SearchDocument, Ticket


def texts(ticket):
    return [message.text for message in timeline.conversation(ticket)]


def test_the_survivor_shows_counts_and_invites(world):
    first = world.ticket("Первое письмо")
    second = world.ticket("Второе письмо", requester=world.peter)
    survivor = commands.merge(second.pk, into=first.pk, actor=world.as_anna)

    assert survivor.pk == first.pk
    assert texts(first) == ["Первое письмо", "Второе письмо"]
    assert survivor.message_count == 2
    assert survivor.snippet == "Второе письмо"
    assert first.participants.get().contact == world.peter
    assert not Ticket.objects.listed().filter(pk=second.pk).exists()


def test_merging_is_undone_with_replies_that_came_later(world):
    first, second = world.ticket("Первое"), world.ticket("Второе")
    commands.merge(second.pk, into=first.pk, actor=world.as_anna)
    world.receive(first, "Ответ на первое")
    world.receive(second, "Ответ на второе")
    assert texts(first) == ["Первое", "Второе", "Ответ на первое", "Ответ на второе"]
    commands.unmerge(second.pk, actor=world.as_anna)
    commands.unmerge(second.pk, actor=world.as_anna)
    first.refresh_from_db(), second.refresh_from_db()

    assert texts(second) == ["Второе", "Ответ на второе"]
    assert texts(first) == ["Первое", "Ответ на первое"]
    assert (first.message_count, second.message_count) == (2, 2)
    assert second.waiting_since is not None
    assert Ticket.objects.listed().filter(pk=second.pk).exists()


def test_chains_are_followed_and_rings_end(world):
    a, b, c = world.ticket("a"), world.ticket("b"), world.ticket("c")
    commands.merge(a.pk, into=b.pk, actor=world.as_anna)
    commands.merge(b.pk, into=c.pk, actor=world.as_anna)
    assert survivor_id(a.pk) == c.pk
    assert set(family_ids(c.pk)) == {a.pk, b.pk, c.pk}
    c.refresh_from_db()
    assert c.message_count == 3

    Ticket.objects.filter(pk=c.pk).update(merged_into=a)  # what no verb would do
    assert survivor_id(a.pk) in {a.pk, b.pk, c.pk}
    assert set(family_ids(c.pk)) == {a.pk, b.pk, c.pk}


def test_merges_that_are_refused(world):
    ticket = world.ticket()
    elsewhere = world.ticket(brand=world.other_brand)
    with pytest.raises(errors.CannotMerge):
        commands.merge(ticket.pk, into=ticket.pk, actor=world.as_anna)
    with pytest.raises(errors.CannotMerge):
        commands.merge(ticket.pk, into=elsewhere.pk, actor=world.as_anna)
    with pytest.raises(Ticket.DoesNotExist):
        commands.merge(ticket.pk, into=999_999, actor=world.as_anna)


def test_splitting_takes_messages_out_into_a_linked_ticket(world):
    ticket = world.ticket("Про кофемашину")
    second = world.receive(ticket, "И ещё: где мой счёт?")
    new = commands.split(ticket.pk, message_ids=[second.pk], actor=world.as_anna)
    ticket.refresh_from_db()

    assert texts(ticket) == ["Про кофемашину"]
    assert texts(new) == ["И ещё: где мой счёт?"]
    assert new.opened_at == second.created_at
    assert new.waiting_since == second.created_at
    assert ticket.message_count == new.message_count == 1
    assert Link.objects.get(ticket=new, other=ticket).kind == "split"
    assert SearchDocument.objects.get(message=second).ticket == new


def test_splits_that_are_refused(world):
    ticket = world.ticket()
    reply = world.reply(ticket)
    for wrong in ([], [reply.pk], list(ticket.messages.values_list("pk", flat=True)), [999_999]):
        with pytest.raises(errors.Invalid):
            commands.split(ticket.pk, message_ids=wrong, actor=world.as_anna)


def test_links_come_once_and_go(world):
    a, b = world.ticket(), world.ticket()
    for _ in range(2):
        commands.link(a.pk, other=b.pk, actor=world.as_anna)
    assert Link.objects.count() == 1
    commands.unlink(b.pk, other=a.pk, actor=world.as_anna)
    assert not Link.objects.exists()
    with pytest.raises(errors.Invalid):
        commands.link(a.pk, other=a.pk, actor=world.as_anna)


def test_a_card_number_is_blacked_out_everywhere(world):
    ticket = world.ticket("Моя карта 4111 1111 1111 1111, спишите с неё")
    message = ticket.messages.get()
    commands.redact(message.pk, text="4111 1111 1111 1111", actor=world.as_anna)
    message.refresh_from_db(), ticket.refresh_from_db()

    assert "4111" not in message.text + ticket.snippet
    assert message.redacted_at is not None
    with pytest.raises(errors.Invalid):
        commands.redact(message.pk, text="4111 1111 1111 1111", actor=world.as_anna)
    with pytest.raises(errors.Invalid):
        commands.redact(message.pk, text="a", actor=world.as_anna)


@pytest.mark.django_db(transaction=True)
def test_an_erased_file_is_gone_unless_another_message_has_it(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    ticket = world.ticket()
    for _ in range(2):
        commands.post_note(
            ticket.pk,
            user=world.anna,
            content=Content(text="скан", files=[FileContent("паспорт.png", "image/png", b"same bytes")]),
        )
    one, two = Attachment.objects.order_by("pk")
    assert one.path == two.path
    commands.redact_attachment(one.pk, actor=world.as_anna)
    assert files.path_of(two).exists()
    commands.redact_attachment(two.pk, actor=world.as_anna)
    assert not files.path_of(two).exists()


def test_side_threads_stay_out_of_the_customers_conversation(world):
    ticket = world.ticket()
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="Запчасть", user=world.anna)
    assert (
        commands.open_side_thread(ticket.pk, contact=world.peter, subject="Запчасть", user=world.anna) == side
    )
    commands.post_reply(
        ticket.pk, user=world.anna, content=Content(text="Есть ли нагреватель?"), side_thread=side
    )
    world.receive(ticket, "Будет в среду", contact=world.peter, side_thread=side)
    ticket.refresh_from_db()

    assert ticket.category == Category.NEW, "the customer has heard nothing yet"
    assert ticket.waiting_since is not None
    assert ticket.snippet == "Кофемашина не включается"
    assert not ticket.participants.exists()
