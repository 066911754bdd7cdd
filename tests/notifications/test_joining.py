"""The same again, while it is unread, is one notice."""

from notifications.kinds import Wish
from notifications.models import Notice, NoticeMail
from notifications.preferences import save_wishes
from notifications.reading import mark_read, mark_ticket_read, page_of
from notifications.words import shown
from tickets import commands
from tickets.models import Message


def test_three_answers_are_one_notice_with_a_count(world, quiet_start, drain):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    for text in ("раз", "два", "три"):
        world.receive(ticket, text)
        drain()
    (notice,) = Notice.objects.filter(user=world.anna)
    assert notice.count == 3
    (line,) = shown([notice])
    assert (line.title, line.text, line.who) == ("3 new answers", "три", "Вера Ёлкина")


def test_what_was_read_begins_anew(world, quiet_start, drain):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    world.receive(ticket, "раз")
    drain()
    mark_read(world.anna, Notice.objects.get(user=world.anna).pk)
    world.receive(ticket, "два")
    drain()
    assert [(n.count, n.is_unread) for n in Notice.objects.order_by("pk")] == [(1, False), (1, True)]


def test_two_tickets_are_two_notices(world, quiet_start, drain):
    one = quiet_start(team=world.first_line, assignee=world.anna)
    two = quiet_start(team=world.first_line, assignee=world.anna)
    for ticket in (one, two, one):
        world.receive(ticket, "ещё")
    drain()
    counts = dict(Notice.objects.filter(user=world.anna).values_list("ticket_id", "count"))
    assert counts == {one.pk: 2, two.pk: 1}


def test_reading_a_ticket_reads_what_was_merged_into_it(world, quiet_start, drain):
    survivor = quiet_start(team=world.first_line, assignee=world.anna)
    merged = quiet_start(team=world.first_line, assignee=world.anna)
    world.receive(merged, "здесь")
    world.receive(survivor, "и здесь")
    drain()
    commands.merge(merged.pk, into=survivor.pk, actor=world.as_anna)
    assert mark_ticket_read(world.anna, survivor.pk) == 2
    assert mark_ticket_read(world.anna, survivor.pk) == 0


def test_what_was_blacked_out_is_gone_from_the_notice(world, quiet_start, drain):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    message = world.receive(ticket, "карта 4111 1111")
    drain()
    Message.objects.filter(pk=message.pk).update(text="")
    (line,) = shown(list(Notice.objects.filter(user=world.anna)))
    assert line.text == ""


def test_who_wants_neither_gets_no_row_and_who_wants_mail_alone_none_in_the_bell(world, quiet_start, drain):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    save_wishes(world.anna, {"customer_answered": Wish(False, False)})
    world.receive(ticket, "раз")
    drain()
    assert not Notice.objects.exists()
    save_wishes(world.anna, {"customer_answered": Wish(False, True)})
    world.receive(ticket, "два")
    drain()
    notice = Notice.objects.get()
    assert not notice.in_desk
    assert notice.mail == NoticeMail.objects.get(user=world.anna)


def test_notices_by_mail_join_one_mail(world, quiet_start, drain):
    save_wishes(world.anna, {"customer_answered": Wish(True, True)})
    for _ in range(3):
        world.receive(quiet_start(team=world.first_line, assignee=world.anna), "ещё")
        drain()
        assert NoticeMail.objects.get().user == world.anna


def test_a_list_of_notices_costs_the_same_whatever_its_length(
    world, quiet_start, drain, django_assert_num_queries
):

    tickets = [quiet_start(team=world.first_line, assignee=world.anna) for _ in range(3)]
    for ticket in tickets:
        world.receive(ticket, "ещё")
        drain()
    world.anna._team_ids = [world.first_line.pk]
    with django_assert_num_queries(2):  # the notices, and whom and what they mention
        assert len(page_of(world.anna).notices) == 3
    with django_assert_num_queries(2):
        assert len(page_of(world.anna, limit=1).notices) == 1
