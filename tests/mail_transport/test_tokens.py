"""What we sign cannot be made by others."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_in.kinds.email.tokens import Ref, message_id, parse_message_id, parse_plus_address, plus_address

KEY = "k3yk3yk3yk3y"
keys = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
numbers = st.integers(1, 10**15)


@given(numbers, numbers, keys, st.none() | numbers)
def test_what_we_make_we_know_again(ticket, message, key, side):
    made = message_id(
        ticket_id=ticket, message_id=message, key=key, domain="acme.example", side_thread_id=side
    )
    for form in (made, f"<{made}>", made.upper(), f" <{made}>\r\n"):
        assert parse_message_id(form) == Ref(ticket, side, message, key)
    address = plus_address("help@acme.example", ticket_id=ticket, key=key, side_thread_id=side)
    if address is not None:
        assert len(address.partition("@")[0]) <= 64
        assert parse_plus_address(address.upper()) == Ref(ticket, side, None, key)


@given(st.data())
def test_no_other_string_of_the_kind_is_valid(data):
    made = message_id(ticket_id=1042, message_id=7, key=KEY, domain="acme.example")
    local = made.partition("@")[0]
    at = data.draw(st.integers(0, len(local) - 1))
    other = data.draw(st.sampled_from(string.ascii_lowercase + string.digits + "."))
    forged = local[:at] + other + local[at + 1 :]
    if forged != local:
        assert parse_message_id(f"<{forged}@acme.example>") is None


@given(st.text(max_size=200))
def test_any_text_is_just_none(text):
    assert parse_message_id(text) is None
    assert parse_plus_address(text) is None


def test_one_kind_is_not_the_other():
    address = plus_address("x@acme.example", ticket_id=1, key=KEY)
    assert address
    mac = address.partition("@")[0].rpartition(".")[2]
    assert parse_message_id(f"t1.m1.{KEY}.{mac}@acme.example") is None
    side = plus_address("x@acme.example", ticket_id=1, key=KEY, side_thread_id=2)
    assert side
    assert parse_plus_address(side.replace("t1s2", "t1")) is None


def test_a_local_part_that_grows_too_long_gets_none():
    assert plus_address(f"{'long' * 10}@acme.example", ticket_id=1, key=KEY) is None


def test_a_plus_of_their_own_is_no_obstacle():
    address = plus_address("help+eu@acme.example", ticket_id=5, key=KEY)
    assert address is not None
    assert parse_plus_address(address) == Ref(5, None, None, KEY)


@pytest.mark.parametrize(
    "value", ["t١.m1.key.aaaaaaaaaaaaaaaa@x", "<>", "@", "t1.m1.k.aaaaaaaaaaaaaaaa@" + "x" * 2000]
)
def test_odd_values(value):
    assert parse_message_id(value) is None


def test_a_rotated_secret_still_opens_old_mail(settings):
    old = message_id(ticket_id=1, message_id=2, key=KEY, domain="acme.example")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert parse_message_id(old) is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert parse_message_id(old) is None
