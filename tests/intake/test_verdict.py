"""Authentication-Results, as relays write them and as attackers do. Pure."""

from __future__ import annotations

import pytest

from channels_in.verdict import passes_for_participant, read

OURS = ["mx.zerno.example"]
VERA = "vera@severgrad.example"


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ("mx.zerno.example; dmarc=pass header.from=severgrad.example", "passed"),
        ("MX.zerno.example 1; dmarc=PASS (p=none dis=none) header.from=severgrad.example", "passed"),
        ("mx.zerno.example; dkim=pass header.d=severgrad.example header.s=a; dmarc=none", "passed"),
        ("mx.zerno.example; dkim=pass (good; dmarc=fail) header.i=@mail.severgrad.example", "passed"),
        ("mx.zerno.example; dkim=pass header.d=evil.example", "unknown"),
        ("mx.zerno.example; dkim=pass header.d=example", "unknown"),
        ("mx.zerno.example; dmarc=pass header.from=evil.example", "unknown"),
        ("mx.zerno.example; dmarc=fail action=none header.from=severgrad.example", "failed"),
        ("mx.zerno.example; spf=pass smtp.mailfrom=severgrad.example", "unknown"),
        ("mx.zerno.example; none", "unknown"),
        ("mx.zerno.example; reason=x; dmarc=nonsense", "unknown"),
        ("mx.zerno.example.evil.example; dmarc=pass header.from=severgrad.example", "unknown"),
        ("(mx.zerno.example) evil.example; dmarc=pass", "unknown"),
        ("", "unknown"),
        (";;;=(((", "unknown"),
    ],
)
def test_one_header(header: str, state: str):
    assert read([header], OURS, VERA)["state"] == state


def test_the_first_run_of_our_headers_counts_and_nothing_below_it():
    headers = [
        "later-hop.example; none",
        "mx.zerno.example; spf=pass smtp.mailfrom=x@severgrad.example",
        "mx.zerno.example; dmarc=fail header.from=severgrad.example",
        "evil.example; dmarc=pass",
        "mx.zerno.example; dmarc=pass header.from=severgrad.example",
    ]

    found = read(headers, OURS, VERA)

    assert (found["spf"], found["dmarc"], found["state"]) == ("pass", "fail", "failed")


def test_nothing_is_trusted_where_no_relay_is_configured():
    found = read(["mx.zerno.example; dmarc=fail header.from=severgrad.example"], [], VERA)

    assert not found["trusted"]
    assert passes_for_participant(found)


@pytest.mark.parametrize(
    ("results", "passes"),
    [
        ("spf=fail; dkim=none; dmarc=none", False),
        ("spf=fail; dkim=pass header.d=severgrad.example", True),
        ("spf=softfail", True),
        ("spf=fail; dmarc=pass header.from=severgrad.example", True),
        ("spf=pass; dkim=pass header.d=evil.example; dmarc=fail", False),
    ],
)
def test_when_an_address_is_proof_enough(results: str, passes: bool):
    assert passes_for_participant(read([f"mx.zerno.example; {results}"], OURS, VERA)) is passes
