"""The forms of a brand as an inbox: found, made when the first form is sent, changed by an administrator."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels_in.form_cleaning import MAX_WORDS, clean_texts
from channels_in.form_events import ServiceFormChanged, WebFormChanged
from channels_in.inboxes import InboxCreated
from channels_in.models import Inbox, ServiceForm, WebForm
from journal.actor import Actor
from journal.record import record
from people.models import Team
from tickets.errors import Invalid
from tickets.models import Brand, Service

MOST_SITES = 50
_LOCK_SPACE = 0x666F726D  # "form": our advisory locks among others'
_SITE = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}(?::\d{1,5})?\Z")
_SYSTEM = Actor.system("forms")


def form_of_brand(brand: Brand) -> WebForm | None:
    """The brand's forms, or None before anybody has sent or set up any."""
    rows = WebForm.objects.filter(inbox__brand=brand, inbox__kind=Inbox.Kind.FORM).select_related(
        "inbox__brand"
    )
    return rows.order_by("pk").first()


@transaction.atomic
def need_form_of_brand(brand: Brand, *, actor: Actor = _SYSTEM) -> WebForm:
    """The brand's forms, made if there are none yet: a portal works without being set up."""
    found = form_of_brand(brand)
    if found is not None:
        return found
    with connection.cursor() as cursor:  # of two that send the first forms at once, one makes it
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, brand.pk])
    found = form_of_brand(brand)
    if found is not None:
        return found
    inbox = Inbox.objects.create(kind=Inbox.Kind.FORM, brand=brand, name=_("Web forms"))
    record(InboxCreated(inbox.pk, ""), actor=actor)
    return WebForm.objects.create(inbox=inbox)


@transaction.atomic
def change_web_form(
    web_form_id: int,
    *,
    actor: Actor,
    team: Team | None,
    is_active: bool,
    acknowledge: bool,
    sites: Sequence[str],
    embeds: bool,
    plain_posts: bool,
    challenge: str,
) -> WebForm:
    """Change how the forms are open. Changing nothing records nothing. Raises ``Invalid``."""
    row = (
        WebForm.objects.select_for_update(no_key=True, of=("self",))
        .select_related("inbox")
        .get(pk=web_form_id)
    )
    inbox = row.inbox
    if challenge not in WebForm.Challenge.values:
        raise Invalid("challenge", _("Choose one of those offered, please."))
    own = {"sites": clean_sites(sites), "embeds": embeds, "plain_posts": plain_posts, "challenge": challenge}
    if (embeds or plain_posts) and not own["sites"]:
        raise Invalid("sites", _("Name the sites first."))
    shared = {"team_id": team.pk if team else None, "is_active": is_active, "acknowledge": acknowledge}
    changes = _apply(row, own) | _apply(inbox, shared)
    if changes:
        record(WebFormChanged(inbox.pk, changes), actor=actor)
    return row


@transaction.atomic
def change_service_form(
    service_id: int, *, actor: Actor, team: Team | None, intro: Mapping[str, str], thanks: Mapping[str, str]
) -> ServiceForm:
    """Where a service's requests go, and what its form says. Raises ``Invalid``."""
    Service.objects.select_for_update(no_key=True, of=("self",)).get(pk=service_id)
    row, _created = ServiceForm.objects.get_or_create(service_id=service_id)
    values = {
        "team_id": team.pk if team else None,
        "intro": clean_texts(intro, "intro", MAX_WORDS, lines=True),
        "thanks": clean_texts(thanks, "thanks", MAX_WORDS, lines=True),
    }
    changes = _apply(row, values)
    if changes:
        record(ServiceFormChanged(service_id, changes), actor=actor)
    return row


def clean_sites(sites: Sequence[str]) -> list[str]:
    """Origins: scheme, host and port alone. Raises ``Invalid``."""
    found: list[str] = []
    for written in sites:
        site = written.strip().lower().rstrip("/")
        if not site:
            continue
        if "://" not in site:
            site = f"https://{site}"
        try:
            site = "{}://{}".format(*_halves(site))
        except UnicodeError:
            site = ""
        if not _SITE.match(site):
            words = _("“%(site)s” is no site. Write it like https://www.example.org, without a page.")
            raise Invalid("sites", words % {"site": written.strip()[:60]})
        if site not in found:
            found.append(site)
    if len(found) > MOST_SITES:
        raise Invalid("sites", _("At most %(limit)d sites.") % {"limit": MOST_SITES})
    return found


def _halves(site: str) -> tuple[str, str]:
    """Scheme and host, the latter as browsers write it: почта.рф is xn--…"""
    scheme, _between, rest = site.partition("://")
    host, colon, port = rest.partition(":")
    return scheme, host.encode("idna").decode() + colon + port


def _apply(row: Any, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set what differs and save it; what was changed, as [old, new]."""
    changes = {name: [getattr(row, name), new] for name, new in values.items() if getattr(row, name) != new}
    for name, (_old, new) in changes.items():
        setattr(row, name, new)
    if changes:
        row.save(update_fields=list(changes))
    return changes
