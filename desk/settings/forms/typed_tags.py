"""Tags as they are typed: in one box, with commas between."""

from collections.abc import Iterable

from tickets.models import Tag


def tags_of(text: str, *, kept: Iterable[str] = ()) -> list[str]:
    """The names in a text, in order.

    A name that itself has a comma, from before that was refused, stays whole: one of ``kept``, which stood
    there before, or of a tag there is; the longest first.
    """
    parts = [part for one in text.split(",") if (part := one.strip())]
    known = Tag.objects.filter(name__contains=",").values_list("name", flat=True) if len(parts) > 1 else ()
    whole = {key: name for name in known if len(key := _key(name.split(","))) > 1}
    whole |= {_key(name.split(",")): name for name in kept if "," in name}
    longest = max(map(len, whole), default=1)
    found, at = [], 0
    while at < len(parts):
        ends = range(min(at + longest, len(parts)), at, -1)
        end = next((one for one in ends if _key(parts[at:one]) in whole), at + 1)
        found.append(whole.get(_key(parts[at:end]), parts[at]))
        at = end
    return found


def _key(parts: Iterable[str]) -> tuple[str, ...]:
    """What of a name is the same however its commas are spaced."""
    return tuple(part for one in parts if (part := " ".join(one.split()).lower()))
