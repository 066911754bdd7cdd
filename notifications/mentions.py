"""Who is meant by @Name in a note."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from common.text import fold
from people.models import User

# After a letter, a dot or another @ it is a mail address or a decorator, and nobody is meant.
_AT = re.compile(r"(?<![\w.@/])@(?=\w)")
_WORD = re.compile(r"[\w'’\-]+(?:\.[\w'’\-]+)*")
_MOST_WORDS = 4  # of a name
_MOST_MENTIONS = 50  # looked at in one note
_MOST_TEXT = 20_000  # characters


@dataclass(frozen=True)
class Named:
    """Somebody of the staff, as far as mentions need them."""

    user_id: int
    name: str
    email: str


def handles(person: Named) -> set[str]:
    """What somebody can be called: the full name, first.last, the first name, the address or what is
    before its @."""
    email = fold(person.email)
    found = {email, email.partition("@")[0]}
    words = fold(person.name).split()
    if words:
        found |= {" ".join(words), ".".join(words), "_".join(words), words[0]}
        if len(words) > 1:
            found |= {f"{words[0]}.{words[-1]}", f"{words[0]} {words[-1]}"}
    return found - {""}


def mentioned(text: str, people: Iterable[Named]) -> set[int]:
    """The people whom ``text`` mentions. What could be two of them is nobody: of two Annas, ``@Anna`` is
    neither, and ``@Anna Lind`` the one."""
    text = text[:_MOST_TEXT].replace("\xa0", " ")
    places = [match.end() for match in _AT.finditer(text)][:_MOST_MENTIONS]
    if not places:
        return set()
    called: dict[str, set[int]] = defaultdict(set)
    for person in people:
        for handle in handles(person):
            called[handle].add(person.user_id)
    found = set()
    for place in places:
        for candidate in _candidates(text[place : place + 200]):
            if candidate in called:  # the longest that is anybody's name; a shorter one might be another's
                if len(called[candidate]) == 1:
                    found |= called[candidate]
                break
    return found


def _candidates(after: str) -> list[str]:
    """What may be a name at the beginning of ``after``, the longest first."""
    line = after.splitlines()[0]
    address = re.match(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+", line)
    found = [fold(address[0])] if address else []
    words: list[str] = []
    position = 0
    while len(words) < _MOST_WORDS and (match := _WORD.match(line, position)):
        words.append(match[0])
        position = match.end()
        if line[position : position + 1] != " ":
            break
        position += 1
    found += [fold(" ".join(words[:length])) for length in range(len(words), 0, -1)]
    return found


def mentioned_staff(text: str) -> set[int]:
    """The same among everybody who works at the desk; asks nothing of the database without an @."""
    if not _AT.search(text[:_MOST_TEXT]):
        return set()
    staff = User.objects.staff().values_list("pk", "name", "email")
    return mentioned(text, [Named(*row) for row in staff])
