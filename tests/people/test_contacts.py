"""One contact behind an address, whoever asks, and how often."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from people.commands.contacts import clear_bounce, mark_bounced, organization_of, resolve_contact
from people.models import Contact, Identity, Organization


def test_the_same_address_is_the_same_person(world):
    assert resolve_contact("email", " VERA@severgrad.EXAMPLE ", name="V. Yolkina") == world.vera
    world.vera.refresh_from_db()
    assert world.vera.name == "Вера Ёлкина", "what is known stays"


def test_a_name_replaces_an_address_only(db):
    nameless = resolve_contact("email", "who@firm.example")
    assert nameless.name == "who@firm.example"
    assert resolve_contact("email", "who@firm.example", name="Who Is It").name == "Who Is It"


def test_colleagues_share_an_organisation_and_gmail_is_nobodys(world):
    assert resolve_contact("email", "new@severgrad.example").organization == world.organization
    Organization.objects.create(name="Trap", domains=["gmail.com"])
    assert organization_of("email", "x@gmail.com") is None
    assert organization_of("telegram", "severgrad.example") is None


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_make_one():
    found, barrier = [], threading.Barrier(10)

    def ask():
        barrier.wait()
        try:
            found.append(resolve_contact("email", "rush@firm.example").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert len(set(found)) == 1
    assert Contact.objects.count() == Identity.objects.count() == 1


def test_a_dead_address_is_remembered_until_it_lives(world):
    first = timezone.now()
    mark_bounced("Vera@severgrad.example", reason="550 5.1.1 no such user", at=first)
    mark_bounced("vera@severgrad.example", reason="again", at=timezone.now())
    identity = world.vera.identities.get()
    assert (identity.bounced_at, identity.bounce_reason) == (first, "550 5.1.1 no such user")
    clear_bounce("vera@severgrad.example")
    identity.refresh_from_db()
    assert identity.bounced_at is None
