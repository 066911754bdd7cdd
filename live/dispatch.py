"""How our sockets take what they hear."""

from typing import Any

from channels.consumer import get_handler_name


class Dispatch:
    """As Channels does, without its look at the database's connections, which costs a thread's turn for each
    event of each socket: whoever asks the database here looks at their connection themselves.
    """

    async def dispatch(self, message: dict[str, Any]) -> None:
        await getattr(self, get_handler_name(message))(message)
