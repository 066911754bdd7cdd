"""The verbs of macros: make, change, switch off, order, remember, carry out."""

from datetime import timedelta

import pytest

from common import clock
from journal.actor import Actor
from journal.models import Entry
from tests.macros.making import macro
from tickets.commands import macros as verbs
from tickets.errors import Invalid, WrongTransition
from tickets.macro_starter import MACROS, make_macros
from tickets.macros.actions import Action, made
from tickets.macros.finding import available_on, available_to, offered
from tickets.models import Category, Macro, MacroUse

ADMIN = Actor.system("test")


def kinds():
    return list(Entry.objects.filter(stream_type="macro").order_by("pk").values_list("kind", flat=True))


def test_a_macro_is_made_and_changed_with_one_entry_each(world):
    row = macro(do=[("set_priority", 3), ("add_tag", "  кофе  ")], folder="Первый ответ")
    assert row.actions == [{"do": "set_priority", "value": 3}, {"do": "add_tag", "value": "кофе"}]
    given = {
        "name": "Привет",
        "texts": row.texts,
        "actions": [made("add_tag", "кофе")],
        "folder": "Первый ответ",
    }
    for _ in range(2):
        verbs.change_macro(row.pk, actor=ADMIN, **given)
    assert kinds() == ["macro_created", "macro_changed"], "nothing changed, nothing recorded"
    assert set(Entry.objects.get(kind="macro_changed").data["changes"]) == {"name", "actions"}
    for _ in range(2):
        verbs.switch_macro(row.pk, is_active=False, actor=ADMIN)
    assert kinds() == ["macro_created", "macro_changed", "macro_changed"]
    assert not available_to(world.anna).exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "  "}, "name"),
        ({"ru": "", "en": ""}, "text"),
        ({"ru": "<div><br></div>"}, "text"),
        ({"ru": "{{contact.salary}}"}, "text_ru"),
        ({"en": "{{contact.name"}, "text_en"),
        ({"ru": "x" * (verbs.MAX_TEXT + 1)}, "text_ru"),
    ],
)
def test_what_does_not_fit_is_refused(world, given, field):
    with pytest.raises(Invalid) as refused:
        macro(**given)
    assert refused.value.field == field
    assert not Macro.objects.exists()


def test_an_unknown_variable_is_named_in_the_refusal(world):
    with pytest.raises(Invalid, match=r"contact\.salary"):
        macro(ru="{{contact.salary}}")


def test_there_is_a_limit_to_ones_own(world, monkeypatch):
    monkeypatch.setattr(verbs, "MAX_OWN", 1)
    macro(owner=world.anna)
    with pytest.raises(Invalid):
        macro(owner=world.anna)
    macro(owner=world.boris)


@pytest.mark.parametrize(
    ("do", "value"),
    [
        ("set_priority", 9),
        ("set_status", "x"),
        ("assign", "boris"),
        ("add_tag", " "),
        ("delete", 1),
        ("", ""),
    ],
)
def test_there_are_no_other_actions(do, value):
    with pytest.raises(Invalid):
        made(do, value)


def test_who_has_which(world):
    everybodys = macro("Всем")
    own = macro("Анне", owner=world.anna)
    of_team = macro("Первой линии", team=world.first_line)
    harbors = macro("Гавани", brand=world.other_brand)
    off = macro("Выключен", is_active=False)
    ticket = world.ticket()
    assert set(available_on(ticket, world.anna)) == {everybodys, own, of_team}
    assert set(available_on(ticket, world.boris)) == {everybodys}
    assert set(available_on(ticket, world.oleg)) == {everybodys}, "not even administrators see one's own"
    assert harbors in available_to(world.boris) and off not in available_to(world.anna)


def test_an_order_is_kept_among_those_it_names(world):
    a, b, c, d = (macro(name) for name in "абвг")
    verbs.order_macros([d.pk, 99999, b.pk], actor=ADMIN)
    assert list(Macro.objects.all()) == [a, d, c, b]
    verbs.order_macros([d.pk, b.pk], actor=ADMIN)
    assert kinds().count("macro_changed") == 2, "the second time nothing moved"


def test_what_one_uses_comes_first_and_lately_counts_more(world):
    ticket = world.ticket()
    once_often, lately, never = macro("Раньше часто"), macro("Недавно"), macro("Никогда")
    now = clock.now()
    for day in range(3):
        verbs.note_uses([once_often.pk], user=world.anna, at=now - timedelta(days=90 + day))
    verbs.note_uses([lately.pk, 99999], user=world.anna, at=now)
    assert offered(ticket, world.anna, "") == [lately, once_often, never]
    assert offered(ticket, world.boris, "") == [once_often, lately, never], "others' use is theirs"
    assert MacroUse.objects.get(macro=once_often).count == 3
    for _ in range(5):
        verbs.note_uses([once_often.pk], user=world.anna, at=now)
    assert offered(ticket, world.anna, "")[0] == once_often


def test_nobody_uses_what_is_not_theirs(world):
    boris = macro(owner=world.boris)
    verbs.note_uses([boris.pk], user=world.anna)
    assert not MacroUse.objects.exists()


def test_it_is_found_by_the_beginnings_of_its_words(world):
    ticket = world.ticket()
    row = macro("Решено: проверьте, пожалуйста", folder="Завершение")
    macro("Ещё немного")
    for words in ("ре", "пров", "заверш", "решено пожа", "РЕШЕНО"):
        assert offered(ticket, world.anna, words) == [row], words
    assert [one.name for one in offered(ticket, world.anna, "еще")] == ["Ещё немного"]
    assert offered(ticket, world.anna, "нет такого") == []


def test_actions_are_carried_out_by_the_verbs(world):
    ticket = world.ticket()
    actions = [
        made("set_team", world.second_line.pk),
        made("assign", "me"),
        made("set_priority", 4),
        made("add_tag", "кофе"),
        made("set_status", world.status(Category.PENDING).pk),
    ]
    for _ in range(2):
        verbs.carry_out(ticket.pk, actions=actions, user=world.anna)
    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.priority) == (world.second_line, world.anna, 4)
    assert (ticket.category, [one.tag.name for one in ticket.taggings.all()]) == (Category.PENDING, ["кофе"])
    mine = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, actor_id=world.anna.pk)
    assert mine.count() == 5, "one each, and nothing the second time"


def test_what_cannot_be_done_undoes_the_rest(world):
    ticket = world.ticket()
    world.second_line.is_active = False
    world.second_line.save()
    wanted = [made("set_priority", 4), made("set_team", world.second_line.pk)]
    with pytest.raises(Invalid, match="not there any more"):
        verbs.carry_out(ticket.pk, actions=wanted, user=world.anna)
    ticket.refresh_from_db()
    assert ticket.priority != 4
    verbs.carry_out(
        ticket.pk, actions=[made("set_status", world.status(Category.CLOSED).pk)], user=world.anna
    )
    with pytest.raises(WrongTransition):
        verbs.carry_out(
            ticket.pk, actions=[made("set_status", world.status(Category.PENDING).pk)], user=world.anna
        )


def test_the_later_of_two_of_a_kind_counts():
    actions = [
        Action("assign", "me"),
        Action("add_tag", "А"),
        Action("add_tag", "а"),
        Action("assign", "nobody"),
    ]
    tokens = [one.token for one in verbs.unique(actions)]
    assert tokens == ["assign:nobody", "add_tag:а"]


@pytest.mark.parametrize(("language", "name"), [("ru", "Взяли в работу"), ("en", "We are looking into it")])
def test_a_fresh_installation_has_six_in_both_languages(world, language, name):
    assert len(make_macros(language)) == len(MACROS) == 6
    assert make_macros("ru") == make_macros("en") == [], "twice is once, in whichever language"
    row = Macro.objects.get(name=name)
    assert set(row.texts) == {"en", "ru"} and [one["do"] for one in row.actions] == ["set_status", "assign"]
