"""One message to all who asked: who gets it, once each, how fast, and whatever dies meanwhile."""

from __future__ import annotations

import pytest
from django.db import connection

from channels_in.broadcasts import sending
from channels_in.broadcasts.planning import plan
from channels_in.models import Inbox, Outbound, Thread
from common import clock
from journal.drain import sweep_before
from journal.models import Entry
from notifications.models import Notice
from notifications.words import shown as shown_notices
from people.commands.contacts import mark_bounced, resolve_contact
from people.commands.merging import merge_contacts
from people.models import Role
from tickets import commands, errors
from tickets.commands.broadcasts import Addressee
from tickets.models import Broadcast, BroadcastRecipient, Category, Message, MessageKind, Ticket

TEXTS = {"en": "Hello, {{contact.first_name}}! Fixed: #{{ticket.number}}", "ru": "Здравствуйте! Исправили."}
State = BroadcastRecipient.State


def planned(world, problem, user=None, **given):
    return plan(problem, user or world.maria, written={"en", "ru"}, **given)


def start(world, problem, user=None, **given):
    user = user or world.maria
    to = [one.addressee for one in planned(world, problem, user).to]
    return commands.start_broadcast(problem.pk, user=user, texts=TEXTS, to=to, **given)


def replies(ticket=None):
    found = Message.objects.filter(kind=MessageKind.REPLY).order_by("pk")
    return list(found.filter(ticket=ticket) if ticket else found)


def states(broadcast):
    return dict(broadcast.recipients.order_by("pk").values_list("ticket_id", "state"))


def test_one_person_gets_it_once_on_the_newest_open_ticket(world, problem, asks):
    first, second, newest = asks("Peter"), asks("Peter"), asks("Peter")
    commands.set_status(newest.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)
    solved, later = asks("Ivan"), asks("Ivan")
    for ticket in (solved, later):
        commands.set_status(ticket.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)
    found = planned(world, problem)
    assert {one.ticket.pk: one.more for one in found.to} == {second.pk: 2, later.pk: 1}
    assert {ticket.pk for ticket in found.left["same-person"]} == {first.pk, newest.pk, solved.pk}


def test_one_person_of_two_contacts_gets_it_once(world, problem, asks):
    asks("Peter")
    twin = resolve_contact("email", "pete@home.example", name="Pete")
    newest = asks(requester=twin)
    merge_contacts(twin.pk, into=Ticket.objects.first().requester_id, actor=world.as_anna)
    assert [(one.ticket.pk, one.person.name) for one in planned(world, problem).to] == [(newest.pk, "Peter")]


def test_who_is_left_out_and_why(world, problem, asks):
    gets = asks("Ivan")
    spam, deleted, merged = asks("Spammer"), asks("Gone"), asks("Merged")
    commands.mark_spam(spam.pk, actor=world.as_anna)
    commands.delete(deleted.pk, actor=world.as_anna)
    commands.merge(merged.pk, into=gets.pk, actor=world.as_anna)
    bounced = asks("Bounced")
    mark_bounced("bounced@shop.example", reason="550", at=clock.now())
    nowhere = asks(requester=resolve_contact("phone", "+74951234567", name="Phone"))
    secret = asks("Secret", team=world.second_line)
    found = planned(world, problem, world.anna)
    assert [one.ticket.pk for one in found.to] == [gets.pk]
    assert found.counts == {
        "spam": 1, "deleted": 1, "merged": 1, "bounced": 1, "no-address": 1, "unseen": 1,
    }  # fmt: skip
    named = {reason: [ticket.pk for ticket in rows] for reason, rows in found.left.items()}
    assert named == {
        "spam": [spam.pk], "merged": [merged.pk], "bounced": [bounced.pk], "no-address": [nowhere.pk],
    }, "of what one may not see only the number is told"  # fmt: skip
    assert secret.pk in [one.ticket.pk for one in planned(world, problem).to], "Maria sees all"


def test_telegram_is_a_way_and_a_brand_without_an_inbox_is_none(world, problem, asks):
    bot = Inbox.objects.create(kind="telegram", brand=world.brand, name="Бот")
    telegram = resolve_contact("telegram", "4711", name="Гена", proof="channel")
    talks = asks(requester=telegram)
    thread = Thread.objects.create(inbox=bot, external_id="4711", contact=telegram, ticket=talks)
    writes = asks("Ivan")
    Inbox.objects.filter(kind="email").update(is_active=False)
    found = planned(world, problem)
    assert [one.ticket.pk for one in found.to] == [talks.pk]
    assert found.left["no-inbox"] == [writes]
    broadcast = start(world, problem)
    sending.send_due()
    (message,) = replies()
    assert states(broadcast) == {talks.pk: State.SENT}
    assert (message.channel, message.to[0]["thread"]) == ("telegram", str(thread.pk))


@pytest.mark.parametrize("many", [1, 6])
def test_planning_costs_the_same_however_many_ask(world, problem, asks, many, django_assert_num_queries):
    for number in range(many):
        asks(f"Name{'abcdefgh'[number]}")
    with django_assert_num_queries(7):
        plan(problem, world.anna, written={"en"})


def test_it_goes_through_the_verb_of_every_reply(world, problem, asks, drain):
    vera, ivan = asks(), asks("Ivan", language="en")
    broadcast = start(world, problem, world.anna, status=world.status(Category.RESOLVED))
    assert sending.send_due() == 2
    drain()
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.DONE
    (to_vera,), (to_ivan,) = replies(vera), replies(ivan)
    assert to_vera.text == "Здравствуйте! Исправили."
    assert to_ivan.text == f"Hello, Ivan! Fixed: #{ivan.pk}"
    assert to_ivan.author_user == world.anna
    assert to_ivan.to == [{"name": "Ivan", "address": "ivan@shop.example"}]
    outbound = Outbound.objects.get(message=to_ivan)
    assert outbound.status == Outbound.Status.WAITING and outbound.not_before > to_ivan.created_at, "undo"
    ivan.refresh_from_db()
    assert ivan.category == Category.RESOLVED
    kinds = Entry.objects.filter(stream_type="problem").order_by("sequence").values_list("kind", "data")
    assert kinds.last() == (
        "broadcast_ended",
        {"broadcast_id": broadcast.pk, "sent": 2, "skipped": 0, "failed": 0},
    )


def test_a_solved_ticket_keeps_its_status(world, problem, asks):
    ticket = asks("Ivan")
    commands.set_status(ticket.pk, status=world.status(Category.CLOSED), actor=world.as_anna)
    start(world, problem, status=world.status(Category.RESOLVED))
    sending.send_due()
    ticket.refresh_from_db()
    assert ticket.category == Category.CLOSED and len(replies(ticket)) == 1


class Killed(BaseException):
    """The worker's end: nothing catches it."""


@pytest.mark.parametrize("moment", ["before the message", "after the message", "after the mark"])
def test_a_killed_worker_costs_nobody_and_gives_nobody_two(world, problem, asks, time, monkeypatch, moment):
    tickets = [asks(name) for name in ("Ada", "Bea", "Cleo")]
    broadcast = start(world, problem)
    post, settle, calls = commands.post_reply, sending._settle, []

    def dying_post(*args, **given):
        calls.append(1)
        if len(calls) == 2 and moment == "before the message":
            raise Killed
        message = post(*args, **given)
        if len(calls) == 2 and moment == "after the message":
            raise Killed
        return message

    def dying_settle(*args):
        state = settle(*args)
        if len(calls) == 2 and moment == "after the mark":
            raise Killed
        return state

    with monkeypatch.context() as patch:
        patch.setattr(commands, "post_reply", dying_post)
        patch.setattr(sending, "_settle", dying_settle)
        with pytest.raises(Killed):
            sending.send_due()
    assert len(replies()) == (2 if moment == "after the mark" else 1)
    sending.send_due()
    time.pass_by(seconds=31)
    sending.send_due()
    sending.send_due()
    assert [len(replies(ticket)) for ticket in tickets] == [1, 1, 1]
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.DONE


def test_what_kills_every_worker_fails_and_the_others_go_on(world, problem, asks, time, monkeypatch):
    poison, fine = asks("Ada"), asks("Bea")
    broadcast = start(world, problem)
    post = commands.post_reply

    def poisonous(ticket_id, **given):
        if ticket_id == poison.pk:
            raise ZeroDivisionError
        return post(ticket_id, **given)

    monkeypatch.setattr(commands, "post_reply", poisonous)
    for _again in range(sending.MOST_ATTEMPTS + 1):
        sending.send_due()
        time.pass_by(seconds=31)
    assert states(broadcast) == {poison.pk: State.FAILED, fine.pk: State.SENT}
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.DONE


@pytest.fixture
def refusing(db):
    """``refusing(ticket)``: the database takes no reply on it any more, as if it were damaged."""

    def refuse(ticket: Ticket) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'damaged' USING ERRCODE = 'data_exception'; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON tickets_message FOR EACH ROW
                WHEN (NEW.ticket_id = {ticket.pk} AND NEW.kind = 'reply') EXECUTE FUNCTION refuse();
                """
            )

    return refuse


def test_what_the_database_refuses_of_one_holds_up_nobody(world, problem, asks, time, refusing, by):
    """A real fault, and no refusal of a verb: tried so often, then told to its author with the ticket."""
    damaged, fine = asks("Ada"), asks("Bea")
    broadcast = start(world, problem)
    refusing(damaged)
    sending.send_due()
    assert states(broadcast) == {damaged.pk: State.WAITING, fine.pk: State.SENT}, "in the same run"
    for again in range(1, sending.MOST_ATTEMPTS + 1):
        assert states(broadcast)[damaged.pk] == State.WAITING
        sending.send_due()
        assert broadcast.recipients.get(ticket=damaged).attempts == again, "not before its time"
        time.pass_by(seconds=31)
        sending.send_due()
    assert states(broadcast) == {damaged.pk: State.FAILED, fine.pk: State.SENT}
    assert replies(damaged) == []
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.DONE
    shown = by(world.maria).part(f"/broadcasts/{broadcast.pk}/").content.decode()
    assert "1 failed" in shown and "Something went wrong on our side" in shown
    assert f'href="/tickets/{damaged.pk}/"' in shown and f'href="/tickets/{fine.pk}/"' not in shown
    sweep_before(clock.now(), limit=1000)
    (told,) = shown_notices(Notice.objects.filter(user=world.maria))
    assert told.title.startswith("Your message to all who asked did not reach 1 person: something went wrong")
    assert [one.ticket for one in told.listed] == [damaged]


def test_no_more_than_the_budget_in_any_minute(world, problem, asks, time):
    for number in range(9):
        asks(f"Name{'abcdefghi'[number]}")
    broadcast = start(world, problem, per_minute=4)
    assert [sending.send_due(), sending.send_due()] == [1, 0], "a twelfth of it in five seconds"
    sent = [1]
    for _ten_seconds in range(5):
        time.pass_by(seconds=10)
        sending.send_due()
        sent.append(len(replies()))
    assert sent == [1, 2, 3, 4, 4, 4], "four in the first minute"
    for _ten_seconds in range(12):
        time.pass_by(seconds=10)
        sending.send_due()
    broadcast.refresh_from_db()
    assert len(replies()) == 9 and broadcast.state == Broadcast.State.DONE


def test_stopped_it_waits_and_goes_on_where_it_was(world, problem, asks, time):
    for name in ("Ada", "Bea", "Cleo"):
        asks(name)
    broadcast = start(world, problem, per_minute=1)
    sending.send_due()
    for _twice in range(2):
        commands.stop_broadcast(broadcast.pk, actor=world.as_anna)
    time.pass_by(minutes=5)
    assert sending.send_due() == 0 and len(replies()) == 1
    again = [one.addressee.ticket_id for one in planned(world, problem).to]
    assert len(again) == 2, "who has had it is left out of a new one"
    assert len(planned(world, problem, again=True).to) == 3
    commands.resume_broadcast(broadcast.pk, actor=world.as_anna)
    for _minute in range(3):
        sending.send_due()
        time.pass_by(seconds=61)
    assert len(replies()) == 3
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.DONE
    commands.resume_broadcast(broadcast.pk, actor=world.as_anna)
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.DONE, "what is over is over"


def test_what_has_changed_since_is_looked_at_when_their_turn_comes(world, problem, asks):
    spam, unlinked, moved, bounced, given, fine = (
        asks(name) for name in ("Ada", "Bea", "Cleo", "Dora", "Eva", "Fay")
    )
    broadcast = start(world, problem, world.anna)
    commands.mark_spam(spam.pk, actor=world.as_anna)
    commands.unlink_problem(unlinked.pk, actor=world.as_anna)
    commands.set_team(moved.pk, team=world.second_line, actor=world.as_anna)
    mark_bounced("dora@shop.example", reason="550", at=clock.now())
    commands.set_requester(given.pk, contact=world.peter, actor=world.as_anna)
    sending.send_due()
    found = dict(broadcast.recipients.values_list("ticket_id", "reason"))
    assert found == {
        spam.pk: "spam", unlinked.pk: "unlinked", moved.pk: "unseen", bounced.pk: "no-address",
        given.pk: "other-person", fine.pk: "",
    }  # fmt: skip
    assert [message.ticket_id for message in replies()] == [fine.pk]


def test_two_who_turn_out_to_be_one_get_it_once(world, problem, asks):
    one, other = asks("Ada"), asks("Adele")
    broadcast = start(world, problem)
    merge_contacts(other.requester_id, into=one.requester_id, actor=world.as_anna)
    sending.send_due()
    assert sorted(states(broadcast).values()) == [State.SENT, State.SKIPPED]


def test_an_author_who_may_no_longer_write_stops_it(world, problem, asks):
    asks("Ada")
    broadcast = start(world, problem, world.anna)
    world.anna.role = Role.EXPERT
    world.anna.save()
    sending.send_due()
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.STOPPED and not replies()


def test_what_is_refused_at_the_start(world, problem, asks):
    ticket = asks("Ada")
    to = [Addressee(ticket.requester_id, ticket.pk, "en")]
    for wrong in (
        {"texts": {"en": " "}},
        {"texts": {"en": "x" * 10_001}},
        {"per_minute": 0},
        {"per_minute": 601},
        {"to": []},
        {"to": to * 5_001},
    ):
        with pytest.raises(errors.TicketError):
            commands.start_broadcast(problem.pk, **{"user": world.maria, "texts": TEXTS, "to": to, **wrong})
    start(world, problem)
    with pytest.raises(errors.Invalid):
        start(world, problem)
    assert Broadcast.objects.count() == 1
