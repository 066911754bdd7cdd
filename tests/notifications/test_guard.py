"""Where a webhook may lead."""

import ipaddress
import socket

import pytest

from notifications.webhooks import guard


def answers(monkeypatch, *addresses):
    """Have every name lead to these."""

    def getaddrinfo(host, port, *args, **kwargs):
        families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (each, port))
            for family, each in zip(families, addresses, strict=True)
        ]

    monkeypatch.setattr(guard.socket, "getaddrinfo", getaddrinfo)


CLOSED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.2.1",
    "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.0.8",
    "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "fd00:ec2::254", "ff02::1",
    "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo to 10.0.0.1
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_is_refused(address, settings):
    assert not settings.WEBHOOK_ALLOW_PRIVATE  # as it is unless somebody decides otherwise
    assert guard.refusal(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not(address):
    assert not guard.refusal(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("127.0.0.1", True), ("::1", True), ("10.0.0.1", True), ("::ffff:192.168.0.1", True),
        ("fd00::1", True),
        ("169.254.169.254", False), ("fe80::1", False), ("fd00:ec2::254", False), ("100.100.100.200", False),
        ("::ffff:169.254.169.254", False), ("0.0.0.0", False), ("224.0.0.1", False), ("240.0.0.1", False),
    ],
)  # fmt: skip
def test_the_private_ones_can_be_allowed_but_never_where_credentials_are(settings, address, allowed):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    assert (guard.refusal(ipaddress.ip_address(address)) == "") is allowed


@pytest.mark.parametrize("address", CLOSED)
def test_a_name_that_leads_inside_is_refused(monkeypatch, address):
    answers(monkeypatch, address)
    with pytest.raises(guard.Forbidden):
        guard.resolve("https://innocent.example/hook")


def test_one_address_inside_among_public_ones_is_enough(monkeypatch):
    answers(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(guard.Forbidden):
        guard.resolve("https://innocent.example/hook")


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    answers(monkeypatch, "93.184.216.34")
    target = guard.resolve("https://пример.example:8443/a/b?c=d#e")
    assert (target.address, target.port) == ("93.184.216.34", 8443)
    assert target.host == "xn--e1afmkfd.example"
    assert target.authority == "xn--e1afmkfd.example:8443"
    assert target.path == "/a/b?c=d"


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
        "https://", "https:///x", "https://user:pw@example.com/", "https://user@example.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://exa mple.com/",
        "https://example.com/\r\nX: y", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/", "https://[fe80::1%25eth0]/", "https://[/", "https://a..b/",
        "javascript:alert(1)",
    ],
)  # fmt: skip
def test_addresses_we_never_call(url):
    with pytest.raises(guard.Forbidden):
        guard.check_url(url)


@pytest.mark.parametrize(
    "url", ["https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://localhost/"]
)
def test_other_spellings_of_this_machine_are_found_out_by_the_resolver(url):
    try:
        target = guard.resolve(url)
    except (guard.Forbidden, OSError):
        return
    pytest.fail(f"{url} leads to {target.address}")
