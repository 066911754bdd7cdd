"""The demonstration's bots as inboxes of its brands."""

from collections.abc import Mapping

from django.utils.crypto import get_random_string

from channels_in.models import Inbox, TelegramBot
from helpdesk.demo.telegram.cast import BOTS
from people.models import Team
from tickets.models import Brand


def connect(brands: Mapping[str, Brand], team: Team) -> None:
    """One bot a brand, polled: the demonstration has no public address."""
    for bot in BOTS:
        inbox = Inbox.objects.create(
            kind=Inbox.Kind.TELEGRAM, brand=brands[bot.slug], name=f"Telegram: {bot.name}", team=team
        )
        TelegramBot.objects.create(
            inbox=inbox,
            bot_id=int(bot.token.partition(":")[0]),
            username=bot.username,
            token=bot.token,
            path_key=get_random_string(32),
            secret=get_random_string(64),
        )
