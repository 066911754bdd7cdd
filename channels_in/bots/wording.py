"""Texts of a flow: which language, what is filled in, and whether a person is asked for."""

import re
from collections.abc import Mapping

from channels_in.bots.types import Flow, Texts
from common.text import fold

_PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}")
_WORD = re.compile(r"\w+")

# Beginnings of words, since Russian declines them.
_PERSON = (
    "оператор", "человек", "людьми", "людям", "менеджер", "консультант", "сотрудник", "специалист",
    "поддержк", "техподдержк", "агент",
)  # fmt: skip
_PERSON_EN = frozenset(
    "agent agents human humans operator operators person people representative rep staff someone"
    " somebody".split()
)
_AROUND = (
    "реальн", "настоящ", "нуж", "хоч", "хотел", "позов", "соедин", "переключ", "перевед", "связ", "поговор",
    "общат", "общен", "разговар", "пообщ", "подключ", "вызов", "вызв", "техническ", "служб",
)  # fmt: skip
_AROUND_WHOLE = frozenset(
    "живой живого живому живым живая живую живые живых живыми дай дайте можно пожалуйста мне меня нам с со на"
    " к в а ли бы ваш ваша вашего вашим вашей срочно кто нибудь помощь здравствуйте привет добрый день"
    " давайте давай лучше просто"
    " a an the to with please i id d want need wanna would like can could may you me my get give speak talk"
    " chat real live actual connect transfer switch over put through now let us just call support service"
    " customer from in your hello hi hey is there any for help contact".split()
)
_MOST_WORDS = 12


def pick(texts: Texts, language: str, default: str = "") -> str:
    """The text in that language, or the flow's own, or any there is."""
    for code in (language, language.split("-")[0], default, "en"):
        if found := texts.get(code):
            return found
    return next((each for each in texts.values() if each), "")


def phrase(flow: Flow, name: str, language: str) -> str:
    """One of the sentences that every flow has."""
    return pick((flow.get("phrases") or {}).get(name) or {}, language, flow.get("language", ""))


def filled(text: str, fields: Mapping[str, str]) -> str:
    """``{{order}}`` with what was collected as "order". What is not known is left out; ``{{ticket}}`` stays
    for the channel, which knows the number.
    """
    return _PLACE.sub(lambda place: place[0] if place[1] == "ticket" else fields.get(place[1], ""), text)


def wants_person(text: str) -> bool:
    """Whether that is nothing but a request for a person, in Russian or English.

    Every word must belong to such a request, so that "the agent sold me the wrong flat" and "no human" are
    none.

    >>> [wants_person(text) for text in ("Позовите оператора!", "human", "не оператор", "agent 007 is on TV")]
    [True, True, False, False]
    """
    words = _WORD.findall(fold(text))
    if not words or len(words) > _MOST_WORDS:
        return False
    persons = [word for word in words if _is_person(word)]
    return bool(persons) and all(_is_person(word) or _is_around(word) for word in words)


def _is_person(word: str) -> bool:
    return word in _PERSON_EN or (word.startswith(_PERSON) and len(word) < 16)


def _is_around(word: str) -> bool:
    return word in _AROUND_WHOLE or word.startswith(_AROUND)


def same(text: str, words: str) -> bool:
    """Whether somebody typed what stands on a button, however they wrote it."""
    return bool(text) and _bare(text) == _bare(words)


def mentions(text: str, words: str) -> bool:
    """Whether all these words come in the text, as whole words in their order."""
    inner, outer = _bare(words), _bare(text)
    return bool(inner) and f" {inner} " in f" {outer} "


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))
