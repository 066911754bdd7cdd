"""What a form carries to say that it is ours: signed, short-lived, and its own name for being sent once.

No cookie is needed, so that a form in a frame on another site works where browsers keep cookies from it.
"""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from channels_in.kinds.web_form import proof
from common import clock
from tickets.models import Attachment

LIFE = 12 * 3600  # seconds a form may stay open before it is shown anew, with what was written
KEPT = (
    2 * 24 * 3600
)  # seconds that files wait for a form to be sent; tickets.tasks deletes them after three days
_FORM, _FILE, _PREVIEW = "web_form.form", "web_form.file", "web_form.preview"


@dataclass(frozen=True)
class FormToken:
    """``key`` names this form, once for its life; ``opened_at``: seconds since 1970."""

    brand_id: int
    service_id: int | None
    key: str
    opened_at: int

    def signed(self) -> str:
        return signing.dumps([self.brand_id, self.service_id, self.key, self.opened_at], salt=_FORM)

    @property
    def is_old(self) -> bool:
        return seconds_now() - self.opened_at > LIFE

    def renewed(self) -> "FormToken":
        """The same form, open for as long again."""
        return FormToken(self.brand_id, self.service_id, self.key, seconds_now())


def new_token(brand_id: int, service_id: int | None) -> FormToken:
    return FormToken(brand_id, service_id, secrets.token_urlsafe(15), seconds_now())


def read_token(value: str, brand_id: int, service_id: int | None) -> FormToken | None:
    """The token, if it is ours and for this form, however old."""
    if not value or len(value) > 500:
        return None
    try:
        brand, service, key, opened_at = signing.loads(value, salt=_FORM)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (brand, service) != (brand_id, service_id):
        return None
    return FormToken(brand, service, key, opened_at)


def sign_file(attachment: Attachment, form_key: str, field_key: str) -> str:
    """What a form carries for a file that waits here for it."""
    return signing.dumps([attachment.pk, form_key, field_key], salt=_FILE)


def read_file(value: str, form_key: str) -> tuple[Attachment, str] | None:
    """The file and its field, if it waits for this very form."""
    if not value or len(value) > 500:
        return None
    try:
        pk, key, field_key = signing.loads(value, salt=_FILE, max_age=KEPT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if key != form_key:
        return None
    attachment = Attachment.objects.filter(pk=pk, message=None, redacted_at=None).first()
    return (attachment, str(field_key)) if attachment is not None else None


def sign_preview(brand_id: int, service_id: int) -> str:
    """The key of a preview, for an hour: how the form looks before anybody else can see it."""
    return signing.dumps([brand_id, service_id], salt=_PREVIEW)


def read_preview(value: str) -> tuple[int, int] | None:
    try:
        brand_id, service_id = signing.loads(value, salt=_PREVIEW, max_age=3600)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(brand_id), int(service_id)


def proof_secret() -> str:
    return salted_hmac("web_form.proof", settings.SECRET_KEY).hexdigest()


def new_challenge(form_key: str, *, hardness: int = proof.EASY) -> proof.Challenge:
    return proof.make(proof_secret(), form_key, now=seconds_now(), hardness=hardness)


def is_proved(form_key: str, given: str) -> bool:
    return proof.is_proved(proof_secret(), form_key, given, now=seconds_now())


def seconds_now() -> int:
    return int(clock.now().timestamp())
