"""A message of ours as Telegram takes it. Pure: no Django, no database, no network."""

from channels_in.kinds.telegram.writing.rich import Rich, from_html, from_text
from channels_in.kinds.telegram.writing.split import CAPTION_LIMIT, TEXT_LIMIT, split

__all__ = ["CAPTION_LIMIT", "TEXT_LIMIT", "Rich", "from_html", "from_text", "split"]
