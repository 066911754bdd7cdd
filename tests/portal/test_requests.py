"""What customers find in the portal: their requests, what was said, and what they can expect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.html import sanitise
from journal.actor import Actor
from sla.commands import make_promise
from sla.models import Clock
from tickets import commands
from tickets.content import Content, FileContent
from tickets.models import Brand, Category, Message

LIST = "/portal/zerno/requests/"


def page_of(ticket):
    return f"{LIST}{ticket.pk}/"


def left(message):
    """Seconds later: a reply can no longer be taken back."""
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    return message


def test_the_list_holds_open_requests_and_solved_ones_apart(portal, vera):
    here = portal.ticket(subject="Не греет")
    done = portal.ticket(subject="Давно решено")
    commands.set_status(done.pk, status=portal.status(Category.RESOLVED), actor=portal.as_anna)
    opened, solved = vera.get(LIST).text, vera.get(LIST, {"state": "solved"}).text
    assert f"#{here.pk}" in opened and "Не греет" in opened and "Давно решено" not in opened
    assert "Давно решено" in solved and "Не греет" not in solved


def test_it_goes_on_page_by_page_and_never_shows_one_twice(portal, vera):
    numbers = [portal.ticket().pk for _ in range(23)]
    first = vera.get(LIST).text
    assert sum(f">#{number}<" in first for number in numbers) == 20
    second = vera.get(LIST, {"before": numbers[3]}).text
    assert [number for number in numbers if f">#{number}<" in second] == numbers[:3]
    assert 'href="?before=' in first and 'href="?before=' not in second
    assert vera.get(LIST, {"before": "nonsense"}).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_as_many_queries_with_one_row_as_with_three(
    portal, vera, django_assert_num_queries, rows
):
    for _ in range(rows):
        portal.ticket()
    with django_assert_num_queries(9):
        vera.get(LIST)


def test_requests_are_found_by_number_subject_and_what_was_written(portal, vera):
    coffee = portal.ticket("Кофемашина течёт снизу", subject="Поломка")
    other = portal.ticket("Где счёт?", subject="Оплата")
    for query in (f"#{coffee.pk}", "поломку", "течет кофемашина"):
        found = vera.get(LIST, {"q": query}).text
        assert f">#{coffee.pk}<" in found and f">#{other.pk}<" not in found, query
    commands.post_note(coffee.pk, user=portal.anna, content=Content(text="Подозрительный клиент"))
    assert "Ничего не подошло" in vera.get(LIST, {"q": "подозрительный"}).text
    assert vera.get(LIST, {"q": "%_\\(*["}).status_code == 200


def test_the_page_tells_the_conversation_and_who_answers(portal, vera):
    ticket = portal.ticket("Не включается", subject="Кофемашина")
    left(portal.reply(ticket, "Проверьте розетку."))
    page = vera.get(page_of(ticket)).text
    assert "Кофемашина" in page and "Не включается" in page
    assert "Проверьте розетку." in page and "Anna Lind" in page
    assert "anna@otklik.example" not in page, "by name, never by address"


def test_a_reply_is_here_once_it_cannot_be_taken_back(portal, vera):
    ticket = portal.ticket()
    reply = portal.reply(ticket, "Ещё не решено")
    assert "Ещё не решено" not in vera.get(page_of(ticket)).text
    left(reply)
    assert "Ещё не решено" in vera.get(page_of(ticket)).text
    commands.withdraw_reply(reply.pk, actor=portal.as_anna)
    assert "Ещё не решено" not in vera.get(page_of(ticket)).text


def test_what_is_inside_stays_inside(portal, vera):
    ticket = portal.ticket("Публично")
    commands.post_note(ticket.pk, user=portal.anna, content=Content(text="Тайная заметка"))
    side = commands.open_side_thread(ticket.pk, contact=portal.peter, subject="Тайный", user=portal.anna)
    commands.post_reply(ticket.pk, user=portal.anna, content=Content(text="Тайный вопрос"), side_thread=side)
    portal.receive(ticket, "Тайный ответ поставщика", contact=portal.peter, side_thread=side)
    portal.receive(ticket, "Тайный автоответ", automatic_kind="auto-reply")
    commands.set_summary(ticket.pk, text="Тайная сводка", actor=portal.as_anna)
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    page = vera.get(page_of(ticket)).text
    assert "Публично" in page and "Тайн" not in page


def test_foreign_html_is_shown_in_a_frame_under_a_policy_of_its_own(portal, vera):
    ticket = portal.ticket()
    html = sanitise(
        '<table><tr><td onclick="x()">Таблица</td></tr></table><script>x</script><img src="http://e.example/p.png">'
    )
    message = Message.objects.get(ticket=ticket)
    Message.objects.filter(pk=message.pk).update(html=html, remote_images=1)
    page = vera.get(page_of(ticket)).text
    source = f"/portal/zerno/messages/{message.pk}/body/"
    assert f'src="{source}" sandbox=' in page and "Таблица" not in page
    frame = vera.get(source)
    assert "Таблица" in frame.text and "onclick" not in frame.text and "<script" not in frame.text
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert ' src="http' not in frame.text
    assert "img-src 'self' data: https: http:" in vera.get(source, {"images": 1})["Content-Security-Policy"]


def test_files_open_by_signed_addresses(portal, vera, client):
    ticket = portal.ticket()
    content = Content(
        text="Фото",
        files=[
            FileContent("фото.png", "image/png", b"\x89PNG1"),
            FileContent("x.html", "text/html", b"<script>"),
        ],
    )
    commands.receive_message(
        ticket.pk, content=content, contact=portal.vera, actor=Actor.contact(portal.vera), channel="email"
    )
    page = vera.get(page_of(ticket)).text
    addresses = [
        part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("/portal/zerno/files/")
    ]
    picture, html = (client.get(address) for address in addresses)
    assert picture["Content-Type"] == "image/png" and b"".join(picture.streaming_content) == b"\x89PNG1"
    assert b"".join(html.streaming_content) == b"<script>"
    assert html["Content-Type"] == "application/octet-stream" and "attachment" in html["Content-Disposition"]
    assert client.get(addresses[0].replace("/zerno/", "/harbor/")).status_code == 404
    assert client.get(addresses[0].replace("/files/", "/files/x")).status_code == 404
    file_id = ticket.attachments.first().pk
    fresh = vera.get(f"/portal/zerno/attachments/{file_id}/")
    opened = client.get(fresh["Location"])
    assert fresh.status_code == 302 and b"".join(opened.streaming_content)
    commands.mark_spam(ticket.pk, actor=portal.as_anna)
    assert client.get(addresses[0]).status_code == 404, "the door is asked again"


def test_the_steps_and_the_words_follow_the_status(portal, vera):
    ticket = portal.ticket()
    for category, words in [
        (Category.NEW, "Принято"), (Category.OPEN, "В работе"), (Category.PENDING, "Ждём вас"),
        (Category.ON_HOLD, "Отложено"), (Category.RESOLVED, "Решено"), (Category.CLOSED, "Закрыто"),
    ]:  # fmt: skip
        commands.set_status(ticket.pk, status=portal.status(category), actor=portal.as_anna)
        assert words in vera.get(page_of(ticket)).text, category


def test_promises_and_expected_times_are_told_and_lateness_is_not(portal, vera):
    ticket = portal.ticket()
    promise = make_promise(
        ticket.pk, user=portal.anna, due_at=timezone.now() + timedelta(hours=3), text="тайно"
    )
    page = vera.get(page_of(ticket)).text
    assert "Anna Lind" in page and "тайно" not in page
    Clock.objects.filter(ticket=ticket, ordinal=promise.pk).delete()
    clock = {"ticket": ticket, "state": "running", "started_at": timezone.now()}
    first = Clock.objects.create(target="first_response", due_at=timezone.now() + timedelta(hours=1), **clock)
    Clock.objects.create(target="resolution", due_at=timezone.now() + timedelta(days=2), **clock)
    page = vera.get(page_of(ticket)).text
    assert "Ответ ожидается до" in page and "Планируем решить до" in page
    Clock.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(hours=9))
    page = vera.get(page_of(ticket)).text
    assert "дольше, чем мы планировали" in page
    Brand.objects.filter(pk=portal.brand.pk).update(portal_tells_times=False)
    page = vera.get(page_of(ticket)).text
    assert "Планируем решить" not in page and "планировали" not in page


@pytest.mark.parametrize("count", [1, 4])
def test_a_request_costs_as_many_queries_with_four_messages_as_with_one(
    portal, vera, django_assert_num_queries, count
):
    ticket = portal.ticket()
    for _ in range(count):
        left(portal.reply(ticket))
    with django_assert_num_queries(11):
        vera.get(page_of(ticket))


def test_a_long_conversation_shows_its_end_first(portal, vera):
    ticket = portal.ticket("Самое начало")
    for number in range(62):
        portal.receive(ticket, f"Сообщение {number}.")
    page = vera.get(page_of(ticket)).text
    assert "Самое начало" not in page and "Сообщение 61." in page
    assert "Самое начало" in vera.get(f"{page_of(ticket)}?all").text


def test_scripts_get_the_fragment_alone_and_no_page_to_sign_in_on(portal, vera, client):
    ticket = portal.ticket()
    for path in (LIST, page_of(ticket)):
        part = vera.get(path, headers={"X-Part": "1"})
        assert part.status_code == 200 and "<html" not in part.text and "data-listening" in part.text
        assert client.get(path, headers={"X-Part": "1"}).status_code == 401


def test_pages_about_oneself_are_kept_by_nobody(portal, vera):
    assert vera.get(LIST)["Cache-Control"] == "private, no-store"
    assert "Cookie" in vera.get(LIST)["Vary"]
    assert 'content="noindex' in vera.get(LIST).text
