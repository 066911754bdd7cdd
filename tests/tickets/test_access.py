"""The one door: who sees what."""

import pytest

from people.access import Permission, may
from tickets import commands, files, search
from tickets.content import Content, FileContent
from tickets.models import Attachment, Ticket


@pytest.fixture
def tickets(world):
    made = {
        "first": world.ticket(team=world.first_line),
        "second": world.ticket(team=world.second_line),
        "nobody": world.ticket(),
        "annas": world.ticket(team=world.second_line, assignee=world.anna),
        "deleted": world.ticket(team=world.first_line),
    }
    commands.delete(made["deleted"].pk, actor=world.as_anna)
    return made


def seen(user, tickets):
    visible = set(Ticket.objects.visible_to(user).values_list("pk", flat=True))
    return {name for name, ticket in tickets.items() if ticket.pk in visible}


def test_what_each_role_sees(world, tickets):
    assert seen(world.anna, tickets) == {"first", "nobody", "annas"}
    assert seen(world.boris, tickets) == {"second", "nobody", "annas"}
    assert seen(world.egor, tickets) == {"second", "annas"}
    assert seen(world.maria, tickets) == seen(world.oleg, tickets) == {"first", "second", "nobody", "annas"}
    assert seen(world.carla, tickets) == set()


def test_following_lets_one_see(world, tickets):
    commands.follow(tickets["first"].pk, user=world.egor, actor=world.as_anna)
    assert "first" in seen(world.egor, tickets)
    commands.unfollow(tickets["first"].pk, user=world.egor, actor=world.as_anna)
    assert "first" not in seen(world.egor, tickets)


def test_who_has_left_sees_nothing(world, tickets):
    world.maria.is_active = False
    assert seen(world.maria, tickets) == set()
    assert not may(world.maria, Permission.READ)


def test_what_each_role_may(world):
    assert may(world.anna, Permission.REPLY)
    assert not may(world.anna, Permission.DELETE)
    assert may(world.egor, Permission.NOTE)
    assert not may(world.egor, Permission.REPLY)
    assert not may(world.maria, Permission.MANAGE_INBOXES)
    assert may(world.oleg, Permission.MANAGE_INBOXES)
    assert not any(may(world.carla, permission) for permission in Permission)


def test_what_was_merged_is_shown_with_its_survivor(world, tickets):
    """Found in review: the conversation showed the words, but neither the mail's frame nor its files."""
    message = world.receive(tickets["second"], "Вот накладная")
    file = files.attach(message, [FileContent("накладная.txt", "text/plain", b"x")])[0]
    assert files.open_token(files.token(file, world.anna)) is None
    assert not Ticket.objects.shown_to(world.anna, tickets["second"].pk)
    commands.merge(tickets["second"].pk, into=tickets["first"].pk, actor=world.as_anna)
    assert Ticket.objects.shown_to(world.anna, tickets["second"].pk)
    assert files.open_token(files.token(file, world.anna)) is not None
    assert not Ticket.objects.shown_to(world.carla, tickets["second"].pk)
    commands.delete(tickets["first"].pk, actor=world.as_anna)
    assert not Ticket.objects.shown_to(world.anna, tickets["second"].pk)


def test_search_goes_through_the_door(world, tickets):
    def found(user):
        return {result.ticket.pk for result in search.search("кофемашина", user).results}

    assert tickets["second"].pk not in found(world.anna)
    assert tickets["second"].pk in found(world.boris)
    assert tickets["deleted"].pk not in found(world.oleg)
    assert found(world.carla) == set()
    assert search.search(str(tickets["second"].pk), world.anna).results == []


def test_a_signed_address_is_bound_to_reader_time_and_door(
    world, tickets, settings, tmp_path, client, monkeypatch
):
    settings.MEDIA_ROOT = tmp_path
    world.organization.save()
    note = Content(text="лог", files=[FileContent("log.txt", "text/html", b"<script>alert(1)</script>")])
    commands.post_note(tickets["second"].pk, user=world.boris, content=note)
    attachment = Attachment.objects.get()

    answer = client.get(files.signed_url(attachment, world.boris))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream", "never what the sender claims"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"

    assert client.get(files.signed_url(attachment, world.anna)).status_code == 404, "not hers to see"
    good = files.signed_url(attachment, world.boris)
    assert client.get(good.replace("/files/", "/files/x")).status_code == 404
    assert client.post(good).status_code == 405
    monkeypatch.setattr(files, "URL_SECONDS", -1)
    assert client.get(good).status_code == 404, "too old"


def test_an_image_is_shown_in_place(world, tickets, settings, tmp_path, client):
    settings.MEDIA_ROOT = tmp_path
    note = Content(text="скрин", files=[FileContent("../../etc/экран.png", "image/png", b"\x89PNG")])
    commands.post_note(tickets["first"].pk, user=world.anna, content=note)
    attachment = Attachment.objects.get()
    assert attachment.name == "_.._etc_экран.png"
    answer = client.get(files.signed_url(attachment, world.anna))
    assert answer["Content-Type"] == "image/png"
    answer.close()


def test_uploads_belong_to_who_made_them(world, tickets, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    mine = files.upload(tickets["first"], world.anna, FileContent("a.txt", "text/plain", b"a"))
    theirs = files.upload(tickets["first"], world.boris, FileContent("b.txt", "text/plain", b"b"))
    reply = world.reply(tickets["first"], attachment_ids=[mine.pk, theirs.pk, 999_999])

    assert list(reply.attachments.values_list("name", flat=True)) == ["a.txt"]
    again = world.reply(tickets["first"], attachment_ids=[mine.pk])
    assert not again.attachments.exists(), "a file goes out once"


def test_a_full_disk_posts_nothing_and_says_so(world, tickets, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    count = tickets["first"].messages.count()
    with pytest.raises(OSError, match="No space"):
        commands.post_note(
            tickets["first"].pk,
            user=world.anna,
            content=Content(files=[FileContent("a", "text/plain", b"a")]),
        )
    assert tickets["first"].messages.count() == count
    assert not list(tmp_path.rglob(".part-*"))
