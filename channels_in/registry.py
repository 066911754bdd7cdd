"""The channels there are. A new one is a folder under ``kinds/`` and a line here."""

from typing import Any

from channels_in.kinds.chat.channel import ChatChannel
from channels_in.kinds.email.channel import EmailChannel
from channels_in.kinds.telegram.channel import TelegramChannel
from channels_in.kinds.web_form.channel import FormChannel
from channels_in.protocol import Channel

_channels: dict[str, Channel[Any]] = {
    channel.kind: channel for channel in (EmailChannel(), FormChannel(), ChatChannel(), TelegramChannel())
}
_WITHOUT_WAY_BACK = frozenset({"form"})


def channel(kind: str) -> Channel[Any]:
    """The channel of an inbox's kind; KeyError for an unknown one."""
    return _channels[kind]


def way_of(message_channel: str) -> Channel[Any]:
    """The channel by which a message of ours leaves: its own, or mail where that has no way back."""
    if message_channel in _WITHOUT_WAY_BACK:
        return _channels["email"]
    return _channels.get(message_channel, _channels["email"])


def kinds() -> list[str]:
    return list(_channels)
