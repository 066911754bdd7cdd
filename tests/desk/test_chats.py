"""Anna at the desk: Katya on the other side of a chat, and several of them at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels_in.kinds.chat import hearing, sessions
from channels_in.kinds.chat.sessions import Visit
from channels_in.models import ChatBan, ChatSession, ChatWidget, Inbox
from common import clock
from desk.browsers import browser_words
from desk.chats import dock
from journal.models import Entry
from tickets.models import Message, MessageKind

pytestmark = pytest.mark.django_db

SHOP = "https://shop.zerno.example"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.fixture
def widget(world):
    inbox = Inbox.objects.create(
        kind="chat", brand=world.brand, name="Чат на сайте", team=world.first_line, address=""
    )
    return ChatWidget.objects.create(inbox=inbox, sites=[SHOP])


@pytest.fixture
def visits(widget):
    """``visits("Где заказ?")``: somebody comes and says that."""
    count = iter(range(1, 1000))

    def come(*said, **answers):
        session = sessions.begin(
            widget,
            Visit(
                origin=SHOP,
                referrer="https://search.example/?q=coffee",
                browser=CHROME,
                address="203.0.113.7",
                language="ru",
            ),
        )
        session.answers = answers
        session.save()
        sessions.note_page(session, f"{SHOP}/catalog?x=1", "Каталог")
        sessions.note_page(session, f"{SHOP}/cart", "Корзина")
        sessions.arrived(session.pk)
        for text in said:
            hearing.hear(
                sessions.find(session.key), {"type": "say", "id": f"client-{next(count):04}", "text": text}
            )
        return sessions.find(session.key)

    return come


def test_the_visitor_stands_beside_their_chat(anna, visits):
    katya = visits("Где мой заказ?", name="Катя", order="A-17")
    html = anna.get(f"/tickets/{katya.ticket.pk}/").content.decode()
    for words in (
        "On the site now",
        "Корзина",
        "/cart",
        "search.example",
        "Chrome 140 · Linux",
        "203.0.113.7",
        "A-17",
        "1 page before",
        "Waits for a person",
    ):
        assert words in html, words


def test_a_mail_has_no_visitor(anna, world):
    ticket = world.ticket(team=world.first_line)
    html = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'id="visitor"' not in html
    assert "chat-state" not in html
    assert anna.part(f"/tickets/{ticket.pk}/visitor/").status_code == 404
    assert anna.send(f"/tickets/{ticket.pk}/chat/taking/").status_code == 404


def test_taking_ending_and_going_on_by_mail(anna, world, visits):
    katya = visits("Где мой заказ?", email="katya@mail.example")
    path = f"/tickets/{katya.ticket.pk}/chat"
    answer = anna.send(f"{path}/taking/")
    assert "The chat is yours." in answer.content.decode()
    katya.refresh_from_db()
    assert katya.stage == ChatSession.Stage.TALKING
    assert katya.ticket.assignee == world.anna
    anna.send(f"{path}/mail/")
    katya.refresh_from_db()
    assert katya.stage == ChatSession.Stage.ENDED
    other = visits("Здравствуйте")
    anna.send(f"/tickets/{other.ticket.pk}/chat/ending/")
    other.refresh_from_db()
    assert other.stage == ChatSession.Stage.ENDED


def test_without_an_address_it_does_not_go_on_by_mail(anna, visits):
    katya = visits("Где мой заказ?")
    answer = anna.send(f"/tickets/{katya.ticket.pk}/chat/mail/")
    assert answer.status_code == 422
    katya.refresh_from_db()
    assert katya.stage == ChatSession.Stage.WAITING


def test_a_visitor_is_kept_out_and_let_in_again(anna, visits):
    katya = visits("Купите наши ссылки")
    path = f"/tickets/{katya.ticket.pk}/chat/ban/"
    html = anna.send(path).content.decode()
    assert ChatBan.objects.exists()
    assert "ban/removal/" in html
    anna.send(f"{path}removal/")
    assert not ChatBan.objects.exists()


def test_the_dock_has_mine_and_what_nobody_has(anna, world, visits):
    first, second, third = visits("Первый"), visits("Второй", name="Пётр"), visits("Третий")
    anna.send(f"/tickets/{first.ticket.pk}/chat/taking/")
    third.ticket.refresh_from_db()
    ChatSession.objects.filter(pk=second.pk).update(queued_at=clock.now() - timedelta(minutes=3))
    lines = dock(world.anna)
    assert [line.session.pk for line in lines] == [second.pk, third.pk, first.pk]
    assert [line.is_mine for line in lines] == [False, False, True]
    assert lines[0].unread == 1
    html = anna.part("/chats/").content.decode()
    assert "Пётр" in html
    assert html.count("data-offered") == 2


def test_reading_leaves_nothing_unread(anna, world, visits):
    katya = visits("Раз", "Два")
    anna.send(f"/tickets/{katya.ticket.pk}/chat/taking/")
    assert dock(world.anna)[0].unread == 2
    last = Message.objects.filter(ticket=katya.ticket).latest("pk").pk
    anna.send(f"/tickets/{katya.ticket.pk}/reading/", {"message": last})
    assert dock(world.anna)[0].unread == 0


def test_nobody_sees_the_chats_of_other_teams(by, world, visits):
    katya = visits("Где мой заказ?")
    boris = by(world.boris)
    assert dock(world.boris) == []
    for path in ("visitor/",):
        assert boris.part(f"/tickets/{katya.ticket.pk}/{path}").status_code == 404
    for path in ("taking", "ending", "mail", "ban", "ban/removal"):
        assert boris.send(f"/tickets/{katya.ticket.pk}/chat/{path}/").status_code == 404
    katya.refresh_from_db()
    assert katya.stage == ChatSession.Stage.WAITING


def test_experts_do_not_talk_to_visitors(egor, world, visits):
    katya = visits("Где мой заказ?")
    assert egor.part("/chats/").status_code == 403
    assert egor.send(f"/tickets/{katya.ticket.pk}/chat/taking/").status_code == 403


def test_a_page_of_the_visitor_is_no_way_into_ours(anna, visits):
    katya = visits("Здравствуйте")
    katya.pages = [{"url": "javascript:alert(1)", "title": "<img src=x onerror=alert(1)>", "at": "nonsense"}]
    katya.answers = {"order": "<script>alert(1)</script>"}
    katya.save()
    html = anna.part(f"/tickets/{katya.ticket.pk}/visitor/").content.decode()
    assert "javascript:" not in html
    assert "<img src=x" not in html
    assert "<script>" not in html


def test_the_dock_costs_one_query_for_any_number(world, visits, django_assert_num_queries):
    visits("Раз")
    with django_assert_num_queries(1):
        assert len(dock(world.maria)) == 1
    for _number in range(3):
        visits("Ещё")
    with django_assert_num_queries(1):
        assert len(dock(world.maria)) == 4


def test_taking_is_in_the_journal_once(anna, visits):
    katya = visits("Где мой заказ?")
    for _press in range(2):
        anna.send(f"/tickets/{katya.ticket.pk}/chat/taking/")
    assert Entry.objects.filter(kind="chat_taken").count() == 1
    assert Message.objects.filter(ticket=katya.ticket, kind=MessageKind.MESSAGE).count() == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome 140 · Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
            "Firefox 143 · Windows",
        ),
        (
            IPHONE,
            "Safari 18 · iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 YaBrowser/25.2 Mobile Safari/537.36",
            "Yandex 25 · Android",
        ),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_browsers_in_words(agent, words):
    assert browser_words(agent) == words
