"""What operators select, for whom; and what of them means nothing is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from common import clock
from people import finding
from people.commands.merging import merge_contacts
from people.models import Contact, Organization
from tickets import commands, files, search, search_hits
from tickets.content import FileContent
from tickets.models import Category, Tag, Tagging, Ticket
from tickets.search_operators import offered


@pytest.fixture
def tickets(world):
    """Vera's: open, Anna's, tagged. Peter's: solved, nobody's. One that is spam."""
    vera = world.ticket(
        "Кофемашина течёт", subject="Возврат кофемашины", team=world.first_line, assignee=world.anna,
        priority=4,
    )  # fmt: skip
    Tagging.objects.create(ticket=vera, tag=Tag.objects.create(name="важный клиент"))
    files.attach(vera.messages.first(), [FileContent("акт.pdf", "application/pdf", b"x")])
    peter = world.ticket("The machine leaks", requester=world.peter, brand=world.other_brand)
    commands.set_status(peter.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)
    spam = world.ticket("Купите кофемашину", requester=world.stranger)
    commands.mark_spam(spam.pk, actor=world.as_anna)
    return {vera.pk: "vera", peter.pk: "peter", spam.pk: "spam"}


def found(query, user, tickets):
    return {tickets[result.ticket.pk] for result in search.search(query, user).results}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("from:елкина", "vera"),
        ("от:vera@severgrad.example", "vera"),
        ("from:@gmail.com", "peter"),
        ("from:елкина,peter", "vera peter"),
        ("-from:елкина", "peter"),
        ("org:северград", "vera"),
        ("to:anna", "vera"),
        ("to:me", "vera"),
        ("кому:никому", "peter"),
        ("-to:none", "vera"),
        ('tag:"важный клиент"', "vera"),
        ("-тег:важный", "peter"),
        ('team:"First line"', "vera"),
        ("team:none", "peter"),
        ("priority:urgent", "vera"),
        ("приоритет:срочный", "vera"),
        ("channel:email", "vera peter"),
        ("brand:harbor", "peter"),
        ("бренд:зерно", "vera"),
        ("is:open", "vera"),
        ("is:solved", "peter"),
        ("-is:open", "peter"),
        ("is:open,solved", "vera peter"),
        ("is:unassigned", "peter"),
        ("is:mine", "vera"),
        ("is:unread", "vera peter"),
        ("is:snoozed", ""),
        ("is:spam", "spam"),
        ("это:спам", "spam"),
        ("has:attachment", "vera"),
        ("-есть:файл", "peter"),
        ('subject:"возврат кофе"', "vera"),
        ("тема:возврат", "vera"),
        ("after:yesterday", "vera peter"),
        ("before:yesterday", ""),
        ("status:resolved", "peter"),
        # with words, whose every way knows the operators too
        ("кофемашина from:елкина", "vera"),
        ("течет is:open", "vera"),
        ("течет is:solved", ""),
        ("кофемашину is:spam", "spam"),
        ("машина leaks -from:елкина", ""),
        ("leaks -from:елкина", "peter"),
        ('"machine leaks"', "peter"),
        ('"leaks machine"', ""),
        ("machine -leaks", ""),
        ("machine -boils", "peter"),
    ],
)
def test_what_operators_select(world, tickets, query, names):
    assert found(query, world.anna, tickets) == set(names.split())


@pytest.mark.parametrize("few", [0, 500])
def test_words_within_few_tickets_are_those_within_all(world, tickets, monkeypatch, few):
    monkeypatch.setattr(search_hits, "_FEW", few)
    assert found("кофемашина from:елкина", world.oleg, tickets) == {"vera"}
    assert found("leaks -tag:важный", world.oleg, tickets) == {"peter"}


def test_operators_open_no_door(world, tickets):
    Ticket.objects.filter(requester=world.vera).update(team=world.second_line, assignee=None)
    assert found("from:елкина", world.anna, tickets) == set()
    assert found("from:елкина", world.oleg, tickets) == {"vera"}
    (problem,) = search.search("from:елкина", world.anna).problems
    assert (problem.kind, problem.hint) == ("value", ""), "not even that there is such a person"


def test_a_merged_contacts_tickets_are_its_survivors(world, tickets):
    merge_contacts(world.peter.pk, into=world.vera.pk, actor=world.as_anna)
    assert found("from:елкина", world.oleg, tickets) == {"vera", "peter"}


@pytest.mark.parametrize(
    ("query", "text", "hint"),
    [
        ("is:opn", "opn", "open"),
        ("status:resolvd", "resolvd", "resolved"),
        ("tag:важнй", "важнй", "важный клиент"),
        ("from:елкена", "елкена", "Вера Ёлкина"),
        ("org:северпрад", "северпрад", "Северград"),
        ("team:nowhere-at-all", "nowhere-at-all", ""),
        ("after:yesterdy", "yesterdy", "yesterday"),
        ("before:2026-02-31", "2026-02-31", ""),
    ],
)
def test_a_value_that_means_nothing_finds_nothing_and_is_said(world, tickets, query, text, hint):
    page = search.search(query, world.oleg)
    (problem,) = page.problems
    assert (problem.kind, problem.text, problem.hint) == ("value", text, hint)
    assert page.results == []


def test_words_to_leave_out_need_others_to_look_for(world, tickets):
    page = search.search("-кофемашина", world.oleg)
    assert [problem.kind for problem in page.problems] == ["only_negated"]
    assert page.results == []


def test_days_begin_where_the_reader_is(world):
    old = world.ticket("Давно", at=clock.now() - timedelta(days=40))
    new = world.ticket("Недавно")
    names = {old.pk: "old", new.pk: "new"}
    assert found("before:30d", world.oleg, names) == {"old"}
    assert found("после:30д", world.oleg, names) == {"new"}
    day = (clock.now() - timedelta(days=41)).date()
    assert found(f"after:{day:%d.%m.%Y} before:7d", world.oleg, names) == {"old"}


def test_pages_of_operators_alone_lead_to_the_end(world):
    made = {world.ticket(f"Вопрос {n}").pk for n in range(7)}
    seen, after = [], None
    while True:
        page = search.search("is:open", world.oleg, after=after, limit=3)
        seen += [result.ticket.pk for result in page.results]
        after = page.next
        if after is None:
            break
    assert len(seen) == 7
    assert set(seen) == made


def test_completion_offers_what_there_is(world, tickets):
    def values(operator, typed, user=world.oleg):
        return [choice.value for choice in offered(operator, typed, user)]

    assert values("tag", "кли") == ["важный клиент"]
    assert values("to", "bor") == ["Boris Petrov"]
    assert values("is", "откр") == ["open"]
    assert values("from", "елк") == ["Вера Ёлкина"]
    assert values("from", "елкена") == ["Вера Ёлкина"], "misspelt"
    Ticket.objects.filter(requester=world.vera).update(team=world.second_line, assignee=None)
    assert values("from", "елк", world.anna) == []


# --- finding by name ------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["елкина", "ёлкина вера", "вер елк", "severgrad.ex", "ера"])
def test_people_are_found_by_any_part_in_any_order(world, typed):
    assert finding.person_ids(typed.replace("ё", "е"), most=10) == {world.vera.pk}


@pytest.mark.parametrize("typed", ["елкена", "вера елкна", "vera@severgard", "елкинна"])
def test_people_are_found_misspelt(world, typed):
    assert finding.similar_person_ids(typed, most=5)[:1] == [world.vera.pk]


def test_two_letters_are_the_beginning_of_a_word(world):
    assert finding.person_ids("ел", most=10) == finding.person_ids("ве", most=10) == {world.vera.pk}
    assert finding.person_ids("ки", most=10) == set()


def test_what_is_nobodys_name_finds_nobody(world):
    assert finding.similar_person_ids("бегемот", most=5) == []
    assert finding.similar_person_ids("ве", most=5) == []


def test_marks_stand_on_the_letters_as_they_were_written(world):
    world.ticket("Шлём накладную A-10234 для Ёлкиной", subject="Чёрный чай")
    (one,) = search.search("накладная 10234 шлем", world.oleg).results
    assert "<mark>Шлём</mark> <mark>накладную</mark> A-<mark>10234</mark>" in one.headline
    (one,) = search.search("черный", world.oleg).results
    assert one.passage.subject == "<mark>Чёрный</mark> чай"
    (one,) = search.search("severgrad", world.oleg).results
    assert "vera@<mark>severgrad</mark>.example" in one.passage.author
    assert one.passage.files == ""


def test_a_file_that_matched_is_named(world):
    ticket = world.ticket("Посмотрите, пожалуйста")
    message = ticket.messages.first()
    files.attach(message, [FileContent("<b>акты.pdf", "application/pdf", b"x")])
    search.index(message.pk)
    (one,) = search.search("акт", world.oleg).results
    assert "<mark>" in one.passage.files
    assert "<b>" not in one.passage.files


# --- plans ----------------------------------------------------------------------------------------


@pytest.fixture
def explained(db):
    """The plan PostgreSQL would take were the tables large: reading them whole is forbidden it."""

    def plan(sql, params=()):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", params)
            return "\n".join(line for (line,) in cursor.fetchall())

    return plan


def test_names_are_found_by_their_index(explained):
    for model, index in [(Contact, "people_contact_name_folded"), (Organization, "people_org_name_folded")]:
        rows = model.objects.filter(name__folded__contains="елкина").values("pk")
        assert index in explained(*rows.query.sql_with_params())


def test_misspelt_names_are_found_by_the_same(explained):
    name = finding.FOLDED % {"expressions": "name"}
    plan = explained(f"SELECT id FROM people_contact WHERE %s <%% {name}", ["елкена"])
    assert "people_contact_name_folded" in plan
    plan = explained("SELECT id FROM people_identity WHERE %s <%% value", ["елкена"])
    assert "people_identity_value_trgm" in plan
