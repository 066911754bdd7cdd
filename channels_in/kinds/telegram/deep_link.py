"""Deep links: https://t.me/bot?start=… that we give a customer we know, and which prove who starts the bot.

Telegram lets a parameter have 64 of A-Z, a-z, 0-9, _ and -. Ours is the number of a row and an HMAC over it,
so that it cannot be guessed; the row makes it good once, for three days.
"""

import hmac
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.utils.http import urlsafe_base64_encode

from channels_in.models import TelegramBot, TelegramLink
from common import clock
from common.text import number
from people.models import Contact
from tickets.models import Brand

GOOD_FOR = timedelta(days=3)


def bot_of(brand: Brand) -> TelegramBot | None:
    """The bot a brand's customers are led to: its first active one."""
    rows = TelegramBot.objects.filter(inbox__brand=brand, inbox__is_active=True).exclude(username="")
    return rows.defer("token", "secret").order_by("inbox_id").first()


def make(contact: Contact, brand: Brand) -> str:
    """An address that leads the customer to the brand's bot and proves there who they are; empty without one.

    Only for who is known to be ``contact``: signed in, or reading their own mail.
    """
    bot = bot_of(brand)
    if bot is None:
        return ""
    now = clock.now()
    link = TelegramLink.objects.create(contact=contact, created_at=now, expires_at=now + GOOD_FOR)
    return address(bot, f"{link.pk}-{_signature(link.pk)}")


def address(bot: TelegramBot, payload: str = "") -> str:
    return f"{settings.TELEGRAM_LINKS}{quote(bot.username)}" + (f"?start={payload}" if payload else "")


def _signature(link_id: int) -> str:
    """128 bits."""
    made = hmac.new(settings.SECRET_KEY.encode(), f"telegram-link:{link_id}".encode(), sha256).digest()
    return urlsafe_base64_encode(made[:16])


@transaction.atomic
def redeem(payload: str, *, telegram_id: str) -> Contact | None:
    """Whom the link was given to, the first time; None for a forged, used or expired one.

    The same person again gets the same answer: Telegram shows the button again and again.
    """
    first, _dash, signature = payload.partition("-")
    link_id = number(first)
    if link_id is None or not hmac.compare_digest(signature, _signature(link_id)):
        return None
    link = TelegramLink.objects.select_for_update(no_key=True, of=("self",)).filter(pk=link_id).first()
    if link is None:
        return None
    now = clock.now()
    if link.used_at is not None:
        return link.contact if link.used_by == telegram_id else None
    if link.expires_at < now:
        return None
    link.used_at, link.used_by = now, telegram_id
    link.save(update_fields=["used_at", "used_by"])
    return link.contact


def forget_old() -> int:
    """Links that have been useless for a month."""
    return TelegramLink.objects.filter(expires_at__lt=clock.now() - timedelta(days=30)).delete()[0]
