"""Who wrote first, when an agent forwards a mail."""

import pytest

from channels_in.kinds.email.parsing import Address
from tests.mail.letters import read


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Fwd: Broken",
            (
                "FYI\n\n---------- Forwarded message ---------\nFrom: Boris <boris@x.ru>\n"
                "Date: Tue, 3 Jun 2025\nSubject: Broken\nTo: <a@b.c>\n\nIt broke"
            ),
        ),
        (
            "FW: Broken",
            "FYI\n\nFrom: Boris [mailto:boris@x.ru]\nSent: Tuesday\nTo: Anna\nSubject: Broken\n\nIt broke",
        ),
        (
            "Fwd: Broken",
            (
                "-------- Пересылаемое сообщение --------\nОт кого: Boris <boris@x.ru>\n"
                "Кому: a@b.c\nТема: Broken\n\nIt broke"
            ),
        ),
        (
            "Пересл: Broken",
            "От: Boris <boris@x.ru>\nОтправлено: вторник\nКому: Анна\nТема: Broken\n\nIt broke",
        ),
        (
            "x",
            (
                "Begin forwarded message:\n\n> From: Boris <boris@x.ru>\n> Subject: "
                "Broken\n> Date: 3 June\n>\n> It broke"
            ),
        ),
    ],
)
def test_inline_forwards(subject: str, text: str) -> None:
    found = read(text, f"Subject: {subject}").forwarded
    assert found is not None
    assert (found.sender, found.subject, found.text, found.attached) == (
        Address("Boris", "boris@x.ru"),
        "Broken",
        "It broke",
        False,
    )


def test_a_reply_is_no_forward() -> None:
    assert (
        read(
            "Yes\n\nFrom: Boris <boris@x.ru>\nSent: Tue\nTo: A\nSubject: x\n\nold", "Subject: Re: x"
        ).forwarded
        is None
    )
