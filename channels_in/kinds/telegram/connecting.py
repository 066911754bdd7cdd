"""Telling Telegram how its updates come to us. Network only; what is remembered of it, the callers write."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from channels_in.kinds.telegram.api import ApiError, BotApi, allowed
from channels_in.kinds.telegram.talking import COMMANDS
from channels_in.models import TelegramBot
from common.crypto import reveal

# Everything else would be ignored (docs/telegram.md), so it is not asked for.
UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
_OFFICIAL = "https://api.telegram.org"


@dataclass(frozen=True)
class Me:
    """What a token belongs to."""

    id: int
    username: str
    name: str


def look(token: str, api_url: str) -> Me:
    """Whose token it is, asked of Telegram. Raises ``ApiError`` or ``Unreachable``."""
    answer = BotApi(token, api_url).call("getMe")
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), int):
        raise ApiError(502, _("The server does not answer as the Bot API does."))
    return Me(answer["id"], str(answer.get("username") or "")[:64], str(answer.get("first_name") or "")[:120])


def webhook_address(bot: TelegramBot) -> str:
    return settings.BASE_URL + reverse("telegram_webhook", args=[bot.path_key])


def can_be_called(api_url: str) -> bool:
    """Whether a webhook can work: Telegram calls HTTPS only, a server of one's own also what is near it."""
    return settings.BASE_URL.startswith("https://") or allowed(api_url) != _OFFICIAL


def connect(bot: TelegramBot) -> None:
    """Set or drop the webhook, and name the commands. Raises ``ApiError`` or ``Unreachable``."""
    api = BotApi.of(bot)
    if bot.mode == TelegramBot.Mode.WEBHOOK:
        set_webhook(api, bot)
    else:
        api.call("deleteWebhook", {"drop_pending_updates": False})
    introduce(api)


def set_webhook(api: BotApi, bot: TelegramBot) -> None:
    """One connection: with several, updates of one chat would overtake each other."""
    api.call(
        "setWebhook",
        {
            "url": webhook_address(bot),
            "secret_token": reveal(bot.secret),
            "allowed_updates": UPDATES,
            "max_connections": 1,
        },
    )


def disconnect(bot: TelegramBot) -> None:
    """Let go of the bot: what is written to it from now on waits at Telegram for a day."""
    BotApi.of(bot).call("deleteWebhook", {"drop_pending_updates": False})


def introduce(api: BotApi) -> None:
    """The menu of commands, in every language we speak; English for the others."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            menu = [{"command": name, "description": _(words)} for name, words in COMMANDS.items()]
        api.call("setMyCommands", {"commands": menu, "language_code": "" if language == "en" else language})
