"""The two verdicts: written by a machine, and not to be answered automatically."""

import pytest

from tests.mail.letters import multipart, read


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Auto-Submitted: auto-replied", "auto-reply"),
        ("Auto-Submitted: auto-generated (failure)", "auto-generated"),
        ("X-Autoreply: yes", "auto-reply"),
        ("X-Autorespond: x", "auto-reply"),
        ("X-Autoresponse: x", "auto-reply"),
        ("Precedence: auto_reply", "auto-reply"),
        ("Return-Path: <>", "auto-generated"),
    ],
)
def test_machines_are_told_by_their_fields(field: str, kind: str) -> None:
    mail = read("I am away", field)
    assert mail.automatic is not None
    assert mail.automatic.kind == kind
    assert mail.automatic.reasons
    assert mail.no_auto_answer
    assert mail.bounce is None


@pytest.mark.parametrize(
    "field",
    [
        "Precedence: bulk",
        "X-Precedence: list",
        "X-Auto-Response-Suppress: OOF",
        "X-Loop: a",
        "List-Id: <team.example.org>",
        "List-Unsubscribe: <mailto:x@y.z>",
    ],
)
def test_a_person_on_a_list_is_a_person_we_do_not_acknowledge(field: str) -> None:
    mail = read("Hi", field)
    assert mail.automatic is None
    assert len(mail.no_auto_answer) == 1


@pytest.mark.parametrize("field", ["Auto-Submitted: no", "X-Priority: 1", "X-Auto-Response-Suppress: None"])
def test_harmless_fields(field: str) -> None:
    mail = read("Hi", field)
    assert (mail.automatic, mail.no_auto_answer) == (None, [])


@pytest.mark.parametrize(
    "subject", ["Автоответ: Re: x", "Automatic reply: x", "Out of Office: x", "Вне офиса: x"]
)
def test_the_subject_of_an_absence_note(subject: str) -> None:
    mail = read("I am away", f"Subject: {subject}")
    assert mail.automatic is not None
    assert mail.automatic.kind == "auto-reply"


def test_a_receipt_is_generated_and_no_bounce() -> None:
    body, kind = multipart(
        "report; report-type=disposition-notification",
        "Content-Type: text/plain\n\nread",
        "Content-Type: message/disposition-notification\n\nDisposition: manual; displayed",
    )
    mail = read(body, kind)
    assert mail.automatic is not None
    assert (mail.automatic.kind, mail.bounce) == ("auto-generated", None)


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    mail = read(
        "See what I got:\n\nUndelivered Mail Returned to Sender\n<a@b.c>: User unknown",
        "Subject: Fwd: Undelivered Mail",
    )
    assert (mail.automatic, mail.bounce) == (None, None)
