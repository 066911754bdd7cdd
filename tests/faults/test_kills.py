"""The promise of the product: kill what you like, nothing accepted is lost, nothing is said twice."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.helpdesk import Agent, Helpdesk, letter

CONVERSATIONS = 100
MAILS_EACH = 10  # together 1,000
REPLIES = 300
SENDERS = 4
# Five of the listener, six of the worker, five of the pages and five of the database.
KILLS = ["mail", "worker", "web", "postgres"] * 5 + ["worker"]


class Killer(threading.Thread):
    """Kills one process after the other while the work goes on: evenly over the work, or by the clock."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        super().__init__(name="killer")
        self.helpdesk = helpdesk
        self.done = 0  # pieces of work, counted by the others
        self.killed: list[str] = []
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            for number, name in enumerate(KILLS):
                share = (CONVERSATIONS * MAILS_EACH + REPLIES) * (number + 0.5) / len(KILLS)
                patience = time.monotonic() + 12
                while self.done < share and time.monotonic() < patience:
                    time.sleep(0.05)
                if name == "postgres":
                    self.helpdesk.kill_database()
                else:
                    self.helpdesk.restart(name)
                self.killed.append(name)
        except BaseException as error:
            self.failed = error


@pytest.fixture
def killer(helpdesk, anna):
    thread = Killer(helpdesk)
    thread.start()
    yield thread
    thread.join(120)


def address(conversation: int) -> str:
    return f"vera{conversation}@severgrad.example"


def identity(conversation: int, number: int) -> str:
    return f"kill-{conversation}-{number}@severgrad.example"


def write(helpdesk: Helpdesk, killer: Killer, conversations: range) -> None:
    """Each customer writes ten mails, one after the other, each in answer to their first."""
    for number in range(MAILS_EACH):
        for conversation in conversations:
            mail = letter(
                f"Conversation {conversation}",
                f"This is mail {number} of conversation {conversation}.",
                sender=address(conversation),
                identity=identity(conversation, number),
                answer_to=identity(conversation, 0) if number else "",
            )
            helpdesk.send(mail, patience=120)
            killer.done += 1


def answer(agent: Agent, killer: Killer) -> None:
    """Anna replies three times to each conversation, as they come up."""
    helpdesk = agent.helpdesk
    for number in range(REPLIES):
        conversation = number % CONVERSATIONS
        ticket = 0
        until = time.monotonic() + 120
        while not ticket:
            assert time.monotonic() < until, f"conversation {conversation} does not come up"
            try:
                ticket = next(iter(helpdesk.tickets_about(f"Conversation {conversation}")), 0)
            except Exception:  # the database is just being killed
                ticket = 0
            if not ticket:
                time.sleep(0.3)
        agent.reply_until_sent(
            ticket, f"Reply number {number}.", key=f"kill-{number}", to=address(conversation), patience=120
        )
        killer.done += 1


@pytest.mark.slow
def test_a_thousand_mails_and_three_hundred_replies_survive_twenty_kills(helpdesk, anna, killer):
    mails = CONVERSATIONS * MAILS_EACH
    before = helpdesk.count("channels_in_inbound")
    share = CONVERSATIONS // SENDERS
    with ThreadPoolExecutor(SENDERS + 1) as pool:
        work = [
            pool.submit(write, helpdesk, killer, range(first, first + share))
            for first in range(0, CONVERSATIONS, share)
        ]
        work.append(pool.submit(answer, anna, killer))
        for piece in work:
            piece.result(480)
    killer.join(240)
    assert killer.failed is None
    assert len(killer.killed) == len(KILLS) >= 20
    helpdesk.mend()
    helpdesk.wait_until_idle(300)

    # In: a row for each mail, a message for each row, a ticket for each conversation.
    assert helpdesk.count("channels_in_inbound") - before == mails
    rows = helpdesk.ask(
        """SELECT external_id, status, message_id, ticket_id FROM channels_in_inbound
            WHERE external_id LIKE 'kill-%%'"""
    )
    assert {status for _id, status, _message, _ticket in rows} == {"done"}
    assert len({message for _id, _status, message, _ticket in rows}) == mails
    assert {one for one, *_rest in rows} == {
        identity(c, n) for c in range(CONVERSATIONS) for n in range(MAILS_EACH)
    }
    received = helpdesk.ask(
        """SELECT message.ticket_id, message.text FROM tickets_message message
             JOIN tickets_ticket ticket ON ticket.id = message.ticket_id
            WHERE ticket.subject LIKE 'Conversation %%' AND message.kind = 'message'
            ORDER BY message.created_at, message.id"""
    )
    by_ticket = defaultdict(list)
    for ticket, text in received:
        by_ticket[ticket].append(re.findall(r"mail (\d+) of conversation (\d+)", text)[0])
    assert len(by_ticket) == CONVERSATIONS
    for ticket, found in by_ticket.items():
        assert [int(number) for number, _c in found] == list(range(MAILS_EACH)), f"the order in #{ticket}"
        assert len({conversation for _n, conversation in found}) == 1

    # Out: each reply once in its ticket, and once at the customer's server, but for the kills.
    texts = [text for (text,) in helpdesk.ask("SELECT text FROM tickets_message WHERE kind = 'reply'")]
    replies = [text for text in texts if text.startswith("Reply number")]
    assert sorted(replies) == sorted(f"Reply number {number}." for number in range(REPLIES))
    arrived = defaultdict(list)
    for mail in helpdesk.sink.mails:
        number = re.search(rb"Reply number (\d+)\.", mail.raw)
        assert number, mail.raw[:500]
        arrived[int(number[1])].append(mail.message["Message-ID"])
    assert set(arrived) == set(range(REPLIES))
    doubles = sum(len(ids) - 1 for ids in arrived.values())
    assert doubles <= len(KILLS), "at most one double a kill"
    assert all(len(set(ids)) == 1 for ids in arrived.values()), "a double bears the same Message-ID"

    # And what follows from the journal has followed.
    assert helpdesk.count("journal_delivery") == 0
    assert helpdesk.count("tickets_message") == helpdesk.count("tickets_searchdocument")
    assert helpdesk.left() == {}
    print(f"{len(killer.killed)} kills, {doubles} doubles")


def test_a_sender_killed_while_the_server_answers_sends_the_same_mail_again(helpdesk, anna):
    """Nobody can know whether a server took what it was given when the line goes dead: the customer gets it
    a second time rather than never, under the same Message-ID, and the message says so."""
    helpdesk.send(letter("Maybe twice", "Hello", sender=address(0), identity="maybe-twice@severgrad.example"))
    ticket = helpdesk.wait_for_ticket("Maybe twice")
    helpdesk.sink.late = 5.0
    try:
        anna.reply_until_sent(ticket, "Did you get this?", key="maybe-twice", to=address(0))
        helpdesk.sink.wait_for(1, 30)  # taken, and not yet answered
        helpdesk.restart("worker")
    finally:
        helpdesk.sink.late = 0.0
    # Two minutes are long in a test: let the dead one's lease end now.
    helpdesk.ask("UPDATE channels_in_outbound SET claimed_until = now() WHERE claimed_until IS NOT NULL")
    helpdesk.wait_until_idle()
    first, second = helpdesk.sink.wait_for(2, 10)
    assert first.message["Message-ID"] == second.message["Message-ID"]
    rows = helpdesk.ask(
        """SELECT outbound.status, outbound.maybe_twice FROM channels_in_outbound outbound
             JOIN tickets_message message ON message.id = outbound.message_id WHERE message.ticket_id = %s""",
        ticket,
    )
    assert rows == [("sent", True)]
