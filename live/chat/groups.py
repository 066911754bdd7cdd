"""Who hears of a chat."""


def of_session(session_id: int) -> str:
    """Every tab of one visitor."""
    return f"chat.{session_id}"


def of_queue(widget_id: int) -> str:
    """Whoever waits at a widget: their places change together."""
    return f"chat.queue.{widget_id}"
