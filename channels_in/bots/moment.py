"""What a step sees and does while it is its turn."""

from dataclasses import dataclass, field

from channels_in.bots.types import PERSON, Act, Button, Collected, Facts, Flow, Line, State, Texts
from channels_in.bots.wording import filled, phrase, pick


@dataclass
class Moment:
    """The flow, what is known, the state as it becomes, and what is said meanwhile."""

    flow: Flow
    facts: Facts
    state: State
    out: list[Line | Act] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, str]:
        """What the contact brought, and what was collected since."""
        return {**self.facts.fields, **self.state["fields"]}

    def text(self, texts: Texts) -> str:
        return filled(pick(texts, self.facts.language, self.flow.get("language", "")), self.fields)

    def phrase(self, name: str) -> str:
        return phrase(self.flow, name, self.facts.language)

    def say(self, text: str, buttons: tuple[Button, ...] = (), *, asks: str = "") -> None:
        """Say it, unless there is nothing in it. Whatever waits for an answer also offers a person."""
        if asks and self.flow.get("person_button", True):
            buttons = (*buttons, Button(PERSON, self.phrase("person")))
        if text or buttons or asks:
            self.out.append(Line(text, buttons, asks))

    def act(self, act: Act) -> None:
        self.out.append(act)

    def collect(self, name: str, value: str) -> None:
        self.state["fields"] = {**self.state["fields"], name: value}
        self.act(Collected(name, value))
