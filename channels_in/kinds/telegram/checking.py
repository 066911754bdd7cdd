"""Whether a bot works: for its settings page, and every minute for the alarm."""

from datetime import UTC, datetime, timedelta

import structlog
from django.utils.translation import gettext as _

from channels_in.kinds.telegram.api import ApiError, BotApi, Unreachable
from channels_in.kinds.telegram.connecting import set_webhook, webhook_address
from channels_in.kinds.telegram.health import answered, failing
from channels_in.models import Inbox, TelegramBot
from channels_in.protocol import Problem
from common import clock
from common.crypto import SecretUnreadableError

log = structlog.get_logger(__name__)

_RECENT = timedelta(minutes=10)


def check(inbox: Inbox) -> list[Problem]:
    """Ask Telegram; empty when all is well."""
    bot = TelegramBot.objects.get(inbox=inbox)
    try:
        api = BotApi.of(bot)
        api.call("getMe", seconds=15)
        info = api.call("getWebhookInfo", seconds=15)
    except ApiError as error:
        return [describe(error)]
    except Unreachable as error:
        return [Problem("telegram.unreachable", error.words, _("Is the network up, and the address right?"))]
    except SecretUnreadableError as error:
        return [Problem("telegram.secret", str(error))]
    info = info if isinstance(info, dict) else {}
    return _webhook_problems(bot, info)


def _webhook_problems(bot: TelegramBot, info: dict[str, object]) -> list[Problem]:
    url = str(info.get("url") or "")
    if bot.mode == TelegramBot.Mode.POLLING:
        if not url:
            return []
        return [
            Problem(
                "telegram.webhook_set",
                _("A webhook is set at Telegram, so nothing can be asked for."),
                _("Another program may use this bot. Save these settings to take it over."),
            )
        ]
    problems = []
    if url != webhook_address(bot):
        words = _("Telegram calls another address: %(url)s") % {"url": url or "—"}
        problems.append(Problem("telegram.webhook_elsewhere", words, _("Save these settings to set ours.")))
    if complaint := complaint_of(info):
        hint = _("Telegram could not reach us. It tries again by itself, for a day.")
        problems.append(Problem("telegram.webhook_failing", complaint, hint))
    return problems


def complaint_of(info: dict[str, object]) -> str:
    """What Telegram last complained of, if that was lately."""
    at = info.get("last_error_date")
    if not isinstance(at, int) or datetime.fromtimestamp(at, UTC) < clock.now() - _RECENT:
        return ""
    return str(info.get("last_error_message") or "")[:500]


def describe(error: ApiError) -> Problem:
    if error.code in (401, 404):
        return Problem(
            "telegram.token",
            _("Telegram does not know this token: %(said)s") % {"said": error.description},
            _("BotFather shows the present one; /revoke makes the old one useless."),
        )
    if error.code == 409:
        return Problem(
            "telegram.conflict",
            _("Somebody else asks for this bot's updates: %(said)s") % {"said": error.description},
            _("A bot belongs to one program. End the other one, or make a bot of its own for it."),
        )
    return Problem("telegram.refused", _("Telegram says: %(said)s") % {"said": str(error)})


def look_at_webhooks() -> int:
    """Once a minute, of each bot that Telegram calls: that it still does. Returns how many were looked at."""
    bots = TelegramBot.objects.filter(mode=TelegramBot.Mode.WEBHOOK, inbox__is_active=True)
    rows = list(bots.select_related("inbox"))
    for bot in rows:
        try:
            api = BotApi.of(bot)
            info = api.call("getWebhookInfo", seconds=10)
            if not isinstance(info, dict) or info.get("url") != webhook_address(bot):
                log.warning("telegram.webhook_lost", inbox=bot.inbox_id)
                set_webhook(api, bot)
                info = {}
            if complaint := complaint_of(info):
                failing(bot.inbox_id, complaint)
            else:
                answered(bot.inbox_id)
        except ApiError as error:
            failing(bot.inbox_id, describe(error).words)
        except Unreachable as error:
            failing(bot.inbox_id, error.words)
        except SecretUnreadableError as error:
            failing(bot.inbox_id, str(error))
    return len(rows)
