"""What is too much is quarantined with a cause, and no input takes long."""

from time import perf_counter

import pytest

from channels_in.kinds.email.parsing import Limits, parse
from tests.mail.letters import letter


def test_too_large() -> None:
    mail = parse(letter("x" * 2000), Limits(message_bytes=1000))
    assert (mail.error or "").startswith("too-large")
    assert mail.subject == "A question"


def test_too_many_parts() -> None:
    body = "--e\n\nx\n" * 101
    mail = parse(letter(body, "Content-Type: multipart/mixed; boundary=e"))
    assert (mail.error or "").startswith("too-many-parts")
    assert mail.sender is not None


def test_nested_too_deep() -> None:
    inner = "deep"
    for level in range(25):
        inner = f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n{inner}\n--b{level}--"
    assert (parse(b"Subject: A\r\n" + inner.encode()).error or "").startswith("too-deep")


def test_too_many_recipients() -> None:
    mail = parse(letter("x", "Cc: " + ", ".join(f"p{n}@x.ru" for n in range(1001))))
    assert (mail.error or "").startswith("too-many-recipients")


@pytest.mark.parametrize("raw", [b"", b" \r\n\r\n"])
def test_nothing_is_quarantined_as_empty(raw: bytes) -> None:
    assert (parse(raw).error or "").startswith("empty")


@pytest.mark.parametrize(
    "unit",
    [
        ">",
        " ",
        "\n",
        "> a\n",
        "On 1 \n",
        "From: x\n",
        "-",
        "___\n",
        "> q\nanswer\n\n",
        "a@b ",
        "On 1.1.2025 a@b.c:\n> x\ny\n",
    ],
)
@pytest.mark.parametrize("fields", [(), ("Return-Path: <>", "Subject: failure notice")])
def test_text_without_end_is_folded_in_time(unit: str, fields: tuple[str, ...]) -> None:
    began = perf_counter()
    mail = parse(letter(unit * (1_000_000 // len(unit)), *fields))
    assert perf_counter() - began < 10
    assert mail.error is None


@pytest.mark.parametrize("unit", ['"', "(", "<", "a@b,", "=?a?q?", "=?", "\\", "a\n ", ";a=b", "<a@b"])
@pytest.mark.parametrize("name", ["To", "References", "Content-Type", "Subject"])
def test_fields_without_end_are_read_in_time(name: str, unit: str) -> None:
    began = perf_counter()
    parse(f"{name}: {unit * (500_000 // len(unit))}\n\nx".encode())
    assert perf_counter() - began < 10
