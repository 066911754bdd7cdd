"""The signature under a reply by mail: seen before it is sent, filled in, and left out for once."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from channels_in import later as sending
from channels_in.kinds.email.compose import compose
from common import clock
from tickets import commands
from tickets.models import Draft, LaterReply, Message

OFF = "signature:off"


@pytest.fixture
def ticket(world):
    world.anna.signature = "{{ agent.first_name }}, {{ contact.organization }}\nтел. 1042"
    world.anna.save()
    world.brand.signature = "Команда {{brand.name}}"
    world.brand.save()
    ticket = world.ticket(team=world.first_line)
    commands.set_organization(ticket.pk, organization_id=None, actor=world.as_anna)
    return ticket


def body_of(world, message):
    """The plain part as it leaves."""
    mail = message_from_bytes(compose(message, world.inbox), policy=policy.default)
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def written(**more):
    return {"kind": "reply", "text": "Уже смотрим.", "to": "vera@severgrad.example", **more}


def test_it_is_shown_as_it_will_stand_and_what_is_missing_is_not_sent(world, ticket, anna):
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "-- Anna, [the organisation is missing]" in page
    assert "Команда Зерно" in page
    assert "is left out" in page
    message = world.reply(ticket)
    assert "-- \nAnna\nтел. 1042\nКоманда Зерно" in body_of(world, message)


def test_left_out_it_stays_away_also_later_and_after_undo(world, ticket, anna):
    path = f"/tickets/{ticket.pk}/"
    draft = {"kind": "reply", "html": "<div>Уже</div>", "actions": OFF}
    anna.send(f"{path}draft/", draft)
    page = anna.get(path).content.decode()
    assert f'value="{OFF}" checked' in page
    assert "Without the signature" not in page  # it is no act that waits for Send
    answer = anna.send(f"{path}messages/", written(action=OFF)).content.decode()
    assert "and the ticket changed with it" not in answer
    message = Message.objects.filter(author_user=world.anna).latest("pk")
    assert "тел. 1042" not in body_of(world, message)
    assert "Команда" not in body_of(world, message)
    anna.send(f"/messages/{message.pk}/withdrawal/")
    assert Draft.objects.get().actions == [{"do": "signature", "value": "off"}]
    assert f'value="{OFF}" checked' in anna.get(path).content.decode()

    due = clock.now() + timedelta(hours=1)
    anna.send(f"{path}messages/", written(action=OFF, later=due.isoformat()))
    later = LaterReply.objects.get()
    message = sending.settle(later.pk, now=True)
    assert "тел. 1042" not in body_of(world, message)
    anna.send(f"{path}messages/", written())
    assert "тел. 1042" in body_of(world, Message.objects.filter(author_user=world.anna).latest("pk"))


def test_it_is_written_with_a_preview_and_unknown_variables_are_refused(world, anna, by):
    told = anna.send("/profile/signature/", {"signature": "{{agent.name}}\n<b>{{contact.first_name}}</b>"})
    assert "Anna Lind\n&lt;b&gt;Vera&lt;/b&gt;" in told.content.decode()
    told = anna.send("/profile/signature/", {"signature": "{{agent.phone}}"}).content.decode()
    assert "no variable “agent.phone”" in told
    page = anna.get("/profile/").content.decode()
    assert "{{agent.first_name}}" in page
    form = {"name": "Anna", "language": "en", "theme": "auto", "density": "compact", "signature": "{{oops}}"}
    answer = anna.post("/profile/", form)
    assert answer.status_code == 422
    assert "no variable “oops”" in answer.content.decode()
    oleg = by(world.oleg)
    answer = oleg.post(f"/settings/brands/{world.brand.pk}/", {"name": "Зерно", "signature": "{{oops}}"})
    assert "no variable “oops”" in answer.content.decode()


def test_without_any_there_is_nothing_to_leave_out(world, ticket, anna):
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'class="composer-signature"' in page
    world.anna.signature = world.brand.signature = ""
    world.anna.save()
    world.brand.save()
    assert "composer-signature" not in anna.get(f"/tickets/{ticket.pk}/").content.decode()
