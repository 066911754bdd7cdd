"""Two contacts that are one person, or were taken for one: merging, undoing, and what comes meanwhile."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.models import Entry
from people.commands.contacts import resolve_contact
from people.commands.customers import change_contact, set_contact_attributes
from people.commands.merging import mark_distinct, merge_contacts, unmark_distinct, unmerge_contact
from people.errors import MergedAway, Refused
from people.models import Contact, Distinct, Organization
from people.querysets import family_ids
from tickets import commands, listing
from tickets.models import Ticket
from tickets.search import search


def kinds(contact):
    return list(
        Entry.objects.filter(stream_type="contact", stream_id=contact.pk)
        .order_by("sequence")
        .values_list("kind", flat=True)
    )


def again(*contacts):
    for contact in contacts:
        contact.refresh_from_db()


def test_both_histories_are_shown_as_the_survivors(world, drain):
    by_mail = world.ticket("Кофемашина не включается")
    chat = resolve_contact("telegram", "4711", name="verochka")
    by_telegram = world.ticket("А ещё она течёт", requester=chat)
    merge_contacts(chat.pk, into=world.vera.pk, actor=world.as_anna)
    drain()
    again(chat, world.vera, by_telegram)

    assert chat.person == world.vera
    assert family_ids(chat.pk) == family_ids(world.vera.pk) == sorted([chat.pk, world.vera.pk])
    assert by_telegram.requester == chat, "no row has moved"
    rows = {row.id: row.requester_name for row in listing.page(world.maria, {}).rows}
    assert rows[by_telegram.pk] == rows[by_mail.pk] == "Вера Ёлкина"
    assert {found.ticket.pk for found in search("Ёлкина", world.maria).results} == {
        by_mail.pk,
        by_telegram.pk,
    }
    assert kinds(chat) == ["contact_merged"]
    assert kinds(world.vera) == ["contact_merge_received"]


def test_asking_twice_changes_nothing(world):
    for _ in range(2):
        merge_contacts(world.peter.pk, into=world.vera.pk, actor=world.as_anna)
    assert kinds(world.peter) == ["contact_merged"]
    for _ in range(2):
        unmerge_contact(world.peter.pk, actor=world.as_anna)
    assert kinds(world.peter) == ["contact_merged", "contact_unmerged"]
    assert kinds(world.vera) == ["contact_merge_received", "contact_merge_undone"]


def test_merges_that_are_refused(world):
    merge_contacts(world.peter.pk, into=world.vera.pk, actor=world.as_anna)
    with pytest.raises(Refused):
        merge_contacts(world.vera.pk, into=world.vera.pk, actor=world.as_anna)
    with pytest.raises(MergedAway) as away:
        merge_contacts(world.peter.pk, into=world.stranger.pk, actor=world.as_anna)
    assert away.value.into == world.vera.pk
    with pytest.raises(MergedAway):
        merge_contacts(world.stranger.pk, into=world.peter.pk, actor=world.as_anna)
    with pytest.raises(MergedAway):
        change_contact(world.peter.pk, actor=world.as_anna, name="Пётр")
    with pytest.raises(Contact.DoesNotExist):
        merge_contacts(world.stranger.pk, into=999_999, actor=world.as_anna)


def test_chains_lead_to_the_end_and_part_in_the_middle(world):
    a, b, c = world.peter, world.stranger, world.vera
    merge_contacts(a.pk, into=b.pk, actor=world.as_anna)
    merge_contacts(b.pk, into=c.pk, actor=world.as_anna)
    again(a, b, c)
    assert a.person == b.person == c
    assert family_ids(a.pk) == sorted([a.pk, b.pk, c.pk])

    unmerge_contact(b.pk, actor=world.as_anna)
    again(a, b, c)
    assert (a.person, b.person, c.person) == (b, b, c)
    unmerge_contact(a.pk, actor=world.as_anna)
    again(a, b)
    assert (a.person, b.person) == (a, b)


def test_what_comes_by_an_address_stays_with_it_when_the_merge_is_undone(world):
    merge_contacts(world.peter.pk, into=world.vera.pk, actor=world.as_anna)
    again(world.peter)
    later = world.ticket("Пишу с личной почты", requester=resolve_contact("email", "peter@gmail.com"))
    assert later.organization == world.organization, "the person's, not the row's"
    own = world.ticket("С рабочей")
    answer = world.receive(own, "Отвечаю с личной", contact=world.peter)
    unmerge_contact(world.peter.pk, actor=world.as_anna)
    again(later, answer)

    assert later.requester.person == world.peter
    assert answer.author_contact.person == world.peter
    assert own.participants.get().contact == world.peter, "who wrote there may go on writing there"


def test_open_tickets_follow_the_person_to_their_organisation_and_back(world, drain):
    ticket = world.ticket("Личное", requester=world.peter)
    solved = world.ticket("Решено давно", requester=world.peter)
    commands.set_status(solved.pk, status=world.status(50), actor=world.as_anna)
    drain()
    merge_contacts(world.peter.pk, into=world.vera.pk, actor=world.as_anna)
    drain()
    again(ticket, solved)
    assert ticket.organization == world.organization
    assert solved.organization is None, "history stays as it was"

    commands.set_status(ticket.pk, status=world.status(50), actor=world.as_anna)
    unmerge_contact(world.peter.pk, actor=world.as_anna)
    drain()
    again(ticket)
    assert ticket.organization is None, "solved meanwhile, but never of that organisation"


def test_the_survivor_takes_what_it_lacks_and_gives_it_back(world):
    chat = resolve_contact("telegram", "4711", name="verochka")
    change_contact(world.vera.pk, actor=world.as_anna, language="ru", time_zone="Asia/Tomsk")
    set_contact_attributes(world.vera.pk, attributes={"plan": "pro", "seats": 5}, actor=world.as_anna)
    set_contact_attributes(chat.pk, attributes={"plan": "free"}, actor=world.as_anna)
    merge_contacts(world.vera.pk, into=chat.pk, actor=world.as_anna)
    again(chat)
    assert (chat.name, chat.language, chat.time_zone) == ("verochka", "ru", "Asia/Tomsk")
    assert chat.organization == world.organization
    assert chat.attributes == {"plan": "free", "seats": 5}

    change_contact(chat.pk, actor=world.as_anna, time_zone="Europe/Paris")
    unmerge_contact(world.vera.pk, actor=world.as_anna)
    again(chat)
    assert (chat.language, chat.organization, chat.attributes) == ("", None, {"plan": "free"})
    assert chat.time_zone == "Europe/Paris", "somebody has said so since"


def test_what_somebody_has_emptied_stays_empty(world):
    merge_contacts(world.vera.pk, into=world.peter.pk, actor=world.as_anna)
    change_contact(world.peter.pk, actor=world.as_anna, organization=None)
    merge_contacts(world.stranger.pk, into=world.peter.pk, actor=world.as_anna)
    again(world.peter)
    assert world.peter.organization is None
    for one in (world.vera, world.stranger):
        unmerge_contact(one.pk, actor=world.as_anna)
    again(world.peter)
    assert world.peter.filled == {}


def test_a_name_that_is_only_an_address_gives_way(world):
    nameless = resolve_contact("email", "v.yolkina@mail.example")
    merge_contacts(world.vera.pk, into=nameless.pk, actor=world.as_anna)
    again(nameless)
    assert nameless.name == "Вера Ёлкина"
    unmerge_contact(world.vera.pk, actor=world.as_anna)
    again(nameless)
    assert nameless.name == "v.yolkina@mail.example"


def test_what_a_system_tells_of_a_merged_contact_goes_with_it(world):
    merge_contacts(world.peter.pk, into=world.vera.pk, actor=world.as_anna)
    set_contact_attributes(world.peter.pk, attributes={"plan": "pro"}, actor=world.as_anna)
    again(world.vera)
    assert world.vera.attributes == {"plan": "pro"}
    unmerge_contact(world.peter.pk, actor=world.as_anna)
    again(world.vera, world.peter)
    assert (world.vera.attributes, world.peter.attributes) == ({}, {"plan": "pro"})


def test_who_is_not_one_person_is_written_down_once(world):
    for _ in range(2):
        mark_distinct(world.vera.pk, other=world.peter.pk, actor=world.as_anna)
        mark_distinct(world.peter.pk, other=world.vera.pk, actor=world.as_anna)
    assert Distinct.objects.count() == 1
    unmark_distinct(world.peter.pk, other=world.vera.pk, actor=world.as_anna)
    assert not Distinct.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_merging_from_all_sides_at_once_never_makes_a_ring(world):
    people = [resolve_contact("email", f"p{n}@firm.example") for n in range(4)]
    barrier = threading.Barrier(8)
    refused = []

    def act(n):
        source, target = people[n % 4], people[(n + 1 + n // 4) % 4]
        barrier.wait()
        try:
            merge_contacts(source.pk, into=target.pk, actor=world.as_anna)
        except MergedAway as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again(*people)
    roots = [one for one in people if one.survivor is None]
    assert len(roots) == 1
    assert all(one.person == roots[0] for one in people)
    assert len(refused) == 5


# --- against a model ------------------------------------------------------------------------------

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("unmerge"), st.integers(0, 4)),
        st.tuples(st.just("receive"), st.integers(0, 4)),
        st.tuples(st.just("language"), st.integers(0, 4), st.sampled_from(["", "en", "ru", "de"])),
        st.tuples(st.just("push"), st.integers(0, 4), st.sampled_from(["a", "b"]), st.integers(1, 3)),
    ),
    max_size=18,
)


class Model:
    """Five people, what each has of their own, and who was merged into whom, in order."""

    def __init__(self):
        self.into, self.order = {}, []
        self.own = [{"language": "", "attributes": {}, "declined": False} for _ in range(5)]
        self.tickets = []

    def root(self, n):
        while n in self.into:
            n = self.into[n]
        return n

    def has_merged(self, n):
        return n in self.into.values()

    def seen(self, n):
        """What a contact shows: its own, else what those merged into it show, the first merged first."""
        language, attributes = self.own[n]["language"], dict(self.own[n]["attributes"])
        for child in [one for one in self.order if self.into.get(one) == n]:
            theirs = self.seen(child)
            language = language or ("" if self.own[n]["declined"] else theirs[0])
            attributes = {**theirs[1], **attributes}
        return language, attributes


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_each_shows_what_is_theirs(world, acts):
    people = [resolve_contact("telegram", str(1000 + n), name=f"Person {n}") for n in range(5)]
    Ticket.objects.filter(requester__in=people).delete()
    Contact.objects.filter(pk__in=[one.pk for one in people]).update(
        merged_into=None, survivor=None, merged_at=None, filled={}, language="", attributes={}
    )
    model = Model()
    for act, n, *rest in acts:
        contact = people[n]
        match act:
            case "merge":
                possible = n != rest[0] and n not in model.into and rest[0] not in model.into
                try:
                    merge_contacts(contact.pk, into=people[rest[0]].pk, actor=world.as_anna)
                    assert possible or model.into.get(n) == rest[0]
                    if possible:
                        model.into[n] = rest[0]
                        model.order.append(n)
                except (MergedAway, Refused):
                    assert not possible
            case "unmerge":
                unmerge_contact(contact.pk, actor=world.as_anna)
                if (parent := model.into.pop(n, None)) is not None:
                    model.order.remove(n)
                    model.own[parent]["declined"] &= model.has_merged(parent)
            case "receive":
                found = resolve_contact("telegram", str(1000 + n))
                assert found == contact
                model.tickets.append((n, world.ticket("?", requester=found).pk))
            case "language":
                try:
                    change_contact(contact.pk, actor=world.as_anna, language=rest[0])
                    if rest[0] != model.seen(n)[0]:
                        model.own[n]["language"] = rest[0]
                        model.own[n]["declined"] = not rest[0] and model.has_merged(n)
                except MergedAway:
                    assert n in model.into
            case "push":
                key, value = rest
                set_contact_attributes(contact.pk, attributes={key: value}, actor=world.as_anna)
                if model.seen(n)[1].get(key) != value:
                    model.own[n]["attributes"][key] = value
        for number, one in enumerate(people):
            one.refresh_from_db()
            assert one.person == people[model.root(number)]
            assert (one.language, one.attributes) == model.seen(number), (act, number)
        for number, ticket_id in model.tickets:
            person = people[model.root(number)]
            assert ticket_id in Ticket.objects.filter(requester__in=family_ids(person.pk)).values_list(
                "pk", flat=True
            )
    for n in list(model.order):
        unmerge_contact(people[n].pk, actor=world.as_anna)
    for number, one in enumerate(people):
        one.refresh_from_db()
        assert (one.language, one.attributes) == (
            model.own[number]["language"],
            model.own[number]["attributes"],
        )
        mine = {ticket_id for owner, ticket_id in model.tickets if owner == number}
        assert (
            set(Ticket.objects.filter(requester__in=family_ids(one.pk)).values_list("pk", flat=True)) == mine
        )


def test_an_organisation_that_goes_leaves_its_people(world):
    Organization.objects.filter(pk=world.organization.pk).delete()
    again(world.vera)
    assert world.vera.organization is None
