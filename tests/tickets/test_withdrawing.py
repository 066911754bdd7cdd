"""A reply that is taken back before it left: for the customer and all figures it never was."""

import pytest

from tests.tickets.test_lifecycle import kinds
from tickets import commands
from tickets.models import Category
from tickets.status import default_status


def test_a_withdrawn_reply_never_was(world):
    ticket = world.ticket("Первый вопрос")
    waiting = ticket.waiting_since
    reply = world.reply(ticket)
    commands.withdraw_reply(reply.pk, actor=world.as_anna)
    commands.withdraw_reply(reply.pk, actor=world.as_anna)
    ticket.refresh_from_db()

    assert ticket.waiting_since == waiting
    assert ticket.message_count == 1
    assert ticket.snippet == "Первый вопрос"
    assert kinds(ticket).count("reply_withdrawn") == 1
    assert (ticket.category, ticket.resolved_at) == (Category.NEW, None)


def test_a_withdrawn_reply_takes_its_status_along(world):
    ticket = world.ticket()
    world.reply(ticket)
    pending, resolved = default_status(Category.PENDING), default_status(Category.RESOLVED)
    commands.set_status(ticket.pk, status=pending, actor=world.as_anna)
    reply = world.reply(ticket, "Готово", status=resolved)
    commands.withdraw_reply(reply.pk, actor=world.as_anna)
    ticket.refresh_from_db()

    assert (ticket.status, ticket.resolved_at) == (pending, None)
    assert kinds(ticket)[-3:] == ["status_changed", "reply_withdrawn", "status_changed"]


@pytest.mark.parametrize("since", ["status", "reply", "one before"])
def test_a_withdrawn_reply_leaves_a_status_that_others_have_gone_on_from(world, since):
    ticket = world.ticket()
    first = world.reply(ticket, status=default_status(Category.PENDING))
    reply = world.reply(ticket, "Готово", status=default_status(Category.RESOLVED))
    if since == "status":
        commands.set_status(ticket.pk, status=default_status(Category.OPEN), actor=world.as_anna)
    elif since == "reply":
        world.reply(ticket, "И ещё", user=world.boris)
    else:
        reply = first
    ticket.refresh_from_db()
    before = ticket.status
    commands.withdraw_reply(reply.pk, actor=world.as_anna)
    ticket.refresh_from_db()

    assert ticket.status == before
    assert kinds(ticket)[-1] == "reply_withdrawn"
