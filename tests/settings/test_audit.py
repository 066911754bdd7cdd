"""The audit of changes: who changed what, from what to what, found by person, kind, period and thing."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import get_args, get_origin

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_in import blocking
from channels_in.inboxes import change_inbox
from common import clock
from desk.audit import reading
from desk.audit.sentences import sentence
from desk.audit.things import GROUPS, SORTS
from journal import events
from journal.actor import Actor
from journal.models import BY_MACHINES, Entry
from journal.settings_log import record_settings
from people.commands.teams import change_team
from people.commands.users import change_user
from routing.commands import save_rule, switch_rule
from tickets import commands
from tickets.commands.custom_fields import create_field

AUDIT = "/settings/audit/"


@pytest.fixture
def boss(world):
    return Actor.user(world.oleg)


def rule(tag, actor, rule_id=None):
    definition = {
        "trigger": {"on": "ticket_opened"},
        "conditions": {},
        "actions": [{"do": "add_tags", "value": [tag]}],
        "stop": False,
    }
    return save_rule(rule_id, name="Marker", definition=definition, actor=actor)


def test_an_administrator_reads_who_changed_what_and_nobody_else_does(world, oleg, by, boss):
    change_user(world.anna.pk, actor=boss, role="manager", teams=[world.second_line])
    change_team(world.first_line.pk, actor=boss, name="Front line", is_active=True, members=[world.anna])
    made = rule("first", boss)
    rule("second", boss, made.pk)
    switch_rule(made.pk, is_enabled=True, actor=boss)
    page = oleg.get(AUDIT).text
    assert f'<a href="/settings/users/{world.anna.pk}/">Changed: colleague Anna Lind</a>' in page
    assert "Saved: rule “Marker”, version 2" in page and "Switched on: rule “Marker”" in page
    assert '<del aria-label="before">First line</del>' in page and "Front line</ins>" in page
    assert page.count("Second line</ins>") == 1, "keys of teams are names"
    assert "first" in page.split("version 2</a>")[1].split("<li")[0], "what the version before said"
    for who in ("anna", "boris", "maria", "egor", "carla"):
        assert by(getattr(world, who)).get(AUDIT).status_code == 403, who
    assert oleg.post(AUDIT).status_code == 405
    world.oleg.language = "ru"
    world.oleg.save()
    assert "Изменено: сотрудник Anna Lind" in oleg.get(AUDIT).text


def test_secrets_are_never_shown_whatever_was_written_down(world, oleg, boss):
    change_inbox(world.inbox.pk, actor=boss, smtp_password="hunter2-outside", name="Mail")
    record_settings(
        "proxy",
        1,
        name="Proxy",
        actor=boss,
        changes={"api_token": ["abc-old", "abc-new"], "host": ["a", "b"]},
    )
    with_secret = create_field(actor=boss, kind="text", labels={"en": "Plan"})
    Entry.objects.filter(stream_type="custom_field", stream_id=with_secret.pk).update(
        data={"changes": {"token": ["leaked-old", "leaked-new"], "x": [{}, {"client_secret": "deep"}]}},
        kind="custom_field_changed",
    )
    page = oleg.get(AUDIT).text
    assert "Changed: inbox “Mail”" in page and "•••" in page
    for secret in ("hunter2", "abc-old", "abc-new", "leaked", "deep"):
        assert secret not in page, secret
    assert "abc" not in str(list(Entry.objects.filter(stream_type="settings").values_list("data")))


def test_what_is_taken_away_and_who_exports_or_blocks_is_there_and_a_tickets_life_is_not(
    world, oleg, by, boss
):
    ticket = world.ticket(team=world.first_line)
    message = world.receive(ticket, "карта 4111 1111 1111 1111")
    commands.add_tag(ticket.pk, name="vip", actor=world.as_anna)
    commands.redact(message.pk, text="4111 1111 1111 1111", actor=world.as_anna)
    commands.delete(ticket.pk, actor=boss)
    row = blocking.block("@spam.example", user=world.oleg, reason="casino")
    blocking.block("@spam.example", user=world.oleg)
    oleg.post(f"/settings/blocked-senders/{row.pk}/removal/")
    oleg.post(
        "/profile/", {"name": "Oleg the First", "language": "en", "theme": "dark", "density": "compact"}
    )
    oleg.post(
        "/accounts/password/change/",
        {
            "oldpassword": "correct horse battery",
            "password1": "another long battery",
            "password2": "another long battery",
        },
    )
    world.oleg.refresh_from_db()
    oleg = by(world.oleg)  # who changes the password is signed out everywhere
    page = oleg.get(AUDIT).text
    found = [
        f"Blacked out a part of a message: ticket #{ticket.pk}",
        f"Deleted: ticket #{ticket.pk}",
        "Added: blocked sender @spam.example",
        "Removed: blocked sender @spam.example",
        "casino",
        "Changed: own profile of Oleg the First",
        "Changed: sign-in of Oleg the First",
    ]
    assert [words for words in found if words not in page] == []
    assert f'href="/tickets/{ticket.pk}/"' not in page, "a deleted ticket opens for nobody"
    assert page.count("Added: blocked sender @spam.example</a>") == 1, "blocking again is no change"
    assert "vip" not in page and "another long" not in page
    taken = oleg.get(f"{AUDIT}?kind=removal").text
    assert "Deleted: ticket" in taken and "blocked sender" not in taken


def test_it_is_found_by_person_kind_period_and_thing(world, oleg, boss):
    maria = Actor.user(world.maria)
    made = rule("first", maria)
    change_team(world.first_line.pk, actor=boss, name="Front line", is_active=True, members=[world.anna])
    week_ago = clock.now() - timedelta(days=7)
    Entry.objects.filter(stream_type="team").update(happened_at=week_ago)

    def words(query):
        return [line.words for line in reading.page_of_changes(reading.parse(query), after=None)[0]]

    assert words({"person": str(world.maria.pk)}) == ["Created: rule “Marker”"]
    assert words({"kind": "people", "person": str(world.oleg.pk)}) == ["Changed: team “Front line”"]
    day = timezone.localtime(week_ago).date().isoformat()
    assert words({"from": day, "to": day}) == ["Changed: team “Front line”"]
    assert words({"to": "2001-01-01"}) == []
    assert words({"thing": f"rule:{made.pk}"}) == ["Created: rule “Marker”"]
    page = oleg.get(f"{AUDIT}?person={world.maria.pk}&kind=automation&from={day}")
    assert page.text.count("filter-chip") == 3
    assert f'href="{AUDIT}?person={world.maria.pk}&amp;kind=automation"' in page.text
    for odd in (
        "person=x&kind=none&from=yesterday&to=9999-12-31&thing=rule",
        "after=%00&thing=nothing:1",
        "person=99999999999999999999",
    ):
        assert oleg.get(f"{AUDIT}?{odd}").status_code == 200, odd
    assert "No such change" in oleg.get(f"{AUDIT}?to=2001-01-01").text


def test_pages_go_on_without_gaps_at_the_same_cost(world, oleg, boss):
    names = [f"Plan {number}" for number in range(60)]
    for name in names[:3]:
        create_field(actor=boss, kind="text", labels={"en": name})
    with CaptureQueriesContext(
        connection,
    ) as few:
        oleg.get(AUDIT)
    for name in names[3:]:
        create_field(actor=boss, kind="text", labels={"en": name})
    with CaptureQueriesContext(connection) as many:
        first = oleg.get(AUDIT).text
    assert len(many) <= len(few) <= 12
    after = first.split("after=")[1].split('"')[0]
    second = oleg.get(f"{AUDIT}?after={after}").text
    assert all((f"“{name}”" in first) != (f"“{name}”" in second) for name in names)


def example(cls):
    """What an entry of a kind may say, by the types of its event's fields."""
    plain = {int: 1, str: "x", bool: True, list: [1], dict: {"is_active": [True, False], "teams": [[1], []]}}
    values = {}
    for one in fields(cls)[1:]:
        kinds = [get_origin(kind) or kind for kind in get_args(one.type) or [one.type]]
        values[one.name] = plain.get(get_origin(one.type) or kinds[0])
    return values


def test_every_kind_of_entry_has_words_and_opens(world, oleg):
    """A new event on a stream of settings is told of by somebody, not by its name in the code."""
    ours = {
        kind: cls
        for kind, cls in events.known().items()
        if cls.stream_type in SORTS and kind not in BY_MACHINES and cls.stream_type != "ticket"
    }
    assert len(ours) > 60
    at = clock.now()
    for number, (kind, cls) in enumerate(ours.items()):
        entry = Entry(
            kind=kind, stream_type=cls.stream_type, stream_id=9_000 + number, sequence=1, actor_kind="system",
            actor_name="old", data=example(cls), happened_at=at, recorded_at=at,
        )  # fmt: skip
        words = sentence(entry, "thing “x”")
        assert kind.replace("_", " ") not in words and "thing “x”" in words, kind
        entry.save()
    for group in GROUPS:
        assert oleg.get(f"{AUDIT}?kind={group}").status_code == 200, group


def test_the_page_is_read_from_an_index_of_its_own(world, boss):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for asked in ({}, {"person": "1"}, {"kind": "automation", "from": "2020-01-01"}):
        rows = reading._chosen(reading.parse(asked)).order_by("-happened_at", "-pk")[:51]
        assert "journal_audit" in rows.explain(), asked
