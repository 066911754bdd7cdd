"""``/name@bot argument`` at the beginning of a message. Pure."""

import re

from channels_in.kinds.telegram.parsing.reading import Json, number, words
from channels_in.kinds.telegram.parsing.types import Command

_COMMAND = re.compile(r"/(\w{1,32})(?:@(\w{1,64}))?(?:\s+(.{0,512}))?", re.ASCII | re.DOTALL)


def command_of(text: str, entities: list[Json]) -> Command | None:
    """The command a text begins with, where Telegram marked it as one."""
    marked = any(words(one, "type") == "bot_command" and number(one, "offset") == 0 for one in entities)
    match = _COMMAND.match(text) if marked else None
    if match is None:
        return None
    name, bot, argument = match.groups(default="")
    return Command(name.lower(), argument.strip(), bot.lower())
