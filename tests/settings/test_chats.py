"""An administrator puts a chat on a site."""

import re

import pytest

from channels_in.bots import commands as bots
from channels_in.bots.starter import example
from channels_in.models import ChatWidget
from common.crypto import reveal
from journal.actor import Actor
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def widget(world, oleg):
    oleg.post("/settings/chats/new/", {"name": "Чат", "brand": world.brand.pk, "team": world.first_line.pk})
    return ChatWidget.objects.get()


def form(widget, **more):
    return {
        "name": widget.inbox.name,
        "brand": widget.inbox.brand_id,
        "team": widget.inbox.team_id,
        "is_active": "on",
        "bot": "",
        "colour": "#112233",
        "theme": "auto",
        "side": "right",
        "calendar": "",
        "longest_queue": "10",
        "pick_up_seconds": "60",
        "quiet_minutes": "30",
        "blocked_types": "exe bat",
        "sites": "",
        **more,
    }


def save(oleg, widget, status=302, **more):
    answer = oleg.post(f"/settings/chats/{widget.pk}/", form(widget, **more))
    assert answer.status_code == status, answer.content.decode()
    widget.refresh_from_db()
    return answer.content.decode()


def test_the_list_says_what_to_do_and_then_what_is_missing(world, oleg, widget):
    html = oleg.get("/settings/chats/").content.decode()
    assert "No site may show it" in html
    save(oleg, widget, sites="https://shop.example")
    assert "Open now" in oleg.get("/settings/chats/").content.decode()


def test_a_new_chat_gives_its_script(oleg, widget):
    html = oleg.get(f"/settings/chats/{widget.pk}/").content.decode()
    assert f"data-key=&#34;{widget.key}&#34;" in html
    assert "/chat/widget.js" in html
    assert reveal(widget.identity_secret) not in html
    assert widget.inbox.kind == "chat"


def test_a_chat_needs_a_name(world, oleg):
    answer = oleg.post("/settings/chats/new/", {"name": "", "brand": world.brand.pk})
    assert answer.status_code == 422
    assert not ChatWidget.objects.exists()


def test_everything_is_kept_and_the_journal_says_what_changed(world, oleg, widget):
    flow = bots.make_flow(name="Помощник", definition=example(), actor=Actor.user(world.maria))
    more = {
        "sites": "https://Shop.example/\nshop.other.example, http://localhost:8000",
        "own_colour": "on",
        "title.ru": "Спросите нас",
        "consent.en": "I agree to everything.",
        "asks-name": "required",
        "asks-email": "optional",
        "asks-phone": "nonsense",
        "bot": flow.pk,
        "longest_queue": "3",
    }
    save(oleg, widget, **more)
    assert widget.sites == ["https://shop.example", "https://shop.other.example", "http://localhost:8000"]
    assert widget.colour == "#112233"
    assert widget.texts == {"ru": {"title": "Спросите нас"}, "en": {"consent": "I agree to everything."}}
    assert widget.asks == {"name": "required", "email": "optional"}
    assert widget.bot == flow
    changes = Entry.objects.filter(kind="inbox_changed").latest("pk").data["changes"]
    assert changes["longest_queue"] == [10, 3]
    assert "theme" not in changes


def test_without_a_colour_of_its_own_it_has_the_brands(oleg, widget):
    save(oleg, widget, own_colour="on")
    save(oleg, widget)
    assert widget.colour == ""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"sites": "https://shop.example/path"}, "is no site"),
        ({"sites": "javascript:alert(1)"}, "is no site"),
        ({"blocked_types": "exe, ../etc"}, "no ending of a file name"),
        ({"longest_queue": "0"}, "1"),
        ({"pick_up_seconds": "5"}, "10"),
        ({"quiet_minutes": "4"}, "5"),
        ({"colour": "red"}, ""),
        ({"theme": "pink"}, ""),
        ({"calendar": "999"}, ""),
        ({"bot": "999"}, ""),
        ({"trigger-contains": "/cart", "trigger-seconds": "30"}, "says nothing"),
        ({"trigger-contains": "/cart", "trigger-seconds": "soon", "trigger-text.ru": "Да?"}, "whole seconds"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_saved(oleg, widget, more, words):
    before = widget.sites, widget.triggers, widget.longest_queue
    html = save(oleg, widget, status=422, **more)
    assert words in html
    assert (widget.sites, widget.triggers, widget.longest_queue) == before


def test_triggers_are_rows_and_empty_ones_are_nothing(oleg, widget):
    save(
        oleg,
        widget,
        **{
            "trigger-on": ["yes", "no", "yes"],
            "trigger-contains": ["/cart", "", ""],
            "trigger-seconds": ["30", "", "30"],
            "trigger-visits": ["", "returning", ""],
            "trigger-text.ru": ["Помочь?", "С возвращением!", ""],
            "trigger-text.en": ["Help?", "", ""],
        },
    )
    first, second = widget.triggers
    assert first == {
        "id": "t1",
        "on": True,
        "contains": "/cart",
        "seconds": 30,
        "returning": False,
        "texts": {"ru": "Помочь?", "en": "Help?"},
    }
    assert (second["on"], second["returning"], second["seconds"]) == (False, True, 0)


def test_a_new_secret_is_shown_once(oleg, widget):
    before = reveal(widget.identity_secret)
    answer = oleg.post(f"/settings/chats/{widget.pk}/secret/")
    widget.refresh_from_db()
    secret = reveal(widget.identity_secret)
    html = answer.content.decode()
    assert secret != before
    assert re.search(rf'<code id="secret">{secret}</code>', html)
    assert answer["Cache-Control"] == "no-store"
    assert secret not in oleg.get(f"/settings/chats/{widget.pk}/").content.decode()
    assert secret not in str(Entry.objects.filter(kind="inbox_changed").latest("pk").data)


def test_a_new_secret_is_asked_about_first(oleg, widget):
    address, before = f"/settings/chats/{widget.pk}/", reveal(widget.identity_secret)
    asks, does = 'href="?asks=secret"', f'action="{address}secret/"'
    html = oleg.get(address).content.decode()
    assert asks in html and does not in html
    html = oleg.get(f"{address}?asks=secret").content.decode()
    assert does in html and asks not in html
    assert "Make a new secret for the chat “Чат”?" in html
    assert "The old one stops signing at once" in html
    widget.refresh_from_db()
    assert reveal(widget.identity_secret) == before


@pytest.mark.parametrize("who", ["anna", "maria", "egor", "carla"])
def test_administrators_only(world, by, widget, who):
    browser = by(getattr(world, who))
    for path in ("/settings/chats/", "/settings/chats/new/", f"/settings/chats/{widget.pk}/"):
        assert browser.get(path).status_code == 403
    assert browser.post(f"/settings/chats/{widget.pk}/secret/").status_code == 403


def test_hostile_words_stay_words(oleg, widget):
    save(oleg, widget, **{"greeting.ru": "</textarea><script>alert(1)</script>", "title.en": '"><img src=x>'})
    html = oleg.get(f"/settings/chats/{widget.pk}/").content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
