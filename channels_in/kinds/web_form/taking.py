"""A form that somebody sends: judged, stored, and made a ticket while they wait for its number.

Stored first: whatever happens afterwards, what was sent is a row, and whoever sent it hears that it was
received. The same form sent twice is one row and one ticket, since its token names it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import DatabaseError
from django.utils import timezone

from channels_in import intake, tasks
from channels_in.kinds.web_form import tokens
from channels_in.kinds.web_form.confirming import ask_to_confirm
from channels_in.kinds.web_form.definition import Form, person_fields
from channels_in.kinds.web_form.fields import Field, Kind
from channels_in.kinds.web_form.opening import UNCONFIRMED
from channels_in.kinds.web_form.submission import Submission, encode
from channels_in.kinds.web_form.suspicion import Judgement, Signs, Verdict, judge
from channels_in.kinds.web_form.uploads import Upload
from channels_in.kinds.web_form.validation import Checked, Posted, check
from channels_in.models import Inbound, WebForm
from common import rates
from common.queue import ask
from common.text import storable
from people.models import Contact
from tickets.content import FileContent
from tickets.models import Brand

log = structlog.get_logger(__name__)

TEN_MINUTES, HOUR = 600, 3600


@dataclass
class Given:
    """What a request brought. ``token`` is None where the form was not opened here (plain HTML).

    ``has_script``: the page's script was at work, so that it can solve a challenge.
    """

    brand: Brand
    web_form: WebForm
    form: Form
    source: str
    posted: Mapping[str, Sequence[str]]
    uploads: Mapping[str, Sequence[Upload]]
    language: str
    client: str
    token: tokens.FormToken | None = None
    contact: Contact | None = None
    trap: str = ""
    proof: str = ""
    has_script: bool = False
    page: str = ""
    strange_origin: bool = False

    @property
    def fields(self) -> list[Field]:
        return self.form.fields if self.contact is not None else [*person_fields(), *self.form.fields]


@dataclass
class Outcome:
    """What came of it: ``inbound`` is the row if it was taken; ``ticket_id`` its number, if there is one yet.

    ``held``: waits for the address to be confirmed. ``challenge``: the browser has to do a sum first.
    ``refused``: too many at once; nothing was stored.
    """

    checked: Checked
    inbound: Inbound | None = None
    ticket_id: int | None = None
    held: bool = False
    challenge: bool = False
    refused: bool = False
    submission: Submission | None = field(default=None, repr=False)


def judge_answers(given: Given) -> Checked:
    """Values and problems, by the day it is in the brand's zone."""
    today = timezone.localdate(timezone=ZoneInfo(given.brand.time_zone))
    files = {key: [Posted(one.name, one.size) for one in some] for key, some in given.uploads.items()}
    return check(given.fields, given.posted, files, today=today)


def take(given: Given) -> Outcome:
    """Judge and, if nothing is in the way, store and process. What is filled in wrongly counts nowhere."""
    checked = judge_answers(given)
    if (earlier := _sent_before(given)) is not None:
        return _outcome(checked, earlier)
    if not checked.is_right:
        return Outcome(checked)
    judgement = _judge(given, checked)
    if judgement.verdict == Verdict.REFUSE:
        return Outcome(checked, refused=True)
    proved = bool(given.token and tokens.is_proved(given.token.key, given.proof))
    if judgement.verdict == Verdict.PROVE and not proved and given.has_script and given.token is not None:
        return Outcome(checked, challenge=True)
    held = judgement.verdict == Verdict.CONFIRM or (judgement.verdict == Verdict.PROVE and not proved)
    submission = _submission(given, checked, held=held, signs=judgement.signs)
    inbound, _created = intake.keep(
        given.web_form.inbox, encode(submission), external_id=submission.key, via=Inbound.Via.WEB
    )
    return _outcome(checked, _processed(inbound), submission)


def _sent_before(given: Given) -> Inbound | None:
    """The row that this very form has become already: a second click, a reload, a retry of the browser."""
    if given.token is None:
        return None
    rows = Inbound.objects.filter(inbox=given.web_form.inbox, external_id=given.token.key).defer("raw")
    row = rows.first()
    return _processed(row) if row is not None and row.status == Inbound.Status.PENDING else row


def _processed(inbound: Inbound) -> Inbound:
    """Make it a ticket now. If that fails, it waits or is in quarantine, and nobody is told otherwise."""
    try:
        processed = intake.process(inbound.pk)
        if processed.cause == UNCONFIRMED:
            ask_to_confirm(processed)
            ask(tasks.send_confirmations)
        return processed
    except DatabaseError as error:
        log.error("form.not_processed", inbound_id=inbound.pk, exc_info=error)
        return inbound


def _outcome(checked: Checked, inbound: Inbound, submission: Submission | None = None) -> Outcome:
    return Outcome(
        checked,
        inbound=inbound,
        ticket_id=inbound.ticket_id if inbound.status == Inbound.Status.DONE else None,
        held=inbound.cause == UNCONFIRMED,
        submission=submission,
    )


def _judge(given: Given, checked: Checked) -> Judgement:
    """Count this one, and weigh what is known of it."""
    address = str(checked.values.get("email") or "")
    opened = given.token.opened_at if given.token is not None else None
    return judge(
        Signs(
            trap=bool(given.trap.strip()),
            seconds=None if opened is None else tokens.seconds_now() - opened,
            by_client=rates.count("form/client", given.client, TEN_MINUTES),
            by_address=rates.count("form/address", address, HOUR) if address else 0,
            by_brand=rates.count("form/brand", str(given.brand.pk), TEN_MINUTES),
            always=given.web_form.challenge == WebForm.Challenge.ALWAYS,
            strange_origin=given.strange_origin,
            is_known=given.contact is not None,
        )
    )


def looks_busy(brand: Brand, client: str) -> bool:
    """Whether whoever opens a form now will have to prove to be no machine: the page then begins at once."""
    signs = Signs(
        by_client=rates.so_far("form/client", client) + 1,
        by_brand=rates.so_far("form/brand", str(brand.pk)) + 1,
    )
    return judge(signs).verdict != Verdict.FINE


def _submission(given: Given, checked: Checked, *, held: bool, signs: Sequence[str]) -> Submission:
    values = checked.values
    answers, fills = _answers(given.form, checked)
    contact = given.contact
    return Submission(
        key=given.token.key if given.token is not None else secrets.token_urlsafe(15),
        email=str(values.get("email") or "") if contact is None else contact.address,
        name=str(values.get("name") or "") if contact is None else contact.name,
        language=given.language,
        contact_id=contact.pk if contact is not None else None,
        service_id=given.form.service.pk if given.form.service is not None else None,
        subject=fills.subject,
        answers=answers,
        topic_id=fills.topic_id,
        tags=fills.tags,
        fields=fills.fields,
        held=held,
        source=given.source,
        page=storable(given.page)[:500],
        client=given.client,
        signs=list(signs),
        files=[
            FileContent(one.name, one.content_type, one.read())
            for key in checked.asked
            for one in given.uploads.get(key, ())
        ],
    )


@dataclass
class _Fills:
    subject: str = ""
    topic_id: int | None = None
    tags: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)


def _answers(form: Form, checked: Checked) -> tuple[list[dict[str, Any]], _Fills]:
    """What was answered, with its words, and what it fills of the ticket."""
    answers: list[dict[str, Any]] = []
    fills = _Fills()
    for one in form.fields:
        if one.key not in checked.values:
            continue
        value = checked.values[one.key]
        chosen = {value} if isinstance(value, str) else set(value) if isinstance(value, list) else set()
        answers.append(
            {
                "key": one.key,
                "kind": str(one.kind),
                "labels": dict(one.labels),
                "value": value,
                "choices": {
                    choice.value: dict(choice.labels) for choice in one.choices if choice.value in chosen
                },
                "fills": one.fills,
            }
        )
        _fill(fills, one, value)
    return answers, fills


def _fill(fills: _Fills, one: Field, value: Any) -> None:
    labels = {choice.value: choice.labels for choice in one.choices}
    match one.fills:
        case "subject":
            words = labels.get(value) if one.kind == Kind.CHOICE else None
            fills.subject = next(iter(words.values()), str(value)) if words else str(value)
        case "topic":
            fills.topic_id = int(value)
        case "tag":
            fills.tags += value if isinstance(value, list) else [value]
        case "field":
            fills.fields[one.fills_key] = value
