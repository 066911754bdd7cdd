"""What holds for every kind of channel, run over the samples of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from channels_in import draining, intake, quarantine
from channels_in.kinds.telegram import api
from channels_in.models import Inbound
from channels_in.registry import channel, kinds
from tests.contract.samples import KINDS, File, Samples
from tests.support.fake_telegram import FakeTelegram
from tests.support.hostile_html import WRITTEN, harm_in
from tests.world import World
from tickets.models import Message, Ticket

Status = Inbound.Status


@pytest.fixture
def server(settings) -> Iterator[FakeTelegram]:
    """The Bot API, over HTTP."""
    fake = FakeTelegram().start()
    settings.TELEGRAM_API_URLS = [fake.url]
    yield fake
    api.close()
    fake.stop()


@pytest.fixture(params=KINDS, ids=lambda kind: kind.kind)
def samples(request: pytest.FixtureRequest, world: World, server: FakeTelegram) -> Samples:
    return request.param(world, server)


def message_of(inbound: Inbound) -> Message:
    assert inbound.status == Status.DONE, (inbound.status, inbound.cause, inbound.detail)
    assert inbound.message_id is not None
    return Message.objects.get(pk=inbound.message_id)


def test_each_kind_there_is_has_samples():
    assert {one.kind for one in KINDS} == set(kinds())
    assert all(channel(kind).kind == kind for kind in kinds())


def test_the_first_words_are_a_ticket_and_the_next_ones_its_second_message(samples: Samples):
    first = message_of(samples.say("Кофемолка не включается", name="aaaaaaaa"))
    second = message_of(samples.say("Уже третий день", name="bbbbbbbb"))
    assert (first.ticket_id == second.ticket_id) is samples.goes_on
    assert [first.text.strip(), second.text.strip()] == ["Кофемолка не включается", "Уже третий день"]
    assert {first.channel, first.ticket.channel} == {samples.kind}
    assert first.author_contact == second.author_contact == first.ticket.requester


def test_delivered_twice_it_is_one_message(samples: Samples):
    once = samples.say("Кофемолка не включается", name="aaaaaaaa")
    again = samples.say("Кофемолка не включается", name="aaaaaaaa")
    assert again.pk == once.pk
    assert Message.objects.filter(kind="message").count() == 1


def test_processed_twice_it_is_one_message(samples: Samples):
    once = samples.say("Кофемолка не включается", name="aaaaaaaa")
    again = intake.process(once.pk)
    assert (again.status, again.message_id) == (Status.DONE, once.message_id)
    assert Message.objects.filter(kind="message").count() == 1


def test_nothing_said_is_kept_or_set_aside_never_lost(samples: Samples):
    inbound = samples.say("", name="aaaaaaaa")
    assert inbound.status in {Status.DONE, Status.QUARANTINED, Status.DISCARDED}
    assert inbound.cause or inbound.message_id
    assert bytes(Inbound.objects.get(pk=inbound.pk).raw)


def test_hostile_html_is_shown_without_its_harm(samples: Samples):
    for number, (source, _seen) in enumerate(WRITTEN):
        message = message_of(samples.say("words", name=f"vector-{number:04}", html=source))
        assert harm_in(message.html + message.quoted_html) == [], source


def test_what_no_message_can_be_made_of_is_set_aside_with_its_cause_and_can_be_tried_again(
    samples: Samples, world: World
):
    inbound = samples.garbage()
    if inbound is None:
        return
    assert inbound.status in {Status.QUARANTINED, Status.DISCARDED}
    assert inbound.cause
    again = quarantine.reprocess(inbound.pk, actor=world.as_anna)
    assert (again.status, again.cause) == (inbound.status, inbound.cause)
    assert not Ticket.objects.exists()


def test_what_failed_once_is_processed_again_and_is_one_ticket(
    samples: Samples, world: World, monkeypatch: pytest.MonkeyPatch
):
    broken = True
    real = type(channel(samples.kind)).settle

    def settle(self, inbound, directory):
        if broken:
            raise RuntimeError("a bug of ours")
        return real(self, inbound, directory)

    monkeypatch.setattr(type(channel(samples.kind)), "settle", settle)
    monkeypatch.setattr(draining, "MOST_ATTEMPTS", 1)
    inbound = samples.say("Кофемолка не включается", name="aaaaaaaa")
    assert (inbound.status, inbound.cause) == (Status.QUARANTINED, "exception")
    broken = False
    assert message_of(quarantine.reprocess(inbound.pk, actor=world.as_anna)).text
    assert message_of(quarantine.reprocess(inbound.pk, actor=world.as_anna)).text
    assert Ticket.objects.count() == 1


def test_put_into_a_ticket_by_hand(samples: Samples, world: World, monkeypatch: pytest.MonkeyPatch):
    ticket = world.ticket()

    def settle(self, inbound, directory):
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patched:
        patched.setattr(type(channel(samples.kind)), "settle", settle)
        patched.setattr(draining, "MOST_ATTEMPTS", 1)
        inbound = samples.say("Кофемолка не включается", name="aaaaaaaa")
    attached = quarantine.attach(inbound.pk, ticket.pk, actor=world.as_anna)
    message = message_of(attached)
    assert (message.ticket_id, message.text.strip()) == (ticket.pk, "Кофемолка не включается")


def test_an_edit_changes_its_message_and_keeps_what_was_said(samples: Samples):
    first = message_of(samples.say("Кофемолка не включаеться", name="aaaaaaaa"))
    edited = samples.edit("Кофемолка не включается", of="aaaaaaaa")
    if edited is None:
        return  # the channel knows no edits
    assert edited.status == Status.DONE
    first.refresh_from_db()
    assert first.text == "Кофемолка не включается"
    assert Message.objects.filter(kind="message").count() == 1


def test_a_huge_file_is_kept_with_its_message(samples: Samples):
    file = File("video.mp4", "video/mp4", b"\x00" * 12_000_000)
    message = message_of(samples.say("Видео", name="aaaaaaaa", file=file))
    assert [(one.name, one.size) for one in message.attachments.all()] == [("video.mp4", 12_000_000)]


def test_a_stranger_at_the_door_leaves_nothing(samples: Samples, client: Client):
    answer = samples.knock(client)
    if answer is None:
        return
    assert answer.status_code in {401, 403, 404}
    assert not Inbound.objects.exists()
