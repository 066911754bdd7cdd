"""The bell, its panel and the page of notices."""

import pytest
from django.utils import timezone

from journal.actor import Actor
from notifications.models import Notice
from notifications.reading import MOST, unread_count
from people.models import Membership
from tickets import commands


@pytest.fixture
def told(world, quiet_start, drain):
    """A ticket of Anna's with one unread notice; ``told.again(text)`` for more."""
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    world.receive(ticket, "Где мастер?")
    drain()
    return ticket


def more(user, ticket, number):
    """So many further notices, all of one instant."""
    given = {"user": user, "ticket": ticket, "kind": "rule", "entry_id": 1, "actor_kind": "system"}
    at = timezone.now()
    Notice.objects.bulk_create(Notice(about=str(n), at=at, **given) for n in range(number))


def count_of(answer):
    body = answer.content.decode()
    start = body.find("bell-count")
    return int(body[start:].split(">")[1].split("<")[0]) if start >= 0 else 0


def test_every_page_has_the_bell_with_the_count(told, anna):
    for path in ("/views/", "/profile/", "/search/", f"/tickets/{told.pk}/", "/notices/"):
        answer = anna.get(path, follow=True)
        if path != "/views/":  # a fragment
            assert count_of(answer) == 1, path


def test_the_page_tells_what_happened_who_said_what_and_where(told, anna, world):
    body = anna.get("/notices/").content.decode()
    for words in ("New answer", "Вера Ёлкина", "Где мастер?", f"#{told.pk}", told.subject):
        assert words in body
    assert f'href="/tickets/{told.pk}/"' in body


def test_nobody_sees_anybody_elses(told, maria, egor):
    for browser in (maria, egor):
        assert "Где мастер?" not in browser.get("/notices/").content.decode()
        assert browser.send(f"/notices/{Notice.objects.get().pk}/reading/").status_code == 404
    assert Notice.objects.get().is_unread


def test_what_one_may_no_longer_see_is_not_shown(world, told, anna):
    commands.assign(told.pk, to=None, actor=Actor.user(world.maria))
    commands.set_team(told.pk, team=world.second_line, actor=Actor.user(world.maria))
    answer = anna.get("/notices/")
    assert "Где мастер?" not in answer.content.decode()
    assert count_of(answer) == 0


def test_one_is_marked_read_with_and_without_scripts(told, anna):
    notice = Notice.objects.get()
    answer = anna.send(f"/notices/{notice.pk}/reading/")
    body = answer.content.decode()
    assert f'id="notice-{notice.pk}"' in body
    assert "is-unread" not in body
    assert 'id="bell"' in body
    assert count_of(answer) == 0
    Notice.objects.update(read_at=None)
    assert anna.post(f"/notices/{notice.pk}/reading/")["Location"] == "/notices/"
    assert not Notice.objects.get().is_unread


def test_all_are_marked_read_but_not_what_came_since(world, told, anna, drain, quiet_start):
    seen = Notice.objects.get().at
    later = world.ticket(team=world.first_line)
    commands.assign(later.pk, to=world.anna, actor=Actor.user(world.maria))
    drain()
    anna.send("/notices/reading/", {"until": seen.isoformat(), "panel": "1"})
    assert [n.kind for n in Notice.objects.filter(read_at=None)] == ["assigned"]
    anna.post("/notices/reading/")
    assert not Notice.objects.filter(read_at=None).exists()


@pytest.mark.parametrize("until", ["", "x", "2020-99-99T00:00:00", "2026-01-01T00:00:00", "\x00"])
def test_nonsense_about_until_when_breaks_nothing(told, anna, until):
    assert anna.send("/notices/reading/", {"until": until}).status_code == 200


def test_reading_the_ticket_reads_its_notices(world, told, anna):
    told.refresh_from_db()
    anna.send(f"/tickets/{told.pk}/reading/", {"message": told.last_message_id})
    assert unread_count(world.anna) == 0


def test_looking_at_the_ticket_reads_its_notices(world, told, anna):
    assert count_of(anna.send(f"/tickets/{told.pk}/notices/reading/")) == 0
    assert unread_count(world.anna) == 0


def test_opening_by_get_writes_nothing(world, told, anna):
    anna.get(f"/tickets/{told.pk}/")
    anna.part("/notices/?panel")
    assert unread_count(world.anna) == 1


def test_the_count_is_bounded(world, told, anna):
    base = Notice.objects.get()
    more(world.anna, told, MOST + 20)
    assert unread_count(world.anna) == MOST + 1
    assert "99+" in anna.get("/notices/bell/").content.decode()
    assert base.is_unread


def test_pages_follow_each_other_without_gap_or_repeat(world, told, anna):
    more(world.anna, told, 70)
    seen, path = [], "/notices/"
    while path:
        body = anna.get(path, headers={"HX-Request": "true"} if "after" in path else {}).content.decode()
        seen += [part.split('"')[0] for part in body.split('id="notice-')[1:]]
        path = (
            "/notices/?after=" + body.split("/notices/?after=")[1].split('"')[0] if "?after=" in body else ""
        )
    assert len(seen) == len(set(seen)) == 71


@pytest.mark.parametrize(
    "after", ["x", "W10=", "WzEsMl0=", "WyJ4IiwxXQ==", "WyIyMDI2LTAxLTAxVDAwOjAwIiwxXQ==", "é"]
)
def test_a_broken_place_is_the_beginning(told, anna, after):
    assert "Где мастер?" in anna.get("/notices/", {"after": after}).content.decode()


def test_experts_have_a_bell_too(world, egor, quiet_start, drain):
    ticket = quiet_start(team=world.second_line)
    Membership.objects.filter(user=world.boris).delete()
    world.receive(ticket, "Ау?")
    drain()
    assert count_of(egor.get("/notices/")) == 1
