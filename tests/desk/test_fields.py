"""Properties of a ticket, each its own noun."""

import json
from zoneinfo import ZoneInfo

import pytest

from channels_in.models import Inbound
from common import clock
from journal.models import Entry
from tickets import commands
from tickets.models import Category, Priority, Tag


@pytest.fixture
def ticket(world):
    return world.ticket(team=world.first_line)


def test_assigning_and_undoing(world, ticket, anna):
    answer = anna.send(f"/tickets/{ticket.pk}/assignment/", {"assignee": world.anna.pk})
    words = answer.content.decode()
    assert "Assigned to Anna Lind" in words
    assert 'name="assignee" value=""' in words  # what Undo posts
    ticket.refresh_from_db()
    assert ticket.assignee == world.anna
    anna.send(f"/tickets/{ticket.pk}/assignment/", {"assignee": ""})
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_customer_cannot_be_assigned(world, ticket, anna):
    answer = anna.send(f"/tickets/{ticket.pk}/assignment/", {"assignee": world.carla.pk})
    assert answer.status_code == 422


def test_menus_come_when_they_open(world, ticket, anna):
    menu = anna.part(f"/tickets/{ticket.pk}/assignment/").content.decode()
    assert "Anna Lind" in menu
    assert "Carla" not in menu
    assert "<html" in anna.get(f"/tickets/{ticket.pk}/assignment/").content.decode()


def test_a_ticket_handed_to_another_team_leaves_the_screen(world, ticket, anna):
    answer = anna.send(f"/tickets/{ticket.pk}/team/", {"team": world.second_line.pk})
    assert "You no longer see this ticket" in answer.content.decode()
    assert "desk:close" in answer["HX-Trigger"]


def test_status_and_priority(world, ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/status/", {"status": world.status(Category.PENDING).pk})
    anna.send(f"/tickets/{ticket.pk}/priority/", {"priority": Priority.URGENT})
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority) == (Category.PENDING, Priority.URGENT)
    assert anna.send(f"/tickets/{ticket.pk}/priority/", {"priority": 9}).status_code == 422


def test_a_refusal_is_said_in_words_and_changes_nothing(world, ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/status/", {"status": world.status(Category.CLOSED).pk})
    answer = anna.send(f"/tickets/{ticket.pk}/status/", {"status": world.status(Category.PENDING).pk})
    assert answer.status_code == 422
    assert "cannot go from" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.category == Category.CLOSED


def test_a_new_ticket_solved_by_mistake_is_new_again_until_somebody_answers(world, ticket, anna):
    path, new, solved = f"/tickets/{ticket.pk}/status/", ticket.status, world.status(Category.RESOLVED)
    waited = ticket.waiting_since
    answer = anna.send(path, {"status": solved.pk}).content.decode()
    assert f'action="{path}"' in answer  # the toast's undo
    assert 'name="back"' in answer
    assert anna.send(path, {"status": new.pk}).status_code == 422  # by hand nothing becomes new
    anna.send(path, {"status": new.pk, "back": "on"})
    ticket.refresh_from_db()
    assert (ticket.category, ticket.waiting_since) == (Category.NEW, waited)
    anna.send(path, {"status": solved.pk})
    world.reply(ticket)
    assert anna.send(path, {"status": new.pk, "back": "on"}).status_code == 422


def test_tags_are_found_and_made(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/tags/", {"name": "Возврат"})
    anna.send(f"/tickets/{ticket.pk}/tags/", {"name": "возврат"})
    assert Tag.objects.count() == 1
    anna.send(f"/tickets/{ticket.pk}/tags/removal/", {"name": "Возврат"})
    assert not ticket.tags.exists()


def test_subject(ticket, anna):
    assert ticket.subject in anna.part(f"/tickets/{ticket.pk}/subject/").content.decode()
    anna.send(f"/tickets/{ticket.pk}/subject/", {"subject": "По-другому"})
    ticket.refresh_from_db()
    assert ticket.subject == "По-другому"


def test_participants_by_address(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/participants/", {"address": "Иван <ivan@severgrad.example>"})
    participant = ticket.participants.get()
    assert participant.contact.name == "Иван"
    assert anna.send(f"/tickets/{ticket.pk}/participants/", {"address": "nonsense"}).status_code == 422
    anna.send(f"/tickets/{ticket.pk}/participants/{participant.contact_id}/removal/")
    assert not ticket.participants.exists()


def test_contacts_as_one_types(world, anna):
    assert "Вера Ёлкина" in anna.part("/contacts/?q=вера").content.decode()
    assert "Вера Ёлкина" in anna.part("/contacts/?q=елкина").content.decode()
    assert "Вера Ёлкина" in anna.part("/contacts/?q=Ёлк").content.decode()
    assert anna.part("/contacts/?q=.*").content.decode().strip() == ""
    assert "vera@severgrad.example" in anna.part("/contacts/?q=severgrad").content.decode()
    assert anna.part("/contacts/?q=v").content.decode().strip() == ""


def test_spam_and_back(ticket, anna):
    answer = anna.send(f"/tickets/{ticket.pk}/spam/")
    assert f"/tickets/{ticket.pk}/spam/removal/" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.is_spam
    anna.send(f"/tickets/{ticket.pk}/spam/removal/")
    ticket.refresh_from_db()
    assert not ticket.is_spam


def test_merge_link_and_undo(world, ticket, anna):
    other = world.ticket(team=world.first_line)
    hidden = world.ticket(team=world.second_line)
    assert anna.send(f"/tickets/{ticket.pk}/merge/", {"number": f"#{hidden.pk}"}).status_code == 422
    answer = anna.send(f"/tickets/{ticket.pk}/merge/", {"number": f"#{other.pk}"})
    ticket.refresh_from_db()
    assert ticket.merged_into == other
    told = json.loads(answer["HX-Trigger"])["desk:told"]["html"]
    assert f"#{ticket.pk} is part of #{other.pk} now." in told
    assert f'hx-post="/tickets/{ticket.pk}/merge/removal/"' in told
    anna.send(f"/tickets/{ticket.pk}/merge/removal/")
    ticket.refresh_from_db()
    assert ticket.merged_into is None
    anna.send(f"/tickets/{ticket.pk}/links/", {"number": other.pk})
    assert ticket.links.get().other == other
    anna.send(f"/tickets/{ticket.pk}/links/{other.pk}/removal/")
    assert not ticket.links.exists()


@pytest.mark.parametrize("until", ["1h", "tomorrow", "monday", "week", f"{clock.now().year + 1}-02-01T10:00"])
def test_snooze(ticket, anna, until):
    anna.send(f"/tickets/{ticket.pk}/snooze/", {"until": until})
    ticket.refresh_from_db()
    assert ticket.snoozed_until is not None
    anna.send(f"/tickets/{ticket.pk}/snooze/removal/")
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None


def test_nine_in_the_morning_is_nine_where_the_reader_is(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/snooze/", {"until": "tomorrow", "zone": "Asia/Tokyo"})
    ticket.refresh_from_db()
    assert ticket.snoozed_until.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M") == "09:00"


def test_a_snooze_needs_a_time_to_come(ticket, anna):
    for until in ("nonsense", "2001-01-01T10:00"):
        assert anna.send(f"/tickets/{ticket.pk}/snooze/", {"until": until}).status_code == 422


def test_only_an_administrator_deletes(world, ticket, anna, by):
    assert anna.send(f"/tickets/{ticket.pk}/deletion/").status_code == 403
    oleg = by(world.oleg)
    oleg.send(f"/tickets/{ticket.pk}/deletion/")
    assert oleg.get(f"/tickets/{ticket.pk}/").status_code == 404
    oleg.send(f"/tickets/{ticket.pk}/deletion/removal/")
    assert oleg.get(f"/tickets/{ticket.pk}/").status_code == 200


def test_nothing_is_written_by_looking(world, ticket, anna):
    before = Entry.objects.count()
    for path in ("", "conversation/", "assignment/", "tags/", "status/", "subject/"):
        anna.get(f"/tickets/{ticket.pk}/{path}")
    assert Entry.objects.count() == before
    assert not ticket.read_marks.exists()


def test_following(world, ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/following/")
    assert ticket.followers.get().user == world.anna
    anna.send(f"/tickets/{ticket.pk}/following/removal/")
    assert not ticket.followers.exists()


def test_a_redacted_text_is_gone_from_the_page(ticket, anna):
    message = ticket.messages.get()
    anna.send(f"/messages/{message.pk}/redaction/", {"text": "Кофемашина"})
    assert "Кофемашина" not in anna.get(f"/tickets/{ticket.pk}/").content.decode()


def test_nor_does_the_raw_source_keep_it(world, ticket, anna):
    message = ticket.messages.get()
    row = Inbound.objects.create(
        inbox=world.inbox, external_id="x@y", content_hash="0" * 64, size=1, via="smtp", status="done",
        raw="Subject: hi\r\nX-Card: Кофемашина\r\n\r\nКофемашина не включается".encode(), message=message,
        received_at=clock.now(), ticket=ticket,
    )  # fmt: skip
    anna.send(f"/messages/{message.pk}/redaction/", {"text": "Кофемашина"})
    row.refresh_from_db()
    assert bytes(row.raw) == b"Subject: hi\r\n\r\n[blacked out]"


def test_splitting_a_message_off(world, ticket, anna):
    message = world.receive(ticket, "Совсем другой вопрос")
    anna.send(f"/tickets/{ticket.pk}/split/", {"message": message.pk})
    message.refresh_from_db()
    assert message.ticket_id != ticket.pk


def test_undoing_a_split_brings_the_message_back(world, ticket, anna):
    message = world.receive(ticket, "Совсем другой вопрос")
    answer = anna.send(f"/tickets/{ticket.pk}/split/", {"message": message.pk}).content.decode()
    message.refresh_from_db()
    assert f'hx-post="/tickets/{message.ticket_id}/merge/"' in answer
    assert f'name="number" value="{ticket.pk}"' in answer
    anna.send(f"/tickets/{message.ticket_id}/merge/", {"number": ticket.pk})
    assert "Совсем другой вопрос" in anna.get(f"/tickets/{ticket.pk}/").content.decode()


def test_words_in_the_readers_language(world, ticket, anna):
    world.anna.language = "ru"
    world.anna.save()
    commands.set_priority(ticket.pk, priority=4, actor=world.as_anna)
    assert 'lang="ru"' in anna.get(f"/tickets/{ticket.pk}/").content.decode()
