"""Macros while writing: the list, a macro filled in, what is queued, and what is not sent."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.macros.making import macro, reply
from tickets.models import Category, Draft, MacroUse, Message, MessageKind, Tag


@pytest.fixture
def ticket(world):
    return world.ticket(team=world.first_line, subject="Чашки <b>бьются</b>")


def filled(desk, ticket, row):
    return desk.part(f"/tickets/{ticket.pk}/macros/{row.pk}/")


def test_the_list_shows_what_one_has_for_this_brand(world, ticket, anna):
    mine, harbors = macro("Моё", owner=world.anna), macro("Гавань", brand=world.other_brand)
    macro("Борису", owner=world.boris)
    page = anna.part(f"/tickets/{ticket.pk}/macros/").content.decode()
    assert f'data-id="{mine.pk}"' in page and 'role="option"' in page
    assert harbors.name not in page and "Борису" not in page
    assert anna.part(f"/tickets/{ticket.pk}/macros/?q=нет").content.decode().strip() == ""


def test_the_list_costs_the_same_for_one_and_for_fifty(world, ticket, anna):
    anna.part(f"/tickets/{ticket.pk}/macros/")  # what is kept between requests is there
    costs = []
    for number in range(51):
        macro(f"Макрос {number}", team=world.first_line)
        if number in {0, 50}:
            with CaptureQueriesContext(connection) as queries:
                anna.part(f"/tickets/{ticket.pk}/macros/")
            costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_macro_is_filled_in_for_the_customer_in_their_language(world, ticket, anna):
    row = macro(
        ru="<div>Здравствуйте, <b>{{contact.first_name}}</b>! «{{ticket.subject}}», {{agent.name}}</div>",
        en="<div>Hello {{contact.first_name}}</div>",
    )
    page = filled(anna, ticket, row).content.decode()
    assert "Здравствуйте, <b>Вера</b>!" in page
    assert "«Чашки &lt;b&gt;бьются&lt;/b&gt;», Anna Lind" in page, "a value is never markup"
    world.vera.language = "en-GB"
    world.vera.save()
    assert "Hello Вера" in filled(anna, ticket, row).content.decode()
    world.vera.language = "de"
    world.vera.save()
    assert "Hello Вера" not in filled(anna, ticket, row).content.decode(), (
        "the brand's language comes before English"
    )


def test_what_is_not_known_is_a_gap_and_is_not_sent(world, ticket, anna):
    world.vera.name = "vera@severgrad.example"
    world.vera.save()
    page = filled(anna, ticket, macro()).content.decode()
    gap = "[the customer's first name is missing]"
    assert gap.replace("'", "&#39;") in page or gap in page
    for text in (gap, gap.replace(" ", "&nbsp;"), gap.replace("name", "<b>name</b>")):
        answer = anna.send(
            f"/tickets/{ticket.pk}/messages/", reply(ticket, f"<div>Здравствуйте, {text}!</div>")
        )
        assert answer.status_code == 422 and "Not sent" in answer.content.decode()
    note = {"kind": "note", "html": f"<div>{gap}</div>"}
    assert anna.send(f"/tickets/{ticket.pk}/messages/", note).status_code == 422
    assert not Message.objects.filter(kind__in=[MessageKind.REPLY, MessageKind.NOTE]).exists()
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, "<div>Здравствуйте, Вера!</div>"))
    assert answer.status_code == 200


def test_the_composer_knows_every_gap(ticket, anna):
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "the customer&#39;s first name is missing" in page or "customer\\u0027s first name" in page


def test_actions_come_as_chips_and_are_done_with_the_reply(world, ticket, anna):
    pending = world.status(Category.PENDING)
    Tag.objects.create(name="чашки, блюдца")  # from before a comma was refused
    row = macro(
        do=[("set_status", pending.pk), ("assign", "me"), ("add_tag", "чашки, блюдца"), ("set_priority", 3)]
    )
    page = filled(anna, ticket, row).content.decode()
    tokens = [f"set_status:{pending.pk}", "assign:me", "add_tag:чашки, блюдца", "set_priority:3"]
    assert all(f'name="action" value="{token}"' in page for token in tokens)
    ticket.refresh_from_db()
    assert ticket.assignee is None, "nothing happens before Send"
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, action=tokens, macro=[row.pk]))
    assert answer.status_code == 200 and "Undo takes back only the reply" in answer.content.decode()
    ticket.refresh_from_db()
    assert (ticket.category, ticket.assignee, ticket.priority) == (Category.PENDING, world.anna, 3)
    assert [one.tag.name for one in ticket.taggings.all()] == ["чашки, блюдца"]
    assert MacroUse.objects.get(macro=row, user=world.anna).count == 1


def test_undo_takes_back_the_reply_and_leaves_the_rest(world, ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, action=["assign:me"]))
    message = Message.objects.get(kind=MessageKind.REPLY)
    answer = anna.send(f"/messages/{message.pk}/withdrawal/", {"kept": "on"})
    assert "stays set" in answer.content.decode()
    message.refresh_from_db()
    ticket.refresh_from_db()
    assert message.withdrawn_at and ticket.assignee == world.anna


def test_the_status_chosen_at_send_goes_before_the_queued_one(world, ticket, anna):
    queued, chosen = world.status(Category.RESOLVED).pk, world.status(Category.ON_HOLD).pk
    data = reply(ticket, action=[f"set_status:{queued}"], status=chosen)
    assert anna.send(f"/tickets/{ticket.pk}/messages/", data).status_code == 200
    ticket.refresh_from_db()
    assert ticket.category == Category.ON_HOLD


def test_a_note_does_them_too(world, ticket, anna):
    data = {
        "kind": "note",
        "html": "<div>тихо</div>",
        "action": [f"set_status:{world.status(Category.ON_HOLD).pk}"],
    }
    assert anna.send(f"/tickets/{ticket.pk}/messages/", data).status_code == 200
    ticket.refresh_from_db()
    assert ticket.category == Category.ON_HOLD


@pytest.mark.parametrize("token", ["delete:1", "set_team:99999", "set_status:99999", "set_priority:7", "x"])
def test_what_cannot_be_done_keeps_the_reply_back(world, ticket, anna, token):
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, action=["assign:me", token]))
    assert answer.status_code == 422
    ticket.refresh_from_db()
    assert ticket.assignee is None and not Message.objects.filter(kind=MessageKind.REPLY).exists()


def test_who_may_not_change_tickets_changes_none_with_a_macro(world, egor):
    ticket = world.ticket(team=world.second_line)
    row = macro(do=[("assign", "me")])
    assert "queue-chip" not in filled(egor, ticket, row).content.decode()
    data = {"kind": "note", "html": "ок", "action": ["set_priority:4"]}
    assert egor.send(f"/tickets/{ticket.pk}/messages/", data).status_code == 200
    ticket.refresh_from_db()
    assert ticket.priority != 4


def test_a_ticket_that_goes_to_another_team_leaves_the_screen(world, anna):
    ticket = world.ticket(team=world.first_line)
    action = [f"set_team:{world.second_line.pk}", "assign:nobody"]
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, action=action))
    assert answer.status_code == 200 and "you no longer see it" in answer.content.decode()
    assert Message.objects.filter(kind=MessageKind.REPLY).count() == 1


def test_a_draft_keeps_what_is_queued(world, ticket, anna):
    data = {"kind": "reply", "html": "<div>Почти</div>", "actions": "assign:me\nadd_tag:чашки\n"}
    assert anna.send(f"/tickets/{ticket.pk}/draft/", data).status_code == 204
    assert [one["do"] for one in Draft.objects.get().actions] == ["assign", "add_tag"]
    assert 'value="add_tag:чашки"' in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    anna.send(f"/tickets/{ticket.pk}/draft/", {**data, "actions": "nonsense"})
    assert Draft.objects.get().html == "<div>Почти</div>", "half of one is no reason to lose the draft"


def test_nobody_reaches_a_macro_or_a_ticket_that_is_not_theirs(world, ticket, anna, by):
    assert filled(anna, ticket, macro(owner=world.boris)).status_code == 404
    assert filled(anna, ticket, macro(team=world.second_line)).status_code == 404
    assert filled(anna, ticket, macro(is_active=False)).status_code == 404
    foreign = world.ticket(team=world.second_line)
    assert anna.part(f"/tickets/{foreign.pk}/macros/").status_code == 404
    assert filled(anna, foreign, macro()).status_code == 404
    assert by(world.carla).part(f"/tickets/{ticket.pk}/macros/").status_code == 403
    assert anna.send(f"/tickets/{ticket.pk}/macros/").status_code == 405
