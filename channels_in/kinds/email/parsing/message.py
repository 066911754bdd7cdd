"""Raw bytes to a ParsedMail. Never raises: what cannot be read is named in ``error`` and quarantined."""

import re
from dataclasses import replace

from channels_in.kinds.email.parsing import (
    automatic,
    bodies,
    bounces,
    forwarded,
    headers,
    quotes,
    quotes_html,
)
from channels_in.kinds.email.parsing.addresses import parse_addresses
from channels_in.kinds.email.parsing.attachments import attachment
from channels_in.kinds.email.parsing.bodies import normalise_lines
from channels_in.kinds.email.parsing.headers import Headers, decode_words
from channels_in.kinds.email.parsing.limits import DEFAULT, LimitError, Limits
from channels_in.kinds.email.parsing.mime import Part, Reader
from channels_in.kinds.email.parsing.types import Address, Forwarded, ParsedMail
from common.html import sanitise, simplify, to_text, too_complex

RECIPIENT_HEADERS = (
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "apparently-to",
    "x-forwarded-to",
)
KEPT_HEADERS, KEPT_VALUE = 200, 2000
CYRILLIC, LATIN = re.compile(r"[а-яё]", re.IGNORECASE), re.compile(r"[a-z]", re.IGNORECASE)


def parse(raw: bytes, limits: Limits = DEFAULT) -> ParsedMail:
    """Everything intake needs to know of one message.

    Beyond a limit, or if our own code fails, ``error`` holds a code and words, and the rest holds what the
    header section gave.
    """
    reader = Reader(limits)
    raw = _line_feeds(raw)
    mail = ParsedMail()
    try:
        root = reader.head(raw[: limits.header_bytes])
        mail = _read_headers(root.headers, limits)
        if len(raw) > limits.message_bytes:
            raise LimitError("too-large", f"{len(raw)} bytes, {limits.message_bytes} are allowed")
        if not raw.strip():
            raise LimitError("empty", "the message has no content")
        if max(len(mail.to), len(mail.cc), len(mail.recipients_all)) > limits.recipients:
            raise LimitError("too-many-recipients", f"more than {limits.recipients} recipients")
        return _read_body(reader.read(raw), mail, limits, reader)
    except LimitError as failure:
        return replace(mail, error=str(failure), defects=reader.defects)
    except Exception as failure:
        # Intake must survive any message: it is kept raw, shown to an administrator and replayed after a fix.
        return replace(mail, error=f"parser-failed: {type(failure).__name__}", defects=reader.defects)


def parse_body(content: str, kind: str, limits: Limits = DEFAULT) -> ParsedMail:
    """A bare body, "text" or "html", through the same folding as a message."""
    content = normalise_lines(content.replace("\x00", ""))
    if kind == "html":
        source = content[: limits.html_chars]
        source = simplify(source) if too_complex(source) else source
        return _with_texts(ParsedMail(), to_text(source), source, False)
    return _with_texts(ParsedMail(), content[: limits.text_chars], None, True)


def _line_feeds(raw: bytes) -> bytes:
    """Old Macintosh line ends become line feeds, else the header section would be one line."""
    if b"\n" not in raw and b"\r" in raw:
        return raw.replace(b"\r", b"\n")
    return raw


def _read_headers(fields: Headers, limits: Limits) -> ParsedMail:
    most = limits.recipients + 1
    sender = _first(fields, "from") or _first(fields, "sender")
    everyone: dict[str, None] = {}
    for name in RECIPIENT_HEADERS:
        for value in fields.raw_all(name):
            everyone.update((a.address.lower(), None) for a in parse_addresses(value, most) if a.address)
            if len(everyone) > limits.recipients:
                break
    return ParsedMail(
        subject=fields.text("subject"),
        sender=sender,
        authors=_addresses(fields, "from", most),
        sender_header=_first(fields, "sender"),
        reply_to=_addresses(fields, "reply-to", most),
        to=_addresses(fields, "to", most),
        cc=_addresses(fields, "cc", most),
        recipients_all=list(everyone),
        message_id=headers.message_id(fields.raw("message-id")),
        in_reply_to=headers.message_ids(fields.text("in-reply-to")),
        references=headers.message_ids(decode_words(" ".join(fields.raw_all("references")))),
        date=headers.date(fields.raw("date")),
        authentication_results=fields.raw_all("authentication-results"),
        list_id=fields.text("list-id") or None,
        headers=[(name, value[:KEPT_VALUE]) for name, value in list(fields.decoded())[:KEPT_HEADERS]],
    )


def _first(fields: Headers, name: str) -> Address | None:
    found = parse_addresses(fields.raw(name)) if name in fields else []
    return next((address for address in found if address.address), found[0] if found else None)


def _addresses(fields: Headers, name: str, most: int) -> list[Address]:
    found: list[Address] = []
    for value in fields.raw_all(name):
        found.extend(parse_addresses(value, most))
        if len(found) > most:
            break
    return found


def _read_body(root: Part, mail: ParsedMail, limits: Limits, reader: Reader) -> ParsedMail:
    found = bodies.collect(root)
    text = bodies.view_text(found.plain, limits.text_chars)
    source = bodies.view_html(found.html, limits.html_chars)
    files = [attachment(part, number, related) for number, (part, related) in enumerate(found.files, 1)]
    enclosed = next((part for part, _ in found.files if part.content_type == "message/rfc822"), None)
    verdict = automatic.judge(root, mail.sender, mail.subject, text)
    own = {a.address.lower() for a in (mail.sender, mail.sender_header, *mail.to, *mail.cc) if a is not None}
    plain = any(part.content_type == "text/plain" for part in found.plain) and bool(text.strip())
    if source and not text.strip():
        text = to_text(source)
    attached = _attached(enclosed, reader, limits)
    if not text.strip() and attached is not None:
        # Nothing but a message in the message: an agent wants to read that one.
        text = f"Subject: {attached.subject}\n\n{attached.text}"
    mail = replace(
        mail,
        attachments=files,
        automatic=verdict,
        no_auto_answer=automatic.no_answer_reasons(root.headers, verdict),
        bounce=bounces.read(root, text, own) if verdict and verdict.kind == "bounce" else None,
        forwarded=forwarded.inline(text, mail.subject) or attached,
        language=_language(mail.subject, text),
        defects=sorted(set(reader.defects)),
    )
    mail = _with_texts(mail, text, source, plain)
    if plain and any(b"\x00" in part.content for part in found.plain):
        # What is made from the text has no NUL; the text itself says what was sent.
        return replace(mail, text=bodies.view_text(found.plain, limits.text_chars, as_sent=True))
    return mail


def _attached(part: Part | None, reader: Reader, limits: Limits) -> Forwarded | None:
    """The message in a message/rfc822 part."""
    if part is None:
        return None
    inner = Reader(replace(limits, parts=limits.parts - reader.parts + 1))
    try:
        root = inner.read(_line_feeds(part.content))
    except LimitError:
        return None
    found = bodies.collect(root)
    return Forwarded(
        sender=_first(root.headers, "from"),
        subject=root.headers.text("subject"),
        date=headers.date(root.headers.raw("date")),
        text=bodies.view_text(found.plain, limits.text_chars),
        attached=True,
    )


def _with_texts(mail: ParsedMail, text: str, source: str | None, plain: bool) -> ParsedMail:
    """Fold both views. The plain part decides on the text; where it shows no mark, the HTML's marks do."""
    if source is None:
        folded = quotes.fold(text)
        return replace(
            mail,
            text=text,
            reply_text=folded.visible,
            reply_without_signature=folded.unsigned,
            quoted_text=folded.quoted,
        )
    visible, quoted = quotes_html.split(source)
    folded = quotes.fold(text)
    if not plain or (quoted is not None and not folded.quoted):
        # A blockquote that is left in the visible part is the writer's own, so it gets no mark to fold by.
        shown = quotes.fold(to_text(visible, quote_marks=False))
        rest = "\n".join(filter(None, (shown.quoted, to_text(quoted or ""))))
        folded = quotes.Folded(shown.visible, shown.unsigned, rest)
    clean = sanitise(source)
    return replace(
        mail,
        text=text,
        html=clean,
        reply_text=folded.visible,
        reply_without_signature=folded.unsigned,
        quoted_text=folded.quoted,
        reply_html=clean if quoted is None else sanitise(visible),
        quoted_html=None if quoted is None else sanitise(quoted),
    )


def _language(subject: str, text: str) -> str | None:
    """ "ru" or "en" by the share of Cyrillic letters, None without enough letters."""
    sample = f"{subject} {text[:4000]}"
    cyrillic, latin = len(CYRILLIC.findall(sample)), len(LATIN.findall(sample))
    if cyrillic + latin < 10:
        return None
    return "ru" if cyrillic * 3 > latin else "en"
