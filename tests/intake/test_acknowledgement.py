"""The first mail is answered with its number, within the budget."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels_in import blocking, budget
from channels_in.models import AutomaticMail, BlockedSender, Inbound, Inbox, Outbound
from common import clock
from tests.intake.letters import FAIL, RELAY, letter
from tests.world import World
from tickets import commands
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def acknowledgements() -> list[Message]:
    return list(Message.objects.filter(automatic_kind="acknowledgement").order_by("pk"))


def test_the_first_mail_is_acknowledged_in_its_language(world: World, deliver, drain):
    russian = deliver(
        letter("Здравствуйте, кофемашина не включается совсем.", sender="Пётр <p@cafe.example>")
    )
    english = deliver(
        letter("Hello, the machine does not start at all.", sender="Joe <joe@bar.example>", subject="Help")
    )
    drain()

    first, second = acknowledgements()
    assert first.ticket == russian.ticket
    assert f"#{russian.ticket_id}" in first.text
    assert first.subject == f"[#{russian.ticket_id}] Кофемашина"
    assert first.to == [{"name": "Пётр", "address": "p@cafe.example"}]
    assert second.ticket == english.ticket
    assert "We have received your message" in second.text
    assert "Joe" in second.html
    assert Outbound.objects.get(message=second).recipients == ["joe@bar.example"]


def test_only_the_first_mail_is_acknowledged(world: World, deliver, drain, replied):
    first = deliver(letter())
    drain()
    deliver(letter("Ещё", subject=f"[#{first.ticket_id}]"))
    drain()

    assert len(acknowledgements()) == 1


def test_an_inbox_can_do_without(world: World, deliver, drain):
    Inbox.objects.filter(pk=world.inbox.pk).update(acknowledge=False)
    deliver(letter())
    drain()

    assert acknowledgements() == []


def test_spam_a_forged_sender_and_the_null_sender_get_none(world: World, deliver, drain):
    Inbox.objects.filter(pk=world.inbox.pk).update(authserv_ids=[RELAY])
    spam = deliver(letter())
    commands.mark_spam(spam.ticket_id, actor=world.as_anna)
    deliver(letter(sender="peter@gmail.com", auth=FAIL.format("gmail.com")))
    deliver(letter(sender="joe@bar.example"), via=Inbound.Via.SMTP, envelope_from="")
    drain()

    assert acknowledgements() == []


def test_what_agents_open_is_not_acknowledged(world: World, drain):
    world.ticket()
    drain()

    assert acknowledgements() == []


def test_html_of_a_subject_is_shown_as_text(world: World, deliver, drain):
    deliver(letter(subject="<b>Срочно</b> & сейчас"))
    drain()

    (message,) = acknowledgements()
    assert "<b>Срочно</b> & сейчас" in message.text
    assert "&lt;b&gt;Срочно" in message.html


def test_no_strangers_links_go_out_in_our_name(world: World, deliver, drain):
    deliver(
        letter(sender="Win now at casino.example <joe@bar.example>", subject="Bonus http://casino.example/")
    )
    drain()

    (message,) = acknowledgements()
    assert "casino" not in message.text + message.html + message.subject


# --- the budget -----------------------------------------------------------------------------------


def test_two_in_three_hours_and_no_more(world: World, deliver, drain):
    for number in range(4):
        deliver(letter(f"Письмо {number}", subject=f"Тема {number}"))
    drain()

    assert len(acknowledgements()) == 2
    assert Ticket.objects.count() == 4
    assert budget.exhausted() == [("vera@severgrad.example", 2)]

    AutomaticMail.objects.update(sent_at=clock.now() - timedelta(hours=3, minutes=1))
    deliver(letter("Позже"))
    drain()
    assert len(acknowledgements()) == 3


def test_ten_a_day_and_no_more(db: None):
    now = clock.now()
    AutomaticMail.objects.bulk_create(
        AutomaticMail(address="vera@severgrad.example", sent_at=now - timedelta(hours=4 + hour))
        for hour in range(10)
    )

    assert budget.take("Vera@severgrad.example") == budget.Refusal.CORRESPONDENT
    assert budget.take("peter@gmail.com") is None


def test_the_breaker_stops_everything_until_it_is_reset(world: World, deliver, drain):
    now = clock.now()
    AutomaticMail.objects.bulk_create(
        AutomaticMail(address=f"{number}@a.example", sent_at=now) for number in range(budget.BREAKER_COUNT)
    )
    deliver(letter())
    drain()

    assert acknowledgements() == []
    assert budget.breaker().is_open
    assert budget.breaker().count == budget.BREAKER_COUNT

    assert budget.reset_breaker(actor=world.as_anna)
    assert not budget.reset_breaker(actor=world.as_anna)
    assert budget.take("new@a.example") is None


def test_the_breaker_closes_by_itself_after_an_hour(world: World):
    now = clock.now()
    AutomaticMail.objects.bulk_create(
        AutomaticMail(address=f"{number}@a.example", sent_at=now) for number in range(budget.BREAKER_COUNT)
    )
    assert budget.take("new@a.example") == budget.Refusal.BREAKER
    assert not budget.breaker(now + timedelta(hours=1, minutes=1)).is_open


# --- blocked senders ------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["mallory@evil.example", "@evil.example", "@EXAMPLE.evil.example"])
def test_a_blocked_sender_makes_no_ticket(world: World, deliver, pattern):
    blocking.block(pattern, user=world.oleg, reason="спам")
    sender = "x@sub.example.evil.example" if pattern.startswith("@EX") else "Mallory@Evil.example"

    inbound = deliver(letter("Купите", sender=sender))

    assert (inbound.status, inbound.cause) == (Inbound.Status.DISCARDED, "blocked")
    assert BlockedSender.objects.get().hits == 1
    assert Ticket.objects.count() == 0


def test_others_of_a_blocked_domains_name_are_not_blocked(world: World, deliver):
    blocking.block("@vil.example", user=world.oleg)

    assert deliver(letter(sender="mallory@evil.example")).status == Inbound.Status.DONE
