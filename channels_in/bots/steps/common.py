"""What several kinds of steps share."""

from collections.abc import Iterable, Iterator

from channels_in.bots.moment import Moment
from channels_in.bots.types import Button, Go, Move, Problem, Said, Step, Texts
from channels_in.bots.wording import mentions, same


class Silent:
    """A step that never waits. A conversation that was left here all the same goes on from it."""

    def hear(self, moment: Moment, step: Step, said: Said) -> Move:
        return Go(str(step["id"]))


def untold(step: Step, texts: Texts, languages: Iterable[str], *, what: str = "text") -> Iterator[Problem]:
    """Texts that are missing: all of them is fatal, one language is only worth a word."""
    missing = [code for code in languages if not texts.get(code)]
    if not any(texts.values()):
        yield Problem(f"no_{what}", str(step["id"]))
    elif missing:
        yield Problem("language_missing", str(step["id"]), is_fatal=False, values={"languages": missing})


def buttons_of(moment: Moment, choices: Iterable[Step]) -> tuple[Button, ...]:
    return tuple(Button(one["id"], moment.text(one["texts"])) for one in choices)


def chosen(choices: Iterable[Step], said: Said) -> Step | None:
    """The choice that is meant: by its button, its number, its words in any language, or its keywords."""
    rows = list(choices)
    if said.choice:
        return next((one for one in rows if one["id"] == said.choice), None)
    text = said.text.strip().rstrip(".)")
    if text.isascii() and text.isdigit() and len(text) < 4:
        return rows[int(text) - 1] if 0 < int(text) <= len(rows) else None
    exact = [one for one in rows if any(same(said.text, words) for words in one["texts"].values())]
    if len(exact) == 1:
        return exact[0]
    meant = [one for one in rows if any(mentions(said.text, word) for word in one.get("words", ()))]
    return meant[0] if len(meant) == 1 else None
