"""Real SMTP and LMTP conversations with the listener."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import threading
import time
from email.message import EmailMessage

import pytest
from django.db import connection

from channels_in.kinds.email import tokens
from channels_in.kinds.email.limits import Limits, networks
from channels_in.kinds.email.security import client_context
from channels_in.models import Inbound


def letter(number: int = 1, to: str = "support@zerno.example", text: str = "The grinder is loud.") -> bytes:
    mail = EmailMessage()
    mail["From"] = "Vera <vera@severgrad.example>"
    mail["To"] = to
    mail["Subject"] = f"Question {number}"
    mail["Message-ID"] = f"<{number}@severgrad.example>"
    mail.set_content(text)
    return mail.as_bytes().replace(b"\n", b"\r\n")


def talk(port: int, *lines: bytes) -> list[str]:
    """Say lines, a raw conversation; the answers."""
    answers = []
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        file = client.makefile("rb")
        answers.append(file.readline().decode().rstrip())
        for line in lines:
            client.sendall(line + b"\r\n")
            while True:
                answer = file.readline().decode().rstrip()
                answers.append(answer)
                if answer[3:4] != "-":
                    break
    return answers


def test_a_mail_is_stored_as_it_came_before_the_client_hears_250(listener):
    raw = letter()
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.sendmail("vera@severgrad.example", ["support@zerno.example"], raw)
        row = Inbound.objects.get()  # at once, without waiting
    assert bytes(row.raw) == raw
    assert (row.via, row.size, row.external_id) == ("smtp", len(raw), "1@severgrad.example")
    assert row.envelope_from == "vera@severgrad.example"
    assert row.envelope_to == ["support@zerno.example"]


def test_the_same_mail_twice_is_one_row(listener):
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        for _time in range(2):
            client.sendmail("vera@severgrad.example", ["support@zerno.example"], letter())
    assert Inbound.objects.count() == 1


def test_one_mail_to_two_inboxes_is_stored_in_each(listener, world):
    to = ["support@zerno.example", "help@zerno.example", "support@harbor.example"]
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.sendmail("vera@severgrad.example", to, letter())
    rows = {row.inbox_id: row.envelope_to for row in Inbound.objects.all()}
    assert rows == {world.inbox.pk: to[:2], world.other_inbox.pk: to[2:]}


def test_dots_and_what_is_no_text_arrive_unchanged(listener):
    body = b"..\r\n.one\r\n...\r\nnul \x00 and latin \xe4\xf6\r\nbare\nline\n.\nfeed\r\n\r\n"
    raw = b".leading: dot\r\nMessage-ID: <dots@x>\r\n\r\n" + body
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.ehlo()
        client.mail("a@x.example")
        client.rcpt("support@zerno.example")
        assert client.docmd("DATA")[0] == 354
        stuffed = b"\r\n".join(b"." + line if line[:1] == b"." else line for line in raw.split(b"\r\n"))
        client.send(stuffed + b".\r\n")
        assert client.getreply()[0] == 250
    assert bytes(Inbound.objects.get().raw) == raw


def test_a_loose_end_of_data_smuggles_nothing_in(listener):
    """CVE-2023-51764 and its kin: LF . CR LF does not end a message."""
    smuggled = (
        b"MAIL FROM:<boss@acme.example>\r\nRCPT TO:<support@zerno.example>\r\nDATA\r\nSubject: forged\r\n"
    )
    raw = b"Message-ID: <one@x>\r\n\r\ntext\n.\r\n" + smuggled
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.sendmail("a@x.example", ["support@zerno.example"], raw.replace(b"\n.", b"\n.."))
        client.mail("a@x.example")
        client.rcpt("support@zerno.example")
        client.docmd("DATA")
        client.send(raw + b"\r\n.\r\n")
        assert client.getreply()[0] == 250
        assert client.noop()[0] == 250  # nothing more was answered
    assert Inbound.objects.count() <= 2
    assert not Inbound.objects.filter(envelope_from="boss@acme.example").exists()


def test_it_relays_for_nobody(listener):
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.ehlo()
        client.mail("vera@severgrad.example")
        for stranger in (
            "someone@elsewhere.example",
            "support@zerno.example.evil.example",
            "nobody@zerno.example",
        ):
            code, words = client.rcpt(stranger)
            assert (code, words[:5]) == (550, b"5.1.1")
        code, _words = client.docmd("DATA")
        assert code == 503
    assert not Inbound.objects.exists()


def test_aliases_any_case_and_signed_addresses_are_ours(listener, world):
    ticket = world.ticket()
    signed = tokens.plus_address("support@zerno.example", ticket_id=ticket.pk, key=ticket.thread_key)
    assert signed
    forged = signed.replace(f"+t{ticket.pk}.", f"+t{ticket.pk + 1}.")
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.ehlo()
        client.mail("vera@severgrad.example")
        assert client.rcpt("HELP@Zerno.Example")[0] == 250
        assert client.rcpt(signed)[0] == 250
        assert client.rcpt(forged)[0] == 550


def test_an_inbox_that_is_switched_off_takes_nothing(listen, inbox):
    inbox.is_active = False
    inbox.save()
    with smtplib.SMTP("127.0.0.1", listen().smtp_port) as client:
        client.ehlo()
        client.mail("vera@severgrad.example")
        assert client.rcpt("support@zerno.example")[0] == 550


def test_bounces_come_from_nobody(listener):
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.sendmail("", ["support@zerno.example"], letter())
    assert Inbound.objects.get().envelope_from == "<>"


def test_what_it_says_of_itself(listener):
    answers = talk(listener.smtp_port, b"EHLO me")
    assert "aiosmtpd" not in answers[0].lower() and "python" not in answers[0].lower()
    offered = {line[4:] for line in answers[1:]}
    assert {"SIZE 26214400", "8BITMIME", "SMTPUTF8", "PIPELINING"} <= offered
    assert not any(line.startswith(("AUTH", "STARTTLS")) for line in offered)
    assert talk(listener.smtp_port, b"EHLO me", b"AUTH PLAIN AGEAYg==")[-1].startswith("502")
    assert talk(listener.smtp_port, b"EHLO me", b"VRFY vera")[-1].startswith("252")


def test_commands_sent_ahead_are_answered_in_order(listener):
    raw = letter()
    said = b"EHLO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<support@zerno.example>\r\nDATA\r\n" + raw + b".\r\n"
    with socket.create_connection(("127.0.0.1", listener.smtp_port), timeout=5) as client:
        client.sendall(said + b"MAIL FROM:<a@x>\r\nRCPT TO:<no@zerno.example>\r\nQUIT\r\n")
        heard = b""
        while chunk := client.recv(4096):
            heard += chunk
    codes = [line[:3] for line in heard.decode().splitlines() if line[3] == " "]
    assert codes == ["220", "250", "250", "250", "354", "250", "250", "550", "221"]
    assert Inbound.objects.count() == 1


def test_addresses_beyond_ascii(listener, inbox):
    inbox.aliases = ["поддержка@zerno.example"]
    inbox.save()
    time.sleep(0.05)
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        client.mail("вера@severgrad.example", ["SMTPUTF8", "BODY=8BITMIME"])
        assert client.rcpt("поддержка@zerno.example")[0] == 250
        client.data(letter())
    assert Inbound.objects.get().envelope_from == "вера@severgrad.example"


def test_a_mail_that_says_it_is_too_large_is_refused_at_once(listener):
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.ehlo()
        assert client.mail("a@x.example", ["SIZE=26214401"])[0] == 552


def test_a_mail_that_is_too_large_is_refused_at_its_end(listen):
    running = listen(Limits(message_bytes=20_000))
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as client:
        client.ehlo()
        for text, code in (("x" * 70 + "\n") * 600, 552), ("small", 250):
            client.mail("a@x.example")
            client.rcpt("support@zerno.example")
            assert client.data(letter(text=text))[0] == code
    assert Inbound.objects.count() == 1
    assert running.listener.bytes_in_memory == 0


def test_too_many_large_mails_at_once_are_asked_to_come_again(listen):
    running = listen(Limits(body_bytes_in_memory=20_000))
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as client:
        client.ehlo()
        client.mail("a@x.example")
        client.rcpt("support@zerno.example")
        assert client.data(letter(text=("x" * 70 + "\n") * 600))[0] == 452
    assert running.listener.bytes_in_memory == 0


def test_a_line_of_a_megabyte_is_no_reason_to_lose_a_mail(listener):
    raw = b"Message-ID: <long@x>\r\n\r\n" + b"x" * 1_500_000 + b"\r\n"
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.sendmail("a@x.example", ["support@zerno.example"], raw)
    assert bytes(Inbound.objects.get().raw) == raw


def test_a_client_that_hangs_up_in_the_middle_leaves_nothing(listener):
    client = socket.create_connection(("127.0.0.1", listener.smtp_port), timeout=5)
    client.sendall(b"EHLO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<support@zerno.example>\r\nDATA\r\nSubject: half")
    time.sleep(0.2)
    client.close()
    time.sleep(0.2)
    assert not Inbound.objects.exists()
    assert not listener.listener.sessions


def test_too_many_recipients_come_later(listen):
    running = listen(Limits(recipients=1))
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as client:
        client.ehlo()
        client.mail("a@x.example")
        assert client.rcpt("support@zerno.example")[0] == 250
        assert client.rcpt("help@zerno.example")[0] == 452


STRICT = {"trusted": networks(["192.0.2.0/24"])}


def test_a_client_may_send_so_many_mails_a_minute(listen):
    running = listen(Limits(client_messages_a_minute=2, **STRICT))
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as client:
        for number in range(2):
            client.sendmail("a@x.example", ["support@zerno.example"], letter(number))
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("a@x.example", ["support@zerno.example"], letter(3))
    assert refused.value.smtp_code == 450


def test_a_client_may_hold_so_many_connections(listen):
    running = listen(Limits(client_connections=1, **STRICT))
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as client:
        client.noop()
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            smtplib.SMTP("127.0.0.1", running.smtp_port)
        assert refused.value.smtp_code == 421


def test_our_own_relay_is_not_counted(listen):
    running = listen(Limits(client_messages_a_minute=1, client_connections=1, client_connections_a_minute=1))
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as client, smtplib.SMTP("127.0.0.1", running.smtp_port):
        for number in range(3):
            client.sendmail("a@x.example", ["support@zerno.example"], letter(number))
    assert Inbound.objects.count() == 3


def test_a_database_that_cannot_store_means_try_again(listener):
    """Never 250, never 5xx: the client keeps the mail."""
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.sendmail("a@x.example", ["support@zerno.example"], letter(1))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE channels_in_inbound RENAME TO channels_in_away")
        try:
            client.mail("a@x.example")
            client.rcpt("support@zerno.example")
            code, words = client.data(letter(2))
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE channels_in_away RENAME TO channels_in_inbound")
        assert (code, words[:5]) == (451, b"4.3.0")
        client.sendmail("a@x.example", ["support@zerno.example"], letter(2))
    assert Inbound.objects.count() == 2


def test_connections_cut_by_the_database_are_replaced(listener):
    with smtplib.SMTP("127.0.0.1", listener.smtp_port) as client:
        client.sendmail("a@x.example", ["support@zerno.example"], letter(1))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        client.sendmail("a@x.example", ["support@zerno.example"], letter(2))
    assert Inbound.objects.count() == 2


def test_starttls_when_there_is_a_certificate(listen, trusted, settings):
    certificate, key = trusted.files()
    settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY = str(certificate), str(key)
    with smtplib.SMTP("localhost", listen().smtp_port) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        client.starttls(context=client_context())
        client.sendmail("a@x.example", ["support@zerno.example"], letter())
        assert not client.has_extn("auth")
    assert Inbound.objects.count() == 1


def test_lmtp_answers_for_each_recipient(listener, world):
    with smtplib.LMTP("127.0.0.1", listener.lmtp_port) as client:
        client.ehlo()
        client.mail("vera@severgrad.example")
        client.rcpt("support@zerno.example")
        assert client.rcpt("nobody@zerno.example")[0] == 550
        client.rcpt("support@harbor.example")
        assert client.docmd("DATA")[0] == 354
        client.send(letter() + b".\r\n")
        assert [client.getreply()[0], client.getreply()[0]] == [250, 250]
        assert client.noop()[0] == 250
    assert set(Inbound.objects.values_list("via", flat=True)) == {"lmtp"}
    assert Inbound.objects.count() == 2


def test_lmtp_refuses_for_each_recipient_too(listen):
    running = listen(Limits(message_bytes=5_000))
    with smtplib.LMTP("127.0.0.1", running.lmtp_port) as client:
        client.ehlo()
        client.mail("vera@severgrad.example")
        client.rcpt("support@zerno.example")
        client.rcpt("help@zerno.example")
        client.docmd("DATA")
        client.send(letter(text=("x" * 70 + "\n") * 100) + b".\r\n")
        assert [client.getreply()[0], client.getreply()[0]] == [552, 552]
    assert talk(running.lmtp_port, b"EHLO me")[-1].startswith("500")


def test_stopping_waits_for_a_mail_that_is_on_its_way(listen):
    running = listen()
    client = smtplib.SMTP("127.0.0.1", running.smtp_port)
    client.ehlo()
    client.mail("a@x.example")
    client.rcpt("support@zerno.example")
    client.docmd("DATA")
    client.send(letter())
    ending = threading.Thread(target=running._run, args=(running.listener.stop(5),))
    ending.start()
    time.sleep(0.2)
    client.send(b".\r\n")
    assert client.getreply()[0] == 250
    ending.join(6)
    assert not ending.is_alive()
    assert Inbound.objects.count() == 1
    client.close()


def test_a_client_that_does_not_trust_our_certificate_costs_nothing(listen, authority, settings):
    certificate, key = authority.files()
    settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY = str(certificate), str(key)
    running = listen()
    for _time in range(2):
        client = smtplib.SMTP("localhost", running.smtp_port)
        with pytest.raises(OSError, match="certificate verify failed"):
            client.starttls(context=client_context())
        client.close()
    time.sleep(0.3)
    assert not running.listener.sessions
    assert len(asyncio.all_tasks(running._loop)) == 0
