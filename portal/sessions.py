"""Sessions of the portal: made by a code, found by a cookie, ended by whoever owns them."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common import clock
from common.text import one_line, storable
from people.models import Contact
from people.querysets import family_ids
from portal.models import PortalSession
from tickets.models import Brand

COOKIE = "portal_session"
LIFE = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)
MOST_SHOWN = 50


def digest(token: str) -> str:
    """What the database keeps of a token of ours: it is random, so its hash needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find(request: HttpRequest, brand: Brand) -> PortalSession | None:
    """The session of this browser at this brand; None for none, an ended one, or another brand's."""
    token = request.COOKIES.get(COOKIE, "")
    if not token or len(token) > 100:
        return None
    now = clock.now()
    session = (
        PortalSession.objects.filter(token_hash=digest(token), revoked_at=None, expires_at__gt=now)
        .select_related("contact__organization", "contact__survivor__organization")
        .first()
    )
    if session is None or session.brand_id != brand.pk:
        return None
    if session.seen_at < now - SEEN_EVERY:
        # Bookkeeping, no act of theirs: whoever looks at the list of their devices wants to know.
        PortalSession.objects.filter(pk=session.pk).update(seen_at=now)
    return session


def begin(request: HttpRequest, brand: Brand, contact: Contact) -> tuple[PortalSession, str]:
    """A session and the token its cookie holds, which nobody will see again."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    session = PortalSession.objects.create(
        contact=contact,
        brand=brand,
        token_hash=digest(token),
        created_at=now,
        expires_at=now + LIFE,
        seen_at=now,
        browser=one_line(storable(request.headers.get("User-Agent", "")), 200),
    )
    return session, token


def end(session: PortalSession) -> None:
    PortalSession.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=clock.now())


def of_contact(session: PortalSession) -> list[PortalSession]:
    """Where this person is signed in at this brand, this browser first."""
    rows = PortalSession.objects.filter(
        contact__in=family_ids(session.contact_id),
        brand=session.brand_id,
        revoked_at=None,
        expires_at__gt=clock.now(),
    )
    return sorted(rows.order_by("-seen_at")[:MOST_SHOWN], key=lambda row: row.pk != session.pk)


def end_others(session: PortalSession) -> int:
    """End all of the person's sessions at this brand but this one; how many there were."""
    rows = PortalSession.objects.filter(
        contact__in=family_ids(session.contact_id), brand=session.brand_id, revoked_at=None
    )
    return rows.exclude(pk=session.pk).update(revoked_at=clock.now())


def give_cookie(response: HttpResponseBase, token: str, base: str) -> None:
    """Sent to this portal alone, never read by a script, never from another site's form."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFE.total_seconds()),
        path=f"{base}/",
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def take_cookie(response: HttpResponseBase, base: str) -> None:
    response.delete_cookie(COOKIE, path=f"{base}/", samesite="Lax")


def forget_old() -> int:
    """Drop sessions that have been over for a while."""
    return PortalSession.objects.filter(expires_at__lt=clock.now() - LIFE).delete()[0]
