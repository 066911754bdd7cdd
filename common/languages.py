"""Guessing the language of a short text: by script, then by the commonest words of each language."""

import re

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 5000
_UKRAINIAN = frozenset("іїєґ")
# The words that make up a good part of any text, and of few texts in another language.
_COMMON = {
    "en": "the and is are you we to of in that have with for my not it this be was please",
    "de": "der die das und ist nicht ich sie wir mit ein eine für auf bitte haben wie mein es zu",
    "fr": "le la les et est pas je vous nous de des un une pour dans que mon avec il bonjour",
    "es": "el la los que de no es en un una para con mi por se gracias lo está hola pedido",
    "it": "il che di non è un una per con mi sono la del grazie ho come buongiorno gli nel ordine",
    "pt": "o a os que de não é um uma para com meu em por se obrigado eu do da você",
    "nl": "de het een en is niet ik van dat wij met voor mijn op te zijn kunt heb bestelling u",
    "pl": "nie to jest się na że do proszę i w z mam jak czy mi za dzień dobry po zamówienie",
}
_VOCABULARY = {language: frozenset(words.split()) for language, words in _COMMON.items()}


def language_of(text: str) -> str:
    """An ISO 639-1 code, or an empty string when the text is too short or too foreign to tell.

    >>> language_of("Where is my order, please?")
    'en'
    >>> language_of("Где мой заказ?")
    'ru'
    """
    words = [word.lower() for word in _WORD.findall(text[:_LONGEST])]
    letters = "".join(words)
    if not letters:
        return ""
    cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in letters)
    if cyrillic * 2 > len(letters):
        return "uk" if sum(letter in _UKRAINIAN for letter in letters) * 50 > cyrillic else "ru"
    scores = {
        language: sum(word in vocabulary for word in words) for language, vocabulary in _VOCABULARY.items()
    }
    best = max(scores.values())
    leaders = [language for language, score in scores.items() if score == best]
    return leaders[0] if best and len(leaders) == 1 else ""
