"""Every address of the product, asked by everybody: nothing opens that should not, and nothing breaks."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import URLPattern, URLResolver, get_resolver

from channels_in.models import BlockedSender, Inbound
from channels_in.models.outbound import Outbound
from common import clock
from journal.actor import Actor
from journal.models import Entry
from people.access import Permission
from people.commands import roles, users
from people.models import Identity, StaffRole
from people.placing import built_in
from tickets import commands
from tickets.commands.broadcasts import Addressee
from tickets.content import Content, FileContent
from tickets.models import Attachment, Tag, View

# Open to strangers by intent.
OPEN = {"healthz", "readyz", "setup", "language", "theme", "file", "form_loader"}
OPEN |= {"chat_loader", "chat_script", "chat_style"}
SIGNED_OUT = ("/accounts/login/", "/setup/")


def walk(resolver=None, prefix=""):
    """(route, name, names of its parameters) of every pattern."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.name, tuple(entry.pattern.converters)


def patterns():
    return [found for found in walk() if not found[0].startswith(("accounts/", "static/", "media/"))]


@pytest.fixture
def secret(world, settings, tmp_path):
    """A ticket of the second line with everything on it, which Anna of the first line must not see."""
    settings.MEDIA_ROOT = tmp_path
    ticket = world.ticket("Секретное письмо", subject="Секретная тема", team=world.second_line)
    note = commands.post_note(
        ticket.pk,
        user=world.boris,
        content=Content(text="Секретная заметка", files=[FileContent("secret.txt", "text/plain", b"secret")]),
    )
    inbound = Inbound.objects.create(
        inbox=world.inbox, external_id="x@y", content_hash="0" * 64, raw=b"Subject: secret\r\n\r\nsecret",
        size=26, via="smtp", received_at=clock.now(), status="quarantined", cause="too-large",
    )  # fmt: skip
    reply = world.reply(ticket, "Секретный ответ", user=world.boris)
    outbound = Outbound.objects.create(
        message=reply, inbox=world.inbox, external_id="a@b", not_before=clock.now(), status="failed"
    )
    other = world.ticket("Другое", team=world.second_line)
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="x", user=world.boris)
    problem = commands.open_problem(actor=Actor.user(world.boris), title="Общая причина", owner=world.boris)
    commands.link_problem(ticket.pk, problem_id=problem.pk, actor=Actor.user(world.boris))
    addressee = Addressee(world.vera.pk, ticket.pk, "ru")
    told = commands.start_broadcast(problem.pk, user=world.boris, texts={"ru": "Готово"}, to=[addressee])
    tag = Tag.objects.create(name="vip")
    blocked = BlockedSender.objects.create(pattern="@spam.example")
    ids = {
        "ticket_id": ticket.pk, "message_id": note.pk, "attachment_id": Attachment.objects.get().pk,
        "inbound_id": inbound.pk, "inbox_id": world.inbox.pk, "user_id": world.anna.pk,
        "team_id": world.second_line.pk, "brand_id": world.brand.pk, "contact_id": world.vera.pk,
        "other_id": other.pk, "side_thread_id": side.pk, "outbound_id": outbound.pk, "blocked_id": blocked.pk,
        "view_id": View.objects.get(key="open").pk, "token": "x", "name": "x", "pk": 1, "delivery_id": 1,
        "problem_id": problem.pk, "broadcast_id": told.pk, "tag_id": tag.pk, "status_id": ticket.status_id,
        "role_id": StaffRole.objects.get(key="manager").pk,
        "identity_id": Identity.objects.first().pk, "entry_id": 1, "number": 1, "sender_id": blocked.pk,
    }  # fmt: skip
    return defaultdict(lambda: 1, ids)


def address(route, parameters, ids):
    path = route
    for name in parameters:
        for converter in ("int", "str", "slug", "path"):
            path = path.replace(f"<{converter}:{name}>", str(ids[name]))
    return "/" + path


@pytest.fixture
def ask(client, secret, monkeypatch):
    """Ask an address as somebody, by GET or POST; a crash is a failure, not an answer."""

    def asked(user, route, parameters, method):
        client.raise_request_exception = True
        if user is None:
            client.logout()
        else:
            client.force_login(user, backend="people.backends.Backend")
        return getattr(client, method)(address(route, parameters, secret))

    # Pages name static files whose hashes only exist after collectstatic.
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")
    return asked


def refused(answer):
    if answer.status_code in {301, 302}:
        return answer["Location"].startswith(SIGNED_OUT)
    return answer.status_code in {401, 403, 404, 405}


def body(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["nobody", "carla"])
def test_strangers_and_customers_reach_nothing(world, ask, who, method):
    user = None if who == "nobody" else world.carla
    opened = [
        (route, answer.status_code)
        for route, name, parameters in patterns()
        if name not in OPEN and not refused(answer := ask(user, route, parameters, method))
    ]
    assert opened == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_agent_of_another_team_reaches_nothing_of_a_ticket(world, ask, method):
    for route, name, parameters in patterns():
        if {"ticket_id", "message_id", "attachment_id", "outbound_id"} & set(parameters):
            answer = ask(world.anna, route, parameters, method)
            assert answer.status_code in {403, 404, 405}, (name, answer.status_code)


@pytest.mark.parametrize("who", ["anna", "egor", "maria", "oleg", "boris"])
def test_no_page_breaks_and_none_tells_of_what_one_may_not_see(world, ask, who):
    user = getattr(world, who)
    for route, name, parameters in patterns():
        answer = ask(user, route, parameters, "get")
        assert answer.status_code < 500 or name == "readyz", (name, answer.status_code)
        if who == "anna":
            assert "екретн" not in body(answer), name


def test_who_may_everything_but_sees_little_is_told_of_no_more(world, ask):
    """A role of a company's own: the settings' pages name tickets, too."""
    role = roles.create_role(actor=Actor.system("test"), name="Office", like=built_in("administrator"))
    every = [str(one) for one in Permission]
    roles.change_role(role.pk, actor=Actor.system("test"), permissions=every, access="own")
    users.change_user(world.anna.pk, actor=Actor.system("test"), role=role.code)
    nora = type(world.anna).objects.get(pk=world.anna.pk)
    opened = 0
    for route, name, parameters in patterns():
        answer = ask(nora, route, parameters, "get")
        assert answer.status_code < 500 or name == "readyz", (name, answer.status_code)
        opened += answer.status_code == 200 and route.startswith("settings/")
        assert "екретн" not in body(answer), name
    assert opened > 40, "it has seen the settings"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["anna", "egor"])
def test_agents_change_no_settings(world, ask, who, method):
    opened = [
        (route, answer.status_code)
        for route, _name, parameters in patterns()
        if route.startswith("settings/")
        and not refused(answer := ask(getattr(world, who), route, parameters, method))
    ]
    assert opened == []


NOT_FOR_EXPERTS = {
    "status", "priority", "assignment", "team", "topic", "subject", "tags", "merge", "spam", "deletion",
    "redaction", "split", "withdrawal", "delivery", "participants", "side_threads", "new_ticket",
    "new_problem", "problem_details", "problem_stage", "problem_message", "ticket_problem",
    "ticket_problem_removal", "broadcast_stopping", "broadcast_stopping_removal", "problem_deletion",
    "problem_merging",
}  # fmt: skip


def test_experts_write_notes_and_change_nothing(world, ask, secret):
    for route, name, parameters in patterns():
        if name in NOT_FOR_EXPERTS:
            answer = ask(world.egor, route, parameters, "post")
            assert answer.status_code in {403, 404, 405}, (name, answer.status_code)


def test_reading_changes_nothing(world, ask, secret):
    """No GET writes, whatever it is asked: the journal and the tickets stay as they are."""
    before = Entry.objects.count()
    for route, _name, parameters in patterns():
        ask(world.oleg, route, parameters, "get")
    assert Entry.objects.count() == before
