"""What somebody is only said to be known by, taken back."""

from __future__ import annotations

from journal.actor import Actor
from journal.models import Entry
from people.commands.identities import claim_identity, remove_claim
from people.models import Claim
from people.suggestions import suggestions

INTAKE = Actor.system("intake")


def kinds(contact):
    entries = Entry.objects.filter(stream_type="contact", stream_id=contact.pk)
    return list(entries.order_by("sequence").values_list("kind", flat=True))


def claim(world, **given):
    return claim_identity(
        world.vera.pk, kind="email", value="peter@gmail.com", source="agent", actor=world.as_anna, **given
    )


def test_a_claim_goes_once_and_takes_its_suggestion_along_on_both_sides(world):
    row = claim(world)
    assert [one.other for one in suggestions(world.vera.pk, world.maria)] == [world.peter]
    assert [one.other for one in suggestions(world.peter.pk, world.maria)] == [world.vera]
    for _ in range(2):
        remove_claim(row.pk, actor=world.as_anna)
    assert suggestions(world.vera.pk, world.maria) == suggestions(world.peter.pk, world.maria) == []
    assert kinds(world.vera) == ["identity_claimed", "claim_removed"]


def test_what_is_said_again_is_a_claim_again(world):
    remove_claim(claim(world).pk, actor=world.as_anna)
    again = claim(world, proof="link")
    assert Claim.objects.get() == again
    remove_claim(again.pk, actor=world.as_anna)
    entry = Entry.objects.filter(kind="claim_removed").latest("sequence")
    assert (entry.data["value"], entry.data["proof"]) == ("peter@gmail.com", "link")


def test_other_claims_stay(world):
    row = claim(world)
    claim_identity(world.stranger.pk, kind="email", value=row.value, source="chat", actor=INTAKE)
    remove_claim(row.pk, actor=world.as_anna)
    assert Claim.objects.get().contact == world.stranger
