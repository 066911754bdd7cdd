"""What our own mail relay found out about the sender: SPF, DKIM, DMARC (RFC 8601, 7208, 6376, 7489).

Anybody can write an Authentication-Results header. Ours is recognised by an authserv-id that an administrator
has entered, and stands above everything the sender wrote; a relay removes foreign headers that bear its own
id (RFC 8601, 5). So the first unbroken run of headers with one of our ids counts, and nothing below it.
"""

import re
from collections.abc import Iterable
from typing import Any

_RESULTS = frozenset(
    [
        "pass",
        "fail",
        "softfail",
        "neutral",
        "none",
        "policy",
        "permerror",
        "temperror",
        "hardfail",
        "bestguesspass",
        "nxdomain",
    ]
)
_METHOD = re.compile(r"\s*([a-z][\w-]*)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r'(header|smtp|policy|body)\s*\.\s*([\w-]+)\s*=\s*("[^"]*"|[^\s;]+)', re.IGNORECASE)
_LONGEST = 16_384


def read(headers: Iterable[str], authserv_ids: Iterable[str], from_address: str) -> dict[str, Any]:
    """The verdict on a message with these Authentication-Results, topmost first.

    Keys: ``trusted`` (there was one of ours), ``authserv``, ``spf``, ``dkim``, ``dmarc`` (results, or empty),
    ``dkim_domains`` (those that passed), ``state``: "passed" if DMARC or an aligned DKIM signature passed,
    "failed" as ``has_failed`` says, else "unknown".
    """
    ours = {name.strip().lower() for name in authserv_ids if name.strip()}
    domain = from_address.rpartition("@")[2].lower()
    verdict: dict[str, Any] = {
        "trusted": False, "authserv": "", "spf": "", "dkim": "", "dmarc": "", "dkim_domains": [],
        "state": "unknown",
    }  # fmt: skip
    for header in _run(headers, ours):
        verdict["trusted"] = True
        verdict["authserv"] = verdict["authserv"] or _authserv_id(header)
        for method, result, properties in _methods(header):
            _take(verdict, method, result, properties, domain)
    if has_failed(verdict):
        verdict["state"] = "failed"
    elif verdict["dmarc"] == "pass" or any(_aligned(signer, domain) for signer in verdict["dkim_domains"]):
        verdict["state"] = "passed"
    return verdict


def has_failed(verdict: dict[str, Any]) -> bool:
    """The owner of the From domain disowns the message: DMARC failed. Such mail never joins a ticket."""
    return verdict.get("dmarc") == "fail"


def passes_for_participant(verdict: dict[str, Any]) -> bool:
    """Whether an address alone, without a signed token, is proof enough of who writes.

    Not after a failed DMARC, nor after a hard SPF failure that neither DKIM nor DMARC makes up for. Where our
    relay says nothing the address is believed, as by every mail program.
    """
    if has_failed(verdict):
        return False
    return not (verdict.get("spf") == "fail" and "pass" not in {verdict.get("dkim"), verdict.get("dmarc")})


def _run(headers: Iterable[str], ours: set[str]) -> list[str]:
    """The first unbroken run of headers of ours. What stands above it came later than our relay."""
    run: list[str] = []
    for header in headers:
        if _authserv_id(header) in ours:
            run.append(header)
        elif run:
            break
    return run


def _authserv_id(header: str) -> str:
    words = _without_comments(header[:_LONGEST]).partition(";")[0].split()
    return words[0].strip('"').lower() if words else ""


def _methods(header: str) -> list[tuple[str, str, dict[str, str]]]:
    found = []
    for part in _without_comments(header[:_LONGEST]).split(";")[1:]:
        match = _METHOD.match(part)
        if match is None or match[2].lower() not in _RESULTS:
            continue
        properties = {
            f"{kind.lower()}.{name.lower()}": value.strip('"').lower()
            for kind, name, value in _PROPERTY.findall(part)
        }
        found.append((match[1].lower(), match[2].lower(), properties))
    return found


def _take(verdict: dict[str, Any], method: str, result: str, properties: dict[str, str], domain: str) -> None:
    """Keep a result. The first SPF and DMARC count; of several DKIM signatures one that passed is enough."""
    if method == "dkim":
        if result == "pass":
            signer = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
            if signer:
                verdict["dkim_domains"].append(signer)
            verdict["dkim"] = "pass"
        else:
            verdict["dkim"] = verdict["dkim"] or result
    elif method == "dmarc":
        about = properties.get("header.from", domain).rpartition("@")[2]
        if result == "pass" and about != domain:
            return  # it passed for another From than the one we read
        verdict["dmarc"] = verdict["dmarc"] or result
    elif method == "spf":
        verdict["spf"] = verdict["spf"] or {"hardfail": "fail"}.get(result, result)


def _aligned(signer: str, domain: str) -> bool:
    """Relaxed alignment (RFC 7489, 3.1.1): the signer is the From domain, above it or below it."""
    if not signer or not domain or "." not in signer:
        return False
    return signer == domain or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")


def _without_comments(value: str) -> str:
    """Drop comments in brackets, which nest (RFC 5322, 3.2.2); quoted strings are left whole."""
    if "(" not in value:
        return value
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for ch in value:
        if escaped:
            escaped = False
        elif ch == "\\":
            escaped = True
        elif ch == '"' and depth == 0:
            quoted = not quoted
        elif ch == "(" and not quoted:
            depth += 1
            continue
        elif ch == ")" and not quoted and depth:
            depth -= 1
            continue
        if depth == 0:
            out.append(ch)
    return "".join(out)
