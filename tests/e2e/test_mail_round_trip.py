"""A customer's mail by SMTP, an agent in a real browser, the answer by SMTP, the customer's answer to it."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from tests.e2e.conftest import send_mail, sign_in
from tests.e2e.waiting import alive, settled
from tests.support.load import allowed
from tests.support.stack import wait_until

VERA = '"Vera Holm" <vera@severgrad.example>'
SUPPORT = "support@harbor.example"


def write(subject: str, text: str, *, sender: str = VERA, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, SUPPORT, subject
    mail["Message-ID"] = f"<{time.time_ns()}@client.example>"
    mail.set_content(text)
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return mail


@pytest.fixture
def send(stack):
    """Hand mails to the listener over a real SMTP conversation."""

    def over_smtp(mail: EmailMessage) -> EmailMessage:
        send_mail(stack, mail)
        return mail

    return over_smtp


def row(page, subject: str):
    return page.locator("#rows .ticket-row", has_text=subject)


def test_from_mail_to_answer_and_back(stack, sink, page, send, tmp_path):
    sign_in(page)
    page.goto("/views/4/")
    alive(page)

    # In the list within two seconds, without a reload.
    page.evaluate("window.notReloaded = true")

    def to_vera(*, automatic):
        """What has come for Vera, other than the other stories' mail."""
        hers = [mail for mail in sink.mails if mail.recipients == ["vera@severgrad.example"]]
        return [mail for mail in hers if bool(mail.message["Auto-Submitted"]) is automatic]

    first = send(write("The grinder stopped", "Hello, the grinder stopped after the update.\n\nVera"))
    began = time.monotonic()
    row(page, "The grinder stopped").wait_for()
    assert time.monotonic() - began < allowed(2.0)
    assert page.evaluate("window.notReloaded") is True

    # The acknowledgement bears the number and calls itself automatic.
    (acknowledgement,) = wait_until(lambda: to_vera(automatic=True), 60, "the acknowledgement")
    assert acknowledgement.message["Auto-Submitted"] == "auto-replied"
    number = page.locator("#rows .ticket-row", has_text="The grinder stopped").get_attribute("data-id")
    assert number in acknowledgement.raw.decode()

    # Anna opens it and answers, with a file.
    row(page, "The grinder stopped").locator("a.row-main").click()
    page.wait_for_selector("#composer-form trix-editor")
    settled(page)
    assert "stopped after the update" in page.locator("#ticket").inner_text()
    guide = tmp_path / "guide.txt"
    guide.write_text("Press the reset button for ten seconds.")
    page.set_input_files("#composer input[type=file]", str(guide))
    page.locator("#composer [data-uploads]", has_text="guide.txt").wait_for()
    page.locator("trix-editor").click()
    page.keyboard.type("Hello Vera, please see the attached guide.")
    page.keyboard.press("Control+Enter")
    page.locator(".msg", has_text="see the attached guide").wait_for()

    (reply,) = wait_until(lambda: to_vera(automatic=False), 60, "the reply at the customer's server")
    mail = reply.message
    assert reply.recipients == ["vera@severgrad.example"]
    assert mail["In-Reply-To"] == first["Message-ID"]
    assert first["Message-ID"] in mail["References"]
    assert SUPPORT in mail["From"]
    assert "Anna" in mail["From"]
    assert mail["Auto-Submitted"] is None
    assert "see the attached guide" in mail.get_body(("plain",)).get_content()
    assert "see the attached guide" in mail.get_body(("html",)).get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content().strip()) == (
        "guide.txt", "Press the reset button for ten seconds.",
    )  # fmt: skip
    page.locator(".msg", has_text="see the attached guide").locator(".delivery-sent").wait_for()

    # Vera's answer to it threads, and appears on the open page by itself.
    chain = {"In_Reply_To": mail["Message-ID"], "References": f"{mail['References']} {mail['Message-ID']}"}
    send(write("Re: The grinder stopped", "It works again, wonderful! But the light blinks.", **chain))
    page.locator("#ticket .msg", has_text="But the light blinks").wait_for(timeout=allowed(5) * 1000)
    settled(page)
    assert page.evaluate("window.notReloaded") is True

    # Forged ones do not, in four ways.
    ours = mail["Message-ID"]
    left, _, domain = ours.strip("<>").partition("@")
    altered = f"<{left[:-1]}{'a' if left[-1] != 'a' else 'b'}@{domain}>"
    mallory = "Mallory <mallory@evil.example>"
    failed = "mx.harbor.example; dmarc=fail header.from=severgrad.example"
    forged = {
        "subject number": write(f"Re: [#{number}] forged by number", "Send it to me", sender=mallory),
        "altered HMAC": write("Re: forged by HMAC", "Send it to me", sender=mallory, In_Reply_To=altered),
        "copied foreign Message-ID": write(
            "Re: forged by copy", "Send it", sender=mallory, In_Reply_To=first["Message-ID"]
        ),
        "dmarc=fail": write("Re: forged by name", "Send it", In_Reply_To=ours, Authentication_Results=failed),
    }
    before = page.locator("#ticket .msg").count()
    for how, forgery in forged.items():
        send(forgery)
        subject = str(forgery["Subject"]).removeprefix("Re: ")
        fragment = subject.split("] ")[-1]
        row(page, fragment).wait_for()
        assert row(page, fragment).get_attribute("data-id") != number, how

    # The same header from a stranger's relay means nothing: the real customer still threads.
    foreign = "mx.elsewhere.example; dmarc=fail header.from=severgrad.example"
    send(
        write(
            "Re: The grinder stopped",
            "This one is really me",
            In_Reply_To=ours,
            Authentication_Results=foreign,
        )
    )
    page.locator("#ticket .msg", has_text="This one is really me").wait_for()
    settled(page)
    # An inbox is worked off in order: had one of the forged come here, it would stand before this one.
    assert page.locator("#ticket .msg").count() == before + 1
