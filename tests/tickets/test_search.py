"""Words are found in both languages, in every form, at once; and nothing of the query is code."""

import pytest

from journal import drain
from tickets import commands, files, search
from tickets.content import Content, FileContent
from tickets.models import SearchDocument


def found(world, query, user=None):
    return [result.ticket.pk for result in search.search(query, user or world.oleg).results]


@pytest.mark.parametrize(
    "query",
    [
        "возврат", "возвраты", "ВОЗВРАТА", "елкин", "Ёлкина", "ёлкиной", "refund", "refunds", "A-10234",
        "10234", "10234 возврата", "severgrad", "vera@severgrad.example", "накладная.pdf", "оформ",
    ],
)  # fmt: skip
def test_forms_numbers_names_and_addresses(world, query):
    ticket = world.ticket("Прошу оформить возврат, заказ A-10234. Please refund. Файл: накладная.pdf")
    world.ticket("Совсем о другом", requester=world.peter)
    assert found(world, query) == [ticket.pk]


@pytest.mark.parametrize(
    "query", ["", "   ", "'", "\\", "&|!:*()", "и на the", "a' | 'b", "\x00", "%s", "<script>"]
)
def test_odd_queries_find_nothing_and_break_nothing(world, query):
    world.ticket("Прошу оформить возврат")
    assert found(world, query) == []


def test_all_words_must_be_there(world):
    ticket = world.ticket("Кофемашина течёт")
    world.ticket("Кофемашина шумит")
    assert found(world, "кофемашины течет") == [ticket.pk]


def test_the_passage_is_marked_and_escaped(world):
    world.ticket("<b>Прошу</b> вернуть деньги & кофемашину")
    (result,) = search.search("деньги", world.oleg).results
    assert "<mark>деньги</mark>" in result.headline
    assert "<b>" not in result.headline


def test_newest_first_in_pages_without_doubles(world):
    tickets = [world.ticket(f"вопрос номер {n}") for n in range(7)]
    world.receive(tickets[0], "ещё вопрос")
    seen, after = [], None
    while True:
        page = search.search("вопрос", world.oleg, after=after, limit=3)
        seen += [result.ticket.pk for result in page.results]
        after = page.next
        if after is None:
            break
    assert seen[0] == tickets[0].pk
    assert set(seen) == {ticket.pk for ticket in tickets}
    assert found(world, "вопрос")[0] == tickets[0].pk


def test_a_mangled_cursor_is_the_first_page(world):
    ticket = world.ticket("вопрос")
    for cursor in ("x", "ё", "W10", "eyJ9", "=" * 100):
        assert [r.ticket.pk for r in search.search("вопрос", world.oleg, after=cursor).results] == [ticket.pk]


def test_withdrawn_and_redacted_words_are_found_no_more(world):
    ticket = world.ticket("Номер карты 4111222233334444")
    reply = world.reply(ticket, "Секретное слово абракадабра")
    assert found(world, "абракадабра") == found(world, "4111222233334444") == [ticket.pk]
    commands.withdraw_reply(reply.pk, actor=world.as_anna)
    commands.redact(ticket.messages.first().pk, text="4111222233334444", actor=world.as_anna)
    assert found(world, "абракадабра") == found(world, "4111222233334444") == []


def test_an_erased_file_is_found_no_more(world):
    ticket = world.ticket()
    message = ticket.messages.first()
    (file,) = files.attach(message, [FileContent("абракадабра.pdf", "application/pdf", b"x")])
    search.index(message.pk)
    assert found(world, "абракадабра") == [ticket.pk]
    commands.redact_attachment(file.pk, actor=world.as_anna)
    assert found(world, "абракадабра") == []


def test_a_new_subject_is_found(world):
    ticket = world.ticket()
    commands.set_subject(ticket.pk, subject="Гарантийный случай", actor=world.as_anna)
    assert found(world, "гарантийные случаи") == [ticket.pk]


def test_a_book_is_indexed_as_far_as_it_can_be(world):
    ticket = world.ticket("слово " + "неповторимое1 " * 1 + " ".join(f"w{n}" for n in range(300_000)))
    assert found(world, "неповторимое1") == [ticket.pk]


def test_what_was_blacked_out_of_a_subject_is_nowhere(world):
    """Found in review: the ticket went on bearing it, in lists and in the words of all its messages."""
    ticket = world.ticket("Карта 4111111111111111", subject="Карта 4111111111111111")
    later = world.receive(ticket, "Ещё вопрос")
    ticket.messages.filter(pk=later.pk).update(subject="aaa" * 130)
    message = ticket.messages.order_by("pk").first()
    commands.redact(message.pk, text="4111111111111111", actor=world.as_anna)
    ticket.refresh_from_db()
    assert "4111" not in ticket.subject + ticket.snippet
    assert found(world, "4111111111111111") == []
    commands.redact(later.pk, text="aaa", actor=world.as_anna)
    later.refresh_from_db()
    assert len(later.subject) == 400


def test_replay_keeps_messages_that_were_split_off(world):
    """Found in review: their entries are on the stream of the ticket they came from."""
    ticket = world.ticket("Первое")
    message = world.receive(ticket, "Помпа течёт")
    new = commands.split(ticket.pk, message_ids=[message.pk], actor=world.as_anna)
    for pk in (ticket.pk, new.pk):
        drain.replay("search", "ticket", pk)
    assert found(world, "помпа") == [new.pk]


def test_replay_gives_the_same_rows(world):
    ticket = world.ticket("Прошу оформить возврат")
    world.reply(ticket, "Оформили")
    reply = world.reply(ticket, "Ошибочно")
    commands.withdraw_reply(reply.pk, actor=world.as_anna)
    commands.post_note(ticket.pk, user=world.boris, content=Content(text="заметка"))
    commands.set_subject(ticket.pk, subject="Другая тема", actor=world.as_anna)
    before = list(SearchDocument.objects.order_by("pk").values_list("pk", "ticket_id", "vector"))
    SearchDocument.objects.all().delete()
    drain.replay("search", "ticket", ticket.pk)
    assert list(SearchDocument.objects.order_by("pk").values_list("pk", "ticket_id", "vector")) == before
