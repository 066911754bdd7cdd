"""Whoever takes over is told once: at the end of a shift of everything together, else of each ticket."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction

from common import clock
from journal.actor import Actor
from journal.record import record
from live.notices import nudges_of
from notifications import mailing
from notifications.kinds import Wish
from notifications.models import Notice
from notifications.preferences import save_wishes
from notifications.words import MOST_LISTED, shown
from people.events import SHIFT_END, ShiftDigest
from people.models import Access, AtShiftEnd, Membership, Strategy, Team, User
from routing.shifts import watch
from tests.assignment.cast import agents, at, make_calendar, works
from tests.notifications.test_mailing import now, send, sink, text_of  # noqa: F401  # its fixtures
from tickets import commands

SHIFT = Actor.system(SHIFT_END)
RULE = Actor.system("rule:1")
ENDED = "2026-03-04T11:00:00+00:00"


@pytest.fixture
def digest(world, drain):
    """``digest(reader, received=…, queued=…, kept=…)``: Maria has gone home."""

    def write(reader, *, received=(), queued=(), kept=(), ended=ENDED):
        lists = [[ticket.pk for ticket in tickets] for tickets in (received, queued, kept)]
        with transaction.atomic():
            User.objects.select_for_update().get(pk=reader.pk)
            event = ShiftDigest(reader.pk, world.maria.pk, world.first_line.pk, ended, *lists)
            record(event, actor=SHIFT)
        drain()

    return write


def lines(user):
    return shown(list(Notice.objects.filter(user=user).order_by("at", "pk")))


def pass_on(ticket, user, actor=SHIFT):
    commands.assign(ticket.pk, to=user, actor=actor)


def test_what_a_shift_hands_over_is_one_notice_with_the_summaries(world, quiet_start, digest, kinds_of):
    one, two = (quiet_start(team=world.first_line, assignee=world.maria) for _ in range(2))
    commands.set_summary(one.pk, text="Ждём курьера\nдо пятницы", actor=Actor.user(world.maria))
    for ticket in (one, two):
        pass_on(ticket, world.anna)
    assert kinds_of(world.anna) == []
    digest(world.anna, received=[two, one])
    (line,) = lines(world.anna)
    assert (line.kind, line.who, line.ticket) == ("handed_over", "Maria Weber", None)
    assert line.title == "2 tickets handed over to you at the end of a shift"
    assert [(each.ticket.pk, each.text) for each in line.listed] == [
        (two.pk, ""),
        (one.pk, "Ждём курьера до пятницы"),
    ]


def test_what_is_left_is_for_the_lead(world, quiet_start, digest, lena):
    queued, kept = (quiet_start(team=world.first_line) for _ in range(2))
    digest(lena, queued=[queued], kept=[kept])
    (line,) = lines(lena)
    assert (line.kind, line.title) == ("shift_digest", "A shift has ended: 2 tickets are left")
    assert [(each.ticket.pk, str(each.what)) for each in line.listed] == [
        (queued.pk, "Back in the queue"),
        (kept.pk, "Kept by the colleague"),
    ]


def test_a_lead_who_also_received_some_has_both(world, quiet_start, digest, lena, kinds_of):
    got, kept = (quiet_start(team=world.first_line) for _ in range(2))
    digest(lena, received=[got], kept=[kept])
    assert kinds_of(lena) == ["handed_over", "shift_digest"]
    digest(lena, kept=[kept], ended="2026-03-05T11:00:00+00:00")
    assert [line.title for line in lines(lena)][2:] == ["A shift has ended: 1 ticket is left"]


def test_only_what_the_reader_may_see_is_listed(world, quiet_start, digest):
    seen, deleted, hidden = (quiet_start(team=world.first_line) for _ in range(3))
    digest(world.anna, received=[seen, deleted, hidden])
    commands.delete(deleted.pk, actor=Actor.user(world.oleg))
    commands.set_team(hidden.pk, team=world.second_line, actor=RULE)
    User.objects.filter(pk=world.anna.pk).update(access=Access.TEAMS)
    (line,) = lines(world.anna)
    assert [each.ticket.pk for each in line.listed] == [seen.pk]
    assert line.title.startswith("1 ticket ")


def test_a_long_list_ends_with_a_number(world, quiet_start, digest):
    digest(world.anna, received=[quiet_start(team=world.first_line) for _ in range(MOST_LISTED + 2)])
    (line,) = lines(world.anna)
    assert (len(line.listed), line.unlisted) == (MOST_LISTED, 2)
    assert line.title.startswith("42 tickets")


def test_who_has_left_the_desk_is_told_nothing(world, quiet_start, digest):
    User.objects.filter(pk=world.anna.pk).update(is_active=False)
    digest(world.anna, received=[quiet_start(team=world.first_line)])
    assert not Notice.objects.exists()


def test_wishes_hold_for_each_of_the_two(world, quiet_start, digest, lena, kinds_of):
    save_wishes(lena, {"shift_digest": Wish(False, False)})
    ticket = quiet_start(team=world.first_line)
    digest(lena, received=[ticket], queued=[ticket])
    assert kinds_of(lena) == ["handed_over"]


def test_the_bell_and_the_page_show_the_tickets(world, quiet_start, digest, anna):
    tickets = [quiet_start(team=world.first_line) for _ in range(6)]
    digest(world.anna, received=tickets)
    page = anna.get("/notices/").content.decode()
    assert all(f'href="/tickets/{ticket.pk}/"' in page for ticket in tickets)
    panel = anna.part("/notices/?panel").content.decode()
    assert [f"/tickets/{ticket.pk}/" in panel for ticket in tickets] == [True] * 4 + [False] * 2
    assert "And 2 more." in panel
    notice = Notice.objects.get()
    assert f'href="/notices/#notice-{notice.pk}"' in panel
    anna.send(f"/notices/{notice.pk}/reading/")
    assert not Notice.objects.get().is_unread


def test_reading_one_of_its_tickets_leaves_it_unread(world, quiet_start, digest, anna):
    ticket = quiet_start(team=world.first_line)
    digest(world.anna, received=[ticket])
    anna.send(f"/tickets/{ticket.pk}/notices/reading/")
    assert Notice.objects.get().is_unread


def test_open_pages_hear_of_it(world, quiet_start, digest):
    ticket = quiet_start(team=world.first_line)
    digest(world.anna, received=[ticket])
    message, bell = nudges_of(list(Notice.objects.values_list("pk", flat=True)))[world.anna.pk]
    assert bell == {"type": "notices"}
    assert message["ticket"] is None
    assert message["title"] == "1 ticket handed over to you at the end of a shift · Maria Weber"
    assert message["text"] == ticket.subject


def test_it_is_mailed_with_links_and_summaries(world, quiet_start, digest, now, sink):  # noqa: F811
    ticket = quiet_start(team=world.first_line)
    commands.set_summary(ticket.pk, text="Ждём курьера", actor=Actor.user(world.maria))
    digest(world.anna, received=[ticket], ended=datetime.now().astimezone().isoformat())
    now(1.1)
    assert send() == 1
    (mail,) = sink.mails
    subject = str(mail.message["Subject"]).strip()  # folded after its colon
    assert subject == "1 ticket handed over to you at the end of a shift · Maria Weber"
    for part in ("plain", "html"):
        words = text_of(mail, part)
        for said in (f"https://desk.example/tickets/{ticket.pk}/", ticket.subject, "Ждём курьера"):
            assert said in words, (part, said)


def test_a_mail_of_many_names_the_tickets_of_all(world, quiet_start, digest, drain, now, sink):  # noqa: F811
    one, two = (quiet_start(team=world.first_line) for _ in range(2))
    digest(world.anna, received=[one])
    commands.assign(two.pk, to=world.maria, actor=RULE)
    drain()
    commands.assign(two.pk, to=world.anna, actor=RULE)
    drain()
    now(1.1)
    send()
    to_anna = [mail for mail in sink.mails if mail.recipients == [world.anna.email]]
    assert [mail.message["Subject"] for mail in to_anna] == [f"2 notices: #{one.pk}, #{two.pk}"]


def test_nothing_left_to_tell_is_not_mailed_blank(world, quiet_start, digest, now, sink):  # noqa: F811
    ticket = quiet_start(team=world.first_line)
    digest(world.anna, received=[ticket])
    commands.delete(ticket.pk, actor=Actor.user(world.oleg))
    now(1.1)
    send()
    assert mailing.failed() == []


# --- escalation ----------------------------------------------------------------------------------------


def test_whoever_gets_an_escalated_ticket_is_told_once_why_and_from_whom(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    commands.escalate(ticket.pk, team=world.second_line, reason="Нужен инженер", actor=world.as_anna)
    commands.assign(ticket.pk, to=world.boris, actor=RULE)  # routing is quicker than notices
    assert kinds_of(world.boris) == ["handed_over"]
    (line,) = lines(world.boris)
    assert (line.title, line.text) == ("Handed over to you, before with Anna Lind", "Нужен инженер")


def test_told_as_one_of_the_team_first_they_are_told_of_it_as_theirs_instead(world, quiet_start, kinds_of):
    olga = User.objects.create_user("olga@otklik.example", name="Olga Orlova")
    Membership.objects.create(team=world.second_line, user=olga)
    Team.objects.filter(pk=world.second_line.pk).update(strategy=Strategy.NONE)
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    commands.escalate(ticket.pk, team=world.second_line, reason="Нужен инженер", actor=world.as_anna)
    assert kinds_of(world.boris) == ["to_team"]
    commands.assign(ticket.pk, to=world.boris, actor=RULE)
    assert kinds_of(world.boris) == ["to_team", "handed_over"]
    unread = Notice.objects.filter(read_at=None)
    assert list(unread.filter(user=world.boris).values_list("kind", flat=True)) == ["handed_over"]
    assert list(unread.filter(user=olga).values_list("kind", flat=True)) == ["to_team"]


def test_escalated_from_a_queue_it_is_handed_over_without_a_name(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line)
    commands.escalate(ticket.pk, team=world.second_line, reason="Не наше", actor=world.as_anna)
    commands.assign(ticket.pk, to=world.boris, actor=RULE)
    assert kinds_of(world.boris) == ["handed_over"]
    assert lines(world.boris)[0].title == "Handed over to you"


def test_what_a_shift_left_in_the_queue_is_handed_over_when_somebody_gets_it(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line, assignee=world.maria)
    pass_on(ticket, None)
    commands.assign(ticket.pk, to=world.anna, actor=Actor.system("assignment:waiting"))
    assert kinds_of(world.anna) == ["handed_over"]
    assert lines(world.anna)[0].title == "Handed over to you, before with Maria Weber"


def test_after_somebody_else_had_it_an_escalation_is_history(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    commands.escalate(ticket.pk, team=world.second_line, reason="Нужен инженер", actor=world.as_anna)
    commands.assign(ticket.pk, to=world.egor, actor=RULE)
    commands.assign(ticket.pk, to=None, actor=RULE)
    commands.assign(ticket.pk, to=world.boris, actor=RULE)
    assert kinds_of(world.boris) == ["assigned"]


# --- from the shift itself -----------------------------------------------------------------------------


def test_a_shift_that_ends_tells_each_receiver_once(world, drain, monkeypatch):
    def it_is(text):
        monkeypatch.setattr(clock, "now", lambda: at(text))

    it_is("03-02 12:00")
    team = world.first_line
    team.memberships.all().delete()
    Team.objects.filter(pk=team.pk).update(shift_end=AtShiftEnd.HAND_OVER)
    team.refresh_from_db()
    rita, lena = agents(2, team, prefix="rita")
    works(rita, make_calendar("Day", 9, 18))
    works(lena, make_calendar("Late", 9, 22))
    watch()
    tickets = [world.ticket(team=team, assignee=rita) for _ in range(3)]
    commands.set_summary(tickets[1].pk, text="Ждём мастера", actor=Actor.user(rita))
    drain()
    Notice.objects.all().delete()
    it_is("03-02 18:00")
    assert watch() == 1
    drain()
    (line,) = lines(lena)
    assert (line.kind, line.who) == ("handed_over", rita.name)
    assert {each.ticket.pk: each.text for each in line.listed} == {
        tickets[0].pk: "", tickets[1].pk: "Ждём мастера", tickets[2].pk: "",
    }  # fmt: skip
    assert Notice.objects.count() == 1
