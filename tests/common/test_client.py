"""Whom a limit counts: the real client behind proxies, and how often."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from common import rates
from common.client import client_address, client_network


def ask(forwarded: str | None = None, connected: str = "10.0.0.1"):
    request = RequestFactory().get("/")
    request.META["REMOTE_ADDR"] = connected
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    return request


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.7", "10.0.0.1"),  # anybody can write the header
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "1.1.1.1, 203.0.113.7", "203.0.113.7"),  # what the client claims stands further left
        (2, "1.1.1.1, 203.0.113.7, 198.51.100.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),  # fewer than there must be: not through our proxies
        (1, None, "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, "203.0.113.7:51234", "203.0.113.7"),
        (1, '"[2001:db8::7]:443"', "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_client_is_as_many_entries_from_the_right_as_there_are_proxies(
    settings, proxies, forwarded, address
):
    settings.TRUSTED_PROXIES = proxies
    assert client_address(ask(forwarded)) == address


def test_without_any_address_there_is_still_a_name_to_count():
    assert client_address(ask(connected="")) == "unknown"


def test_an_ipv6_line_is_one_client_however_many_addresses_it_has(settings):
    settings.TRUSTED_PROXIES = 1
    one, other = ask("2001:db8:1:2::7"), ask("2001:db8:1:2:ffff::9")
    assert client_network(one) == client_network(other) == "2001:db8:1:2::/64"
    assert client_network(ask("203.0.113.7")) == "203.0.113.7"


def test_a_rate_lets_so_many_through_and_no_more():
    cache.clear()
    slow = (rates.Rate(2, 60), rates.Rate(3, 3600))
    assert [rates.take("test", "vera", *slow) for _ in range(3)] == [True, True, False]
    assert rates.take("test", "peter", *slow)
    assert rates.so_far("test/60", "vera") == 3
    rates.forget("test", "vera", *slow)
    assert rates.take("test", "vera", *slow)
    assert rates.count("bytes", "vera", 60, by=500) == 500
    assert rates.count("bytes", "vera", 60, by=20) == 520
