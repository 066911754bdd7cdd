"""What a delivery report says: whom it is about, why, and which of our messages it answers.

Reports in the standard form (RFC 3464) are read field by field; the many others (qmail, Exim, Sendmail,
Exchange, Notes, …) by what they have in common: an address at the start of a line, an SMTP reply, the words.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from channels_in.kinds.email.parsing import headers as fields
from channels_in.kinds.email.parsing.bodies import normalise_lines, plain_text
from channels_in.kinds.email.parsing.bounce_reasons import PERMANENT, classify, classify_code, status_in
from channels_in.kinds.email.parsing.charset import decode
from channels_in.kinds.email.parsing.headers import Headers, message_ids
from channels_in.kinds.email.parsing.limits import DEFAULT, LimitError
from channels_in.kinds.email.parsing.mime import Part, Reader
from channels_in.kinds.email.parsing.types import Bounce

ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,100}@[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,8}"
ANY_ADDRESS = re.compile(rf"(?<![\w@.]){ADDRESS}", re.ASCII)
# Where the report ends and the returned message begins.
RETURNED = re.compile(
    r"^[ \t>*#=_-]{0,80}(?:(?:this is )?a copy of (?:the|your) (?:original )?(?:message|mail)"
    r"|below this line is a copy"
    r"|below is a copy|(?:the )?(?:text of )?(?:your )?(?:original|returned|undelivered|unsent"
    r"|failed|included) (?:message|mail)(?: (?:follows|headers|text|header|is|was|as|below|starts"
    r"|returned).{0,60})?"
    r"|(?:the )?(?:header|headers) (?:of|from|for) (?:the|your) .{0,40}|returned (?:message"
    r"|mail).{0,40}|original headers.{0,30}|start of returned message"
    r"|message (?:header|text|headers|contents?|follows|body)s?.{0,40}"
    r"|the following is .{0,60}copy.{0,40}|first .{0,30}lines of .{0,40}"
    r"|your (?:original )?message (?:follows|is attached|begins).{0,40}"
    r"|unsent message|исходное сообщение|копия (?:вашего )?(?:письма|сообщения)"
    r"|content of .{0,20}message.{0,20})[ \t:.*#=_-]{0,80}$",
    re.IGNORECASE | re.MULTILINE,
)
HEADER_BLOCK = re.compile(
    r"^[ \t>|]*(?:Received: (?:from|by|\(qmail)|Return-Path: ?<|Message-ID: ?<|MIME-Version: 1"
    r"|DKIM-Signature:|X-Mailer:)",
    re.IGNORECASE | re.MULTILINE,
)
MACHINE_LOCAL = re.compile(
    r"^(?:mailer-?daemon|postmaster|mail-?daemon|abuse|support|help(?:desk)?|noreply|no-reply"
    r"|root|bounces?|webmaster|admin|hostmaster)$",
    re.IGNORECASE,
)
FAILURE_WORDS = re.compile(
    r"unknown|not found|fail|reject|refus|denied|unable|could not|couldn't|cannot|can't|not exist"
    r"|n't exist|undeliver|invalid|full|quota|exceed"
    r"|no such|error|not (?:be )?deliver|disabled|inactive|suspended|expired|timed out|permanent"
    r"|5\d\d|4\d\d|bad address|не (?:удалось|найден|существует|доставлено)",
    re.IGNORECASE,
)
_LINE_FORMS = (
    # RFC 3464 fields quoted in prose.
    rf"^[ \t>]*(?:Original|Final)-Recipient:\s*(?:rfc822|rfc821)?\s*;?\s*<?({ADDRESS})",
    # qmail, Postfix, Courier, Yahoo: "<user@host>:" with the reason behind it or below.
    rf"^[ \t>]*<({ADDRESS})>(?:\.{{0,3}}|\s*\([^)\n]{{0,100}}\))?\s*:",
    (
        rf"^[ \t>]*<?({ADDRESS})>?\s*(?:\.\.\.|:|-|,|;|\s\()\s*[^\n]*(?:\b[45]\d\d\b|unknown|fail"
        rf"|not |reject|full|quota|invalid|refus|denied|undeliver|error|no such|disabled|host)"
    ),
    (
        rf"(?:RCPT TO:?|recipient(?: address)?(?:\(s\)|s)?(?:\s+is)?\s*[:=]|failed recipient\S*"
        rf"|user unknown\s*:|unknown (?:local )?user:?|account:|mailbox:"
        rf"|to the following recipients?:?"
        rf"|delivery to:?|addressed to|deliver(?:ed)? (?:your message )?to:?|Name of recipient\S*"
        rf"|Nonexistent\S*|Recipient:|Failed:|Error sending to:?|could not be delivered to:?"
        rf"|Unknown Recipient:?|Адресат\w*:?|получател\w+:?)\s*[\"'<\[(]{{0,2}}(?:mailto:|SMTP:"
        rf"|rfc822;)?({ADDRESS})"
    ),
    rf"^[ \t>]*(?:To|Rcpt|Address|E-?mail|User)\s*:\s*[\"'<\[(]{{0,2}}(?:SMTP:)?({ADDRESS})",
    # Sendmail: "550 5.1.1 <user@host>... User unknown"
    rf"^[ \t>]*(?:\.\.\. while|\d{{3}}|<<<|>>>|[45]\.\d\.\d)[^\n]*?<({ADDRESS})>",
    rf"\b[45]\d\d[ -][^\n]{{0,60}}?<?({ADDRESS})>?",
    # Alone on its line, perhaps bulleted, quoted or bracketed: Exim, Gmail, Exchange, Notes.
    (
        rf"^[ \t>*•-]*[\"'<\[(]{{0,2}}(?:SMTP:"
        rf"|mailto:)?({ADDRESS})[\"'>\])]{{0,2}}(?:\s*<mailto:[^>\n]*>)?(?:\s*\(.{{0,100}}\))?[.,;:]?[ \t]*$"
    ),
    rf"(?:user|mailbox|address|account|recipient|адрес\w*|пользовател\w*)\s+[\"'<(\[]{{0,2}}({ADDRESS})",
)
LINE_FORMS = [re.compile(form, re.IGNORECASE | re.MULTILINE) for form in _LINE_FORMS]
QUOTED_FIELD = re.compile(r"^[ \t>|]+(?=[A-Z][\w-]*:)", re.MULTILINE)
STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
RETURNED_TYPES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers")
# Reports are short; what a hostile one adds only costs time.
MOST_PROSE, LONGEST_LINE = 100_000, 600
GOOD_ACTIONS = ("delivered", "relayed", "expanded")


@dataclass(frozen=True)
class Evidence:
    """The pieces of a report: machine-readable groups, prose, and the header of the returned message."""

    groups: list[Headers]
    prose: str
    original: Headers | None


def read(root: Part, text: str, own: set[str]) -> Bounce:
    """The bounce that this message is; ``own`` are addresses it is sent from and to, never the culprit."""
    evidence = gather(root, text)
    failed = [g for g in evidence.groups if g.raw("action").lower().strip() not in GOOD_ACTIONS]
    about = [g for g in failed if "final-recipient" in g or "original-recipient" in g]
    recipients = _unique(_group_recipient(group) for group in about)
    listed = root.headers.raw("x-failed-recipients")
    if not recipients and listed:
        recipients = _unique(ANY_ADDRESS.findall(listed))
    if not recipients:
        recipients = _prose_recipients(evidence, own)
    diagnostic = _diagnostic(about, evidence.prose, recipients)
    status = _status(about, diagnostic, evidence.prose)
    reason = _reason(status, diagnostic, evidence.prose)
    delayed = bool(about) and all(group.raw("action").strip().lower() == "delayed" for group in about)
    transient = status.startswith("4") or delayed
    permanent = False if transient else reason in PERMANENT if reason else None
    original = evidence.original
    return Bounce(
        recipients=recipients,
        status=status,
        permanent=permanent,
        diagnostic=diagnostic[:2000],
        reason=reason,
        original_message_id=_original_id(evidence),
        original_in_reply_to=message_ids(original.raw("in-reply-to")) if original else [],
    )


def gather(root: Part, text: str) -> Evidence:
    """Collect the evidence; a report that some gateway wrapped into a message of its own is looked into."""
    groups: list[Headers] = []
    original: Headers | None = None
    for part in root.walk():
        kind = part.content_type
        if kind in STATUS_TYPES:
            groups.extend(_status_groups(part.content))
        elif kind in RETURNED_TYPES and part is not root and original is None:
            original = Headers(fields.split(part.content)[0])
            if "multipart/report" in original.raw("content-type").lower() and not groups:
                return _wrapped(part.content) or Evidence(groups, text, original)
    prose, rest = split_returned(text)
    if original is None and rest:
        unquoted = QUOTED_FIELD.sub("", rest)
        original = Headers(fields.split(unquoted.encode())[0])
    return Evidence(groups, prose, original)


def _wrapped(content: bytes) -> Evidence | None:
    try:
        root = Reader(DEFAULT).read(content)
    except LimitError:
        return None
    inner = [part for part in root.walk() if part.content_type == "text/plain"]
    prose = plain_text(inner[0]) if inner else ""
    groups = [
        group
        for part in root.walk()
        if part.content_type in STATUS_TYPES
        for group in _status_groups(part.content)
    ]
    returned = next((part for part in root.walk() if part.content_type in RETURNED_TYPES), None)
    return Evidence(groups, prose, Headers(fields.split(returned.content)[0]) if returned else None)


def _status_groups(content: bytes) -> list[Headers]:
    """Groups of fields between blank lines; a report without the blank line is one group with all in it."""
    text = normalise_lines(decode(content))
    pieces = re.split(r"\n[ \t]*\n", text)
    return [Headers(fields.split(piece.encode())[0]) for piece in pieces if piece.strip()]


def _group_recipient(group: Headers) -> str:
    for name in ("original-recipient", "final-recipient"):
        value = group.text(name)
        found = ANY_ADDRESS.search(value.partition(";")[2] or value)
        if found:
            return found[0]
    return ""


def split_returned(text: str) -> tuple[str, str]:
    """The report's own words, and the text of the returned message if it stands in the same body."""
    text = "\n".join(line[:LONGEST_LINE] for line in text[:MOST_PROSE].split("\n"))
    cuts = [match.start() for match in (RETURNED.search(text), _header_block(text)) if match]
    if not cuts:
        return text, ""
    cut = min(cuts)
    head, tail = text[:cut], text[cut:]
    if len(head.strip()) < 40:
        return text, tail.partition("\n")[2]
    return head, tail if _header_block(tail[:20]) else tail.partition("\n")[2].lstrip("\n -_=*#")


def _header_block(text: str) -> re.Match[str] | None:
    return HEADER_BLOCK.search(text)


def _prose_recipients(evidence: Evidence, own: set[str]) -> list[str]:
    """Addresses the words point at, by the surest form of line that occurs; else the returned To."""
    for form in LINE_FORMS:
        found = _unique(_plausible(form.findall(evidence.prose), own))
        if found:
            return found
    for lines in (
        [line for line in evidence.prose.split("\n") if FAILURE_WORDS.search(line)],
        evidence.prose.split("\n")[:60],
    ):
        found = _unique(_plausible(ANY_ADDRESS.findall("\n".join(lines)), own))
        if found:
            return found
    if evidence.original is not None:
        return _unique(ANY_ADDRESS.findall(evidence.original.raw("to")))
    return []


def _plausible(found: list[str], own: set[str]) -> list[str]:
    kept = [address.strip(".'`*_-") for address in found]
    return [a for a in kept if a.lower() not in own and not MACHINE_LOCAL.match(a.partition("@")[0])]


def _unique(found: Iterable[str]) -> list[str]:
    """Each address once, spelt as it came first."""
    seen: dict[str, str] = {}
    for address in found:
        bare = address.strip(".<>\"' ")
        if "@" in bare:
            seen.setdefault(bare.lower(), bare)
    return list(seen.values())[:100]


def _diagnostic(groups: list[Headers], prose: str, recipients: list[str]) -> str:
    """What the refusing host said: its Diagnostic-Code, else the lines around the address in the prose."""
    codes = [group.text("diagnostic-code") for group in groups]
    found = " ".join(dict.fromkeys(filter(None, codes)))
    if found:
        return found
    for recipient in recipients:
        position = prose.lower().find(recipient.lower())
        if position >= 0:
            start = prose.rfind("\n", 0, position) + 1
            return re.sub(r"\s+", " ", prose[start : position + 800]).strip()
    return re.sub(r"\s+", " ", prose[:800]).strip()


def _status(groups: list[Headers], diagnostic: str, prose: str) -> str:
    stated = next((found for group in groups if (found := status_in(group.text("status")))), "")
    if stated and not stated.endswith(".0.0"):
        return stated
    said = status_in(diagnostic)
    if said and (not stated or said[0] == stated[0]) and not said.endswith(".0.0"):
        return said
    return stated or said or status_in(prose)


def _reason(status: str, diagnostic: str, prose: str) -> str:
    """Words of the refusing host first, then a telling code, then the words of the report.

    "Rejected" or "inactive" say less than a code that names the address as bad (5.1.1).
    """
    said, coded = classify(diagnostic), classify_code(status)
    if coded in PERMANENT and said in ("", "rejected", "suspended", "system"):
        return coded
    if said == "user-unknown" and ".2." in status[1:4]:
        # X.2.X is about a mailbox that exists (RFC 3463, 3.3); some call a filtering user unknown.
        return "suspended"
    return said or coded or classify(prose)


def _original_id(evidence: Evidence) -> str | None:
    if evidence.original is not None and (found := message_ids(evidence.original.raw("message-id"))):
        return found[0]
    for group in evidence.groups:
        for name in ("original-message-id", "x-original-message-id"):
            if found := message_ids(group.raw(name)):
                return found[0]
    return None
