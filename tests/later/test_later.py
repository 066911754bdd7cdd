"""Replies that leave at a time: scheduled, sent, kept back, taken up again."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels_in import later as sending
from common import clock
from journal.actor import Actor
from journal.models import Entry
from notifications.models import Notice
from tests.desk.conftest import BACKEND, Desk
from tests.world import World
from tickets import commands
from tickets.content import Content
from tickets.errors import Collision, Invalid, TooLate
from tickets.models import Attachment, Category, Draft, LaterReply, Message, MessageKind, Ticket
from tickets.tasks import LOOSE_UPLOADS_LIVE, forget_stale

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
State = LaterReply.State


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.ticket(team=world.first_line)


@pytest.fixture
def browser(world: World, settings, tmp_path, monkeypatch) -> Desk:
    monkeypatch.setattr("django.contrib.staticfiles.storage.staticfiles_storage.url", lambda name: f"/{name}")
    settings.MEDIA_ROOT = tmp_path
    desk = Desk()
    desk.force_login(world.anna, backend=BACKEND)
    return desk


@pytest.fixture
def scheduled(world: World, ticket: Ticket):
    def make(**given) -> LaterReply:
        to = [{"name": "Вера", "address": "vera@severgrad.example"}]
        content = Content(text="Как вы там?", html="<div>Как вы там?</div>", to=to)
        given = {"user": world.anna, "content": content, "due_at": clock.now() + HOUR, **given}
        return commands.schedule_reply(ticket.pk, **given)

    return make


@pytest.fixture
def later_on(monkeypatch):
    """Let so much time pass."""

    def pass_by(delta: timedelta) -> None:
        now = clock.now() + delta
        monkeypatch.setattr(clock, "now", lambda: now)

    return pass_by


def replies(ticket: Ticket) -> list[str]:
    return list(Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY).values_list("text", flat=True))


def kinds(ticket: Ticket) -> list[str]:
    rows = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind__contains="reply_")
    return list(rows.order_by("sequence").values_list("kind", flat=True))


def test_it_leaves_when_its_time_has_come_and_not_before(world, ticket, scheduled, later_on):
    later = scheduled(status=world.status(Category.PENDING))
    assert sending.sweep() == 0
    assert replies(ticket) == []
    waiting = Ticket.objects.get(pk=ticket.pk).waiting_since
    assert waiting is not None, "a reply that has not left answers nobody"
    later_on(HOUR)
    assert sending.sweep() == 1
    assert sending.sweep() == 0
    later.refresh_from_db()
    assert (later.state, later.message.text, later.message.author_user) == (
        State.SENT,
        "Как вы там?",
        world.anna,
    )
    assert replies(ticket) == ["Как вы там?"]
    assert kinds(ticket) == ["reply_scheduled", "reply_posted"]
    ticket.refresh_from_db()
    assert (ticket.category, ticket.waiting_since) == (Category.PENDING, None)


def test_what_the_customer_writes_before_keeps_it_back(world, ticket, scheduled, later_on):
    kept, stubborn = scheduled(), scheduled(unless_written=False)
    later_on(timedelta(minutes=5))
    world.receive(ticket, "Уже работает, спасибо")
    assert sending.sweep() == 0
    kept.refresh_from_db()
    assert kept.state == State.OVERTAKEN, "at once, not when it would have left"
    later_on(HOUR)
    assert sending.sweep() == 1
    kept.refresh_from_db()
    stubborn.refresh_from_db()
    assert (kept.state, stubborn.state) == (State.OVERTAKEN, State.SENT)
    assert len(replies(ticket)) == 1


def test_a_message_that_came_in_the_last_moment_is_seen_too(world, ticket, scheduled, later_on, monkeypatch):
    later = scheduled()
    later_on(HOUR)
    world.receive(ticket, "Ещё вопрос")
    assert sending.settle(later.pk) is None
    later.refresh_from_db()
    assert later.state == State.OVERTAKEN


def test_its_author_is_told_why(world, ticket, scheduled, later_on, drain):
    later = scheduled()
    later_on(timedelta(minutes=5))
    world.receive(ticket, "Ещё вопрос")
    sending.sweep()
    drain()
    notice = Notice.objects.get(user=world.anna, kind="reply_kept_back")
    assert (notice.ticket, notice.data["why"]) == (ticket, "overtaken")
    commands.drop_later(later.pk, actor=world.as_anna)
    drain()
    assert Notice.objects.filter(kind="reply_kept_back").count() == 1, "of one's own wish nobody is told"


def test_one_that_may_not_go_any_more_says_so_and_stays(world, ticket, scheduled, later_on):
    later = scheduled(way="thread:4711")
    other = scheduled()
    later_on(HOUR)
    assert sending.sweep() == 1
    later.refresh_from_db()
    assert later.state == State.REFUSED
    assert "no longer be reached" in later.reason
    world.anna.is_active = False
    world.anna.save()
    third = LaterReply.objects.create(
        ticket=ticket, user=world.anna, text="x", due_at=clock.now(), created_at=clock.now()
    )
    assert sending.sweep() == 0
    third.refresh_from_db()
    assert third.state == State.REFUSED
    assert other.state == State.WAITING
    assert len(replies(ticket)) == 1


def test_one_that_breaks_comes_back_and_holds_up_no_other(world, scheduled, later_on, monkeypatch):
    broken, other = scheduled(), scheduled()
    later_on(HOUR)
    send = sending._send

    def breaking(ticket, later):
        if later.pk == broken.pk:
            raise ZeroDivisionError
        return send(ticket, later)

    monkeypatch.setattr(sending, "_send", breaking)
    assert sending.sweep() == 1
    broken.refresh_from_db()
    other.refresh_from_db()
    assert (broken.state, broken.reason) == (State.REFUSED, "Something went wrong on our side")
    assert other.state == State.SENT


def test_back_into_the_composer_below_what_is_there(world, ticket, scheduled):
    later = scheduled()
    Draft.objects.create(ticket=ticket, user=world.anna, kind="reply", html="<div>Начато</div>")
    commands.take_back(later.pk, actor=world.as_anna)
    draft = Draft.objects.get()
    assert draft.html == "<div>Начато</div><div><br></div><div>Как вы там?</div>"
    assert draft.to == [{"name": "Вера", "address": "vera@severgrad.example"}]
    commands.take_back(later.pk, actor=world.as_anna)
    assert Draft.objects.get().html == draft.html, "twice is once"
    assert kinds(ticket) == ["reply_scheduled", "reply_kept_back"]


def test_one_that_has_left_is_not_taken_back(world, scheduled):
    later = scheduled()
    assert sending.settle(later.pk, now=True) is not None
    for verb in (commands.take_back, commands.drop_later):
        with pytest.raises(TooLate):
            verb(later.pk, actor=world.as_anna)


def test_sent_in_spite_of_what_kept_it_back(world, ticket, scheduled, later_on):
    later = scheduled()
    later_on(timedelta(minutes=5))
    world.receive(ticket, "Ещё вопрос")
    sending.sweep()
    message = sending.settle(later.pk, now=True)
    assert message is not None
    again = sending.settle(later.pk, now=True)
    assert (again, len(replies(ticket))) == (message, 1)


def test_it_goes_with_its_ticket_where_that_is_merged(world, ticket, scheduled, later_on):
    survivor = world.ticket()
    later = scheduled()
    commands.merge(ticket.pk, into=survivor.pk, actor=world.as_anna)
    later_on(HOUR)
    assert sending.sweep() == 1
    later.refresh_from_db()
    assert later.message.ticket == survivor


def test_nonsense_is_refused(world, ticket, scheduled):
    now = clock.now()
    for due in (now, now - HOUR, now + timedelta(days=367)):
        with pytest.raises(Invalid):
            scheduled(due_at=due)
    with pytest.raises(Collision):
        scheduled(based_on=0)
    for _each in range(10):
        scheduled()
    with pytest.raises(Invalid):
        scheduled()


def test_its_files_are_kept_as_long_as_it_waits(world, ticket, scheduled, browser, later_on):
    answer = browser.send(f"/tickets/{ticket.pk}/attachments/", {"file": _file()})
    assert answer.status_code == 200
    upload = Attachment.objects.get()
    later = scheduled(attachment_ids=[upload.pk])
    later_on(LOOSE_UPLOADS_LIVE + HOUR)
    forget_stale()
    assert Attachment.objects.filter(pk=upload.pk).exists()
    commands.drop_later(later.pk, actor=world.as_anna)
    forget_stale()
    assert not Attachment.objects.filter(pk=upload.pk).exists()


def _file() -> SimpleUploadedFile:
    return SimpleUploadedFile("план.txt", b"one")


# --- on the page ---------------------------------------------------------------------------------
def form(**given):
    return {"kind": "reply", "text": "Напомню", "to": "vera@severgrad.example", "way": "email", **given}


def test_the_menu_offers_times_that_are_still_to_come(ticket, browser):
    page = browser.part(f"/tickets/{ticket.pk}/later/").content.decode()
    assert "Tomorrow morning" in page
    assert 'name="unless_written"' in page


def test_by_the_composer_and_back(world, ticket, browser):
    due = (clock.now() + HOUR).isoformat()
    answer = browser.send(f"/tickets/{ticket.pk}/messages/", form(later=due, unless_written="on", key="k1"))
    page = answer.content.decode()
    assert answer.status_code == 200
    later = LaterReply.objects.get()
    assert (later.text, later.unless_written, later.state) == ("Напомню", True, State.WAITING)
    assert f'id="later-{later.pk}"' in page
    assert "unless the customer writes before" in page
    again = browser.send(f"/tickets/{ticket.pk}/messages/", form(later=due, unless_written="on", key="k1"))
    assert again.status_code == 200
    assert LaterReply.objects.count() == 1, "the same form twice"
    assert replies(ticket) == []
    browser.send(f"/tickets/{ticket.pk}/later/{later.pk}/removal/")
    assert Draft.objects.get().html.startswith("<p>Напомню")


def test_at_a_time_of_ones_own_as_ones_clock_shows_it(world, ticket, browser):
    world.anna.time_zone = "Asia/Tbilisi"
    world.anna.save()
    wanted = (clock.now() + timedelta(days=2)).replace(hour=8, minute=30, second=0, microsecond=0)
    typed = (wanted + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M")
    answer = browser.send(f"/tickets/{ticket.pk}/messages/", form(later="own", later_at=typed))
    assert answer.status_code == 200
    later = LaterReply.objects.get()
    assert (later.due_at, later.unless_written) == (wanted, False)


@pytest.mark.parametrize(
    "later", ["yesterday", "2020-01-01T10:00:00+00:00", "9999-12-31T23:59:59+00:00", "own"]
)
def test_what_is_no_time_is_said_and_nothing_is_lost(ticket, browser, later):
    answer = browser.send(f"/tickets/{ticket.pk}/messages/", form(later=later))
    assert answer.status_code in {409, 422}
    assert not LaterReply.objects.exists()
    assert replies(ticket) == []


def test_a_promise_goes_with_a_reply_that_leaves_at_once(ticket, browser):
    soon = (clock.now() + HOUR).isoformat()
    assert browser.send(f"/tickets/{ticket.pk}/messages/", form(later=soon, promise=soon)).status_code == 422


def test_only_its_author_sends_it_and_others_see_it(world, ticket, scheduled, browser):
    later = scheduled(user=world.maria)
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f'id="later-{later.pk}"' in page
    assert f"/later/{later.pk}/sending/" not in page
    for act in ("sending", "removal", "deletion"):
        assert browser.send(f"/tickets/{ticket.pk}/later/{later.pk}/{act}/").status_code >= 400
    later.refresh_from_db()
    assert later.state == State.WAITING
    other = world.ticket(team=world.first_line)
    assert browser.send(f"/tickets/{other.pk}/later/{later.pk}/removal/").status_code == 404


def test_a_page_costs_the_same_whatever_waits(ticket, scheduled, browser):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get(f"/tickets/{ticket.pk}/")
        return len(asked)

    scheduled()
    cost()
    one = cost()
    scheduled()
    scheduled()
    assert cost() == one


def test_actor_is_a_system(world, ticket, scheduled, later_on):
    later = scheduled()
    later_on(timedelta(minutes=1))
    world.receive(ticket, "Ещё")
    sending.sweep()
    entry = Entry.objects.get(kind="reply_kept_back")
    assert (entry.actor_kind, entry.data["later_id"]) == (Actor.system("x").kind, later.pk)
