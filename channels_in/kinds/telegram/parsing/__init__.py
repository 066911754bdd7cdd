"""What an update of Telegram's Bot API says. Pure: no Django, no database, no network."""

from channels_in.kinds.telegram.parsing.types import Chat, Command, File, Person, Update
from channels_in.kinds.telegram.parsing.update import parse, read

__all__ = ["Chat", "Command", "File", "Person", "Update", "parse", "read"]
