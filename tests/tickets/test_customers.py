"""The customers' door: which requests, and which messages of them, somebody may see in a brand's portal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from people.commands.contacts import resolve_contact
from people.models import Contact, Identity
from tickets import commands
from tickets.content import Content
from tickets.conversations import message_for, said_to
from tickets.customers import Customer
from tickets.models import Brand, Message, Participant, Ticket


def seen(world, contact, brand=None):
    """The numbers a contact may see, as the database has them now."""
    contact = Contact.objects.select_related("organization").get(pk=contact.pk)
    brand = Brand.objects.get(pk=(brand or world.brand).pk)
    return set(Ticket.objects.of_customer(Customer(contact, brand)).values_list("pk", flat=True))


def texts(world, contact, ticket):
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    contact = Contact.objects.select_related("organization").get(pk=contact.pk)
    rows, _more = said_to(Customer(contact, Brand.objects.get(pk=world.brand.pk)), ticket, most=50)
    return [row.text for row in rows]


@pytest.fixture
def colleague(world):
    return resolve_contact("email", "lev@severgrad.example", name="Лев")


def test_ones_own_and_where_one_takes_part_at_this_brand(world):
    own, other = world.ticket(), world.ticket(requester=world.peter)
    elsewhere = world.ticket(brand=world.other_brand)
    assert seen(world, world.vera) == {own.pk}
    commands.add_participant(other.pk, contact=world.vera, actor=world.as_anna)
    assert seen(world, world.vera) == {own.pk, other.pk}
    commands.remove_participant(other.pk, contact=world.vera, actor=world.as_anna)
    assert seen(world, world.vera) == {own.pk}
    assert seen(world, world.vera, world.other_brand) == {elsewhere.pk}
    assert seen(world, world.stranger) == set()


@pytest.mark.parametrize(
    ("sees", "proved", "finds"),
    [("own", True, False), ("domain", False, False), ("domain", True, True), ("organization", False, True)],
)
def test_the_organisations_only_as_the_brand_allows(world, colleague, sees, proved, finds):
    ticket = world.ticket()
    Brand.objects.update(portal_sees=sees)
    Identity.objects.filter(contact=colleague).update(is_verified=proved)
    assert (ticket.pk in seen(world, colleague)) is finds
    assert ticket.pk not in seen(world, world.peter), "nobody's organisation is no organisation"


def test_an_address_that_is_only_claimed_opens_no_organisation(world):
    """Peter's contact was given a company's address that nobody has proved."""
    Brand.objects.update(portal_sees="domain")
    ticket = world.ticket()
    Contact.objects.filter(pk=world.peter.pk).update(organization=world.organization)
    Identity.objects.filter(contact=world.peter).update(is_verified=True)  # of the free mail provider
    Identity.objects.create(contact=world.peter, kind="email", value="boss@severgrad.example")
    assert ticket.pk not in seen(world, world.peter)


def test_spam_and_deleted_are_nobodys_and_merged_ones_lead_to_the_survivor(world):
    first, second, spam = world.ticket(), world.ticket(requester=world.peter), world.ticket()
    commands.mark_spam(spam.pk, actor=world.as_anna)
    vera = Customer(world.vera, world.brand)
    assert Ticket.objects.survivor_for(vera, spam.pk) is None
    commands.merge(first.pk, into=second.pk, actor=world.as_anna)
    assert Ticket.objects.survivor_for(vera, first.pk).pk == second.pk
    commands.remove_participant(second.pk, contact=world.vera, actor=world.as_anna)
    assert Ticket.objects.survivor_for(vera, first.pk) is None, "taken off the survivor"


def test_of_merged_requests_one_reads_only_what_one_could_read_before(world):
    mine = world.ticket("От Веры")
    theirs = world.ticket("От Петра", requester=world.peter)
    commands.merge(theirs.pk, into=mine.pk, actor=world.as_anna)
    world.reply(mine, "Вам обоим")
    Message.objects.filter(text="Вам обоим").update(to=[])
    assert texts(world, world.vera, mine) == ["От Веры", "Вам обоим"]
    assert texts(world, world.peter, mine) == ["От Веры", "От Петра", "Вам обоим"]
    message = Message.objects.get(text="От Петра")
    assert message_for(Customer(world.vera, world.brand), message.pk) is None
    assert message_for(Customer(world.peter, world.brand), message.pk) == message


def test_a_reply_to_one_person_only_is_read_by_them_alone(world):
    ticket = world.ticket("Вопрос")
    commands.add_participant(ticket.pk, contact=world.peter, actor=world.as_anna)

    def reply(text, *contacts):
        to = [{"name": one.name, "address": one.address} for one in contacts]
        commands.post_reply(ticket.pk, user=world.anna, content=Content(text=text, to=to))

    reply("Обоим", world.vera, world.peter)
    reply("Только Вере", world.vera)
    reply("Только Петру", world.peter)
    assert texts(world, world.vera, ticket) == ["Вопрос", "Обоим", "Только Вере"]
    assert texts(world, world.peter, ticket) == ["Вопрос", "Обоим", "Только Петру"]


def test_who_only_answered_a_forwarded_mail_reads_their_own_words_and_our_answer_to_them(world):
    ticket = world.ticket("Вопрос Веры")
    world.receive(ticket, "Мне переслали", contact=world.stranger, in_copy=False)
    assert not Participant.objects.get(contact=world.stranger).in_copy
    world.reply(ticket, "Вере")
    to = [{"name": "", "address": world.stranger.address}]
    commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Вам", to=to))
    assert texts(world, world.stranger, ticket) == ["Мне переслали", "Вам"]


def test_a_colleague_reads_the_whole_request_where_the_brand_allows_it(world, colleague):
    Brand.objects.update(portal_sees="organization")
    ticket = world.ticket("Вопрос Веры")
    world.reply(ticket, "Ответ Вере")
    assert texts(world, colleague, ticket) == ["Вопрос Веры", "Ответ Вере"]
