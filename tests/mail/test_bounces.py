"""Delivery reports: whom, why, for good or not, and about which message."""

import pytest

from channels_in.kinds.email.parsing import Bounce
from tests.mail.letters import multipart, read

RETURNED = (
    "Content-Type: message/rfc822\n\nMessage-ID: <ours@desk.example>\nIn-Reply-To: <q@x.ru>\nSubject: x\n\nhi"
)


def report(status: str, action: str = "failed", said: str = "") -> Bounce | None:
    fields = (
        f"Reporting-MTA: dns; mx.x.ru\n\nFinal-Recipient: rfc822; vera@x.ru\nAction: "
        f"{action}\nStatus: {status}\n"
    )
    if said:
        fields += f"Diagnostic-Code: smtp; {said}\n"
    body, kind = multipart(
        "report; report-type=delivery-status",
        "Content-Type: text/plain\n\nYour message could not be delivered.",
        f"Content-Type: message/delivery-status\n\n{fields}",
        RETURNED,
    )
    return read(body, kind, sender="MAILER-DAEMON@x.ru").bounce


def prose(text: str) -> Bounce:
    bounce = read(text, "Return-Path: <>", "Subject: failure notice", sender="MAILER-DAEMON@mx.x.ru").bounce
    assert bounce is not None
    return bounce


def test_a_standard_report() -> None:
    bounce = report("5.1.1", said="550 5.1.1 User unknown")
    assert bounce is not None
    assert (bounce.recipients, bounce.status, bounce.permanent) == (["vera@x.ru"], "5.1.1", True)
    assert (bounce.original_message_id, bounce.original_in_reply_to) == ("ours@desk.example", ["q@x.ru"])


@pytest.mark.parametrize(
    ("status", "said", "permanent"),
    [
        ("5.1.1", "", True),
        ("5.1.2", "550 Host unknown", True),
        ("5.1.6", "551 user has moved", True),
        ("5.0.0", "550 No such user here", True),
        ("5.2.2", "552 mailbox full", False),
        ("5.0.0", "550 5.7.1 blocked using a blacklist", False),
        ("5.0.0", "554 message looks like spam", False),
        ("5.3.4", "552 message size exceeds limit", False),
        ("4.4.1", "connection timed out", False),
        ("4.1.1", "450 user unknown", False),
        ("5.0.0", "", None),
    ],
)
def test_only_a_dead_address_is_permanent(status: str, said: str, permanent: bool | None) -> None:
    bounce = report(status, said=said)
    assert bounce is not None
    assert bounce.permanent is permanent


def test_a_delay_is_no_verdict_on_the_address() -> None:
    bounce = report("4.4.7", action="delayed")
    assert bounce is not None
    assert bounce.permanent is False


def test_a_report_of_success_is_no_bounce() -> None:
    assert report("2.0.0", action="delivered") is None


@pytest.mark.parametrize(
    "text",
    [
        "Hi. This is the qmail-send program.\n\n<vera@x.ru>:\nSorry, no mailbox here by that name. (#5.1.1)",
        "A message that you sent could not be delivered.\n\n  vera@x.ru\n    SMTP error: 550 user unknown",
        (
            "   ----- The following addresses had permanent fatal errors -----\n<vera@x.ru>"
            "\n    (reason: 550 User unknown)"
        ),
        (
            "I'm sorry, your message could not be delivered.\n\n<vera@x.ru>: host mx.x.ru "
            "said: 550 5.1.1 user unknown"
        ),
        "Your message was not delivered to: vera@x.ru\nReason: User unknown",
        "Не удалось доставить письмо.\n\nvera@x.ru\n550 No such user",
        "Sorry, mail could not be delivered.\n >>> RCPT TO:<vera@x.ru>\n <<< 550 unknown user",
    ],
)
def test_reports_in_prose(text: str) -> None:
    bounce = prose(text)
    assert (bounce.recipients, bounce.permanent) == (["vera@x.ru"], True)


def test_failed_recipients_field() -> None:
    bounce = read("Mailbox is full", "X-Failed-Recipients: vera@x.ru, boris@x.ru").bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent) == (["vera@x.ru", "boris@x.ru"], False)


def test_the_returned_text_names_our_message_but_no_culprit() -> None:
    bounce = prose(
        "Could not be delivered:\n\n<vera@x.ru>:\nUser unknown\n\n--- Below this line "
        "is a copy of the message.\n\n"
        "Received: from a\nMessage-ID: <ours@desk.example>\nFrom: boris@y.ru\nTo: other@z.ru\n\nhi"
    )
    assert (bounce.recipients, bounce.original_message_id) == (["vera@x.ru"], "ours@desk.example")


def test_a_report_wrapped_by_a_gateway_is_looked_into() -> None:
    inner = (
        "Content-Type: message/rfc822\n\nFrom: postmaster@x.ru\nContent-Type: "
        "multipart/report; boundary=in\n\n"
        "--in\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        "Final-Recipient: rfc822; vera@x.ru\nAction: failed\nStatus: 5.1.1\n--in--"
    )
    body, kind = multipart("mixed", inner)
    bounce = read(body, kind, "Subject: Delivery failure", sender="mailer-daemon@gate.ru").bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent) == (["vera@x.ru"], True)
