"""Whichever way a search takes, it finds the same: compared with reading every document."""

import pytest
from django.db import connection

from bench import company, seed
from people.models import User
from tickets import search_hits
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

QUERIES = ["спасибо", "здравствуйте заказ", "thank доставка", "re test", "нет-такого-слова", "test", "agent"]


@pytest.fixture
def people():
    seed.seed(200)
    customer = User.objects.create_user("vera@bench.test", name="Vera", role="customer")
    expert = User.objects.create_user("expert@bench.test", name="Eva", role="expert")
    return [
        User.objects.get(email=company.ADMINISTRATOR),
        User.objects.get(email=company.AGENT),
        customer,
        expert,
    ]


def everything(words, user):
    """The answer by brute force: (ticket, message), newest first, each ticket once."""
    matching = f"FROM tickets_searchdocument WHERE vector @@ {search_hits.tsquery(words)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ticket_id, message_id {matching} ORDER BY message_id DESC",
            search_hits.tsquery_params(words),
        )
        rows = cursor.fetchall()
    seen = set(Ticket.objects.visible_to(user).filter(is_spam=False).values_list("pk", flat=True))
    return [(ticket, message) for ticket, message in rows if ticket in seen]


def first_of_each(pairs):
    found = {}
    for ticket, message in pairs:
        found.setdefault(ticket, message)
    return list(found.items())


# A first look that sees all, nearly nothing, and walks that are always, or never, taken.
@pytest.mark.parametrize(("look", "walk", "cost"), [(400, 20_000, 3), (3, 20_000, 0), (3, 30, 0), (3, 0, 3)])
def test_every_way_finds_the_same(people, monkeypatch, look, walk, cost):
    monkeypatch.setattr(search_hits, "_FIRST_LOOK", look)
    monkeypatch.setattr(search_hits, "_LONGEST_WALK", walk)
    monkeypatch.setattr(search_hits, "_WALK_COST", cost)
    for user in people:
        for query in QUERIES:
            words = [search_hits.Word(word) for word in query.split()]
            wanted = everything(words, user)
            hits, _after = search_hits.find(words, user, None, 20)
            assert hits == first_of_each(wanted)[:20], (user, query)


def test_pages_lead_through_all_messages_and_end(people):
    administrator = people[0]
    thanks = [search_hits.Word("спасибо")]
    wanted = everything(thanks, administrator)
    before, seen, pages = None, [], 0
    while True:
        hits, before = search_hits.find(thanks, administrator, before, 10)
        seen += [ticket for ticket, _message in hits]
        pages += 1
        if before is None:
            break
    assert set(seen) == {ticket for ticket, _message in wanted}
    assert pages < 200
