"""Words for what is no text: a place, a contact, a poll, a game of dice. No language of their own. Pure."""

from channels_in.kinds.telegram.parsing.reading import Json, decimal, number, rows, table, words

_MOST = 4000  # characters


def words_for(message: Json) -> str:
    """What a message without text or caption says; empty where it is only files, or unknown."""
    for name, say in _THINGS.items():
        if thing := table(message, name):
            return say(thing)[:_MOST]
    return ""


def _venue(venue: Json) -> str:
    return _lines(words(venue, "title"), words(venue, "address"), _location(table(venue, "location")))


def _location(place: Json) -> str:
    latitude, longitude = decimal(place, "latitude"), decimal(place, "longitude")
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return ""
    there = f"{latitude:.6f}", f"{longitude:.6f}"
    return _lines(
        f"{there[0]}, {there[1]}",
        f"https://www.openstreetmap.org/?mlat={there[0]}&mlon={there[1]}#map=16/{there[0]}/{there[1]}",
    )


def _contact(contact: Json) -> str:
    name = f"{words(contact, 'first_name')} {words(contact, 'last_name')}".strip()
    return _lines(name, words(contact, "phone_number"))


def _poll(poll: Json) -> str:
    options = (f"• {words(option, 'text')}" for option in rows(poll, "options"))
    return _lines(words(poll, "question"), *options)


def _checklist(checklist: Json) -> str:
    tasks = (f"• {words(task, 'text')}" for task in rows(checklist, "tasks"))
    return _lines(words(checklist, "title"), *tasks)


def _dice(dice: Json) -> str:
    return f"{words(dice, 'emoji')} {number(dice, 'value') or ''}".strip()


def _titled(thing: Json) -> str:
    return _lines(words(thing, "title"), words(thing, "description"))


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


# A venue comes with a location, for old apps: the first that is there speaks.
_THINGS = {
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "game": _titled,
    "invoice": _titled,
}
THINGS = frozenset(_THINGS)
