"""A service's form on a page: from a request to what was given, and from its outcome back to the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as column
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from channels_in.kinds.web_form import tokens, uploads
from channels_in.kinds.web_form.definition import Form
from channels_in.kinds.web_form.fields import Field, Kind
from channels_in.kinds.web_form.taking import Given, Outcome, looks_busy
from channels_in.kinds.web_form.uploads import Upload
from channels_in.kinds.web_form.validation import MOST_BYTES, holds
from channels_in.kinds.web_form.words import problem_words
from channels_in.models import WebForm
from common.client import client_network
from common.labels import in_language
from people.models import Contact
from tickets.models import Brand

TRAP = "website"  # a field that people do not see


@dataclass
class Question:
    """One field as it is drawn. ``kept``: files that wait here already."""

    field: Field
    values: list[str]
    error: str = ""
    kept: list[Upload] = column(default_factory=list)
    note: str = ""
    is_asked: bool = True

    @property
    def id(self) -> str:
        return f"field-{self.field.key}"

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def label(self) -> str:
        return in_language(dict(self.field.labels))

    @property
    def help(self) -> str:
        return in_language(dict(self.field.help))

    @property
    def condition(self) -> str:
        """What the script needs to show and hide it; empty without a condition."""
        when = self.field.condition
        return json.dumps({"key": when.key, "values": sorted(when.values)}) if when else ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(choice.value, in_language(dict(choice.labels))) for choice in self.field.choices]

    @property
    def accept(self) -> str:
        return ",".join(f".{one}" for one in sorted(self.field.limits.endings))

    @property
    def autocomplete(self) -> str:
        if self.field.kind in {Kind.EMAIL, Kind.PHONE}:
            return "email" if self.field.kind == Kind.EMAIL else "tel"
        return "name" if self.field.key == "name" else "off"


@dataclass
class Sheet:
    """All that the template of a form needs."""

    form: Form
    token: tokens.FormToken
    questions: list[Question]
    challenge: str = ""  # JSON for the script; empty: none is needed
    goes_on: bool = False  # the form was sent, and only the challenge is missing
    words: str = ""  # why it was not taken, above everything
    most_bytes: int = MOST_BYTES

    @property
    def errors(self) -> list[Question]:
        return [one for one in self.questions if one.error]

    @property
    def signed(self) -> str:
        return self.token.signed()

    @property
    def intro(self) -> str:
        return in_language(dict(self.form.intro))


def given_by(
    request: HttpRequest,
    *,
    brand: Brand,
    web_form: WebForm,
    form: Form,
    source: str,
    language: str,
    contact: Contact | None = None,
) -> Given:
    """What the request brought. Files that wait here are joined with those that come now."""
    posted = {key: request.POST.getlist(key) for key in request.POST}
    service_id = form.service.pk if form.service is not None else None
    token = tokens.read_token(request.POST.get("token", ""), brand.pk, service_id)
    files = {key: uploads.fresh(request.FILES.getlist(key)) for key in request.FILES}
    if token is not None:
        for key, some in uploads.waiting(posted.get("kept", []), token.key).items():
            files[key] = [*some, *files.get(key, [])]
    return Given(
        brand=brand,
        web_form=web_form,
        form=form,
        source=source,
        posted=posted,
        uploads=files,
        language=language,
        client=client_network(request),
        token=token,
        contact=contact,
        trap=request.POST.get(TRAP, ""),
        proof=request.POST.get("proof", ""),
        has_script=request.POST.get("script") == "1",
        page=request.headers.get("Referer", ""),
    )


def empty_sheet(
    brand: Brand,
    form: Form,
    client: str,
    prefilled: Mapping[str, Sequence[str]],
    *,
    known: bool,
    always: bool,
    fields: Sequence[Field],
) -> Sheet:
    """A form as it is opened. ``prefilled``: what the address of the page says."""
    token = tokens.new_token(brand.pk, form.service.pk if form.service is not None else None)
    needed = not known and (always or looks_busy(brand, client))
    return Sheet(
        form, token, _questions(fields, prefilled, {}, {}, None), _challenge(token) if needed else ""
    )


def sheet_again(given: Given, outcome: Outcome | None, *, words: str = "") -> Sheet:
    """The form with what was written, what is wrong beside its field, and the files that came."""
    service_id = given.form.service.pk if given.form.service is not None else None
    token = given.token or tokens.new_token(given.brand.pk, service_id)
    kept = uploads.keep(given.fields, given.uploads, token.key, given.client)
    problems = outcome.checked.problems if outcome is not None else {}
    errors = {key: problem_words(problem) for key, problem in problems.items()}
    for one in given.fields:
        lost = len(given.uploads.get(one.key, ())) - len(kept.get(one.key, ()))
        if lost > 0 and one.key not in errors:
            errors[one.key] = _("Not all files could be kept here. Add them again, please.")
    values = outcome.checked.values if outcome is not None else None
    asks = outcome is not None and outcome.challenge
    return Sheet(
        given.form,
        token.renewed() if token.is_old else token,
        _questions(given.fields, given.posted, errors, kept, values),
        challenge=_challenge(token) if asks else "",
        goes_on=asks,
        words=words,
    )


def _challenge(token: tokens.FormToken) -> str:
    return json.dumps(tokens.new_challenge(token.key).facts)


def _questions(
    fields: Sequence[Field],
    posted: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
    kept: Mapping[str, Sequence[Upload]],
    values: Mapping[str, Any] | None,
) -> list[Question]:
    by_key = {one.key: one for one in fields}
    return [
        Question(
            one,
            [str(value) for value in posted.get(one.key, ())],
            errors.get(one.key, ""),
            list(kept.get(one.key, ())),
            _note(one, by_key),
            holds(one.condition, values if values is not None else {}),
        )
        for one in fields
    ]


def _note(one: Field, by_key: Mapping[str, Field]) -> str:
    """When it has to be filled in, for whom no script hides it."""
    when = one.condition
    above = by_key.get(when.key) if when else None
    if when is None or above is None:
        return ""
    label = in_language(dict(above.labels))
    if not when.values:
        return _("Only if you have filled in “%(field)s”.") % {"field": label}
    words = [in_language(dict(choice.labels)) for choice in above.choices if choice.value in when.values]
    return _("Only if “%(field)s” is: %(values)s.") % {"field": label, "values": ", ".join(words)}
