"""The macros a fresh installation begins with, in both languages. Making them twice changes nothing."""

from dataclasses import dataclass

from journal.actor import Actor
from tickets.commands.macros import create_macro
from tickets.macros.actions import ME, Action
from tickets.models import Brand, Category, Macro
from tickets.status import default_status

_GREETING = {
    "en": "<div>Hello {{contact.first_name}},</div><div><br></div>",
    "ru": "<div>Здравствуйте, {{contact.first_name}}!</div><div><br></div>",
}
_FIRST = {"en": "First answer", "ru": "Первый ответ"}
_PROGRESS = {"en": "Progress", "ru": "Ход работы"}
_CLOSING = {"en": "Closing", "ru": "Завершение"}


@dataclass(frozen=True)
class Starter:
    """``status``: the default one of that category; ``takes``: whoever sends it becomes the assignee."""

    name: dict[str, str]
    folder: dict[str, str]
    en: str
    ru: str
    status: Category | None = None
    takes: bool = False

    @property
    def texts(self) -> dict[str, str]:
        return {"en": _GREETING["en"] + self.en, "ru": _GREETING["ru"] + self.ru}

    @property
    def actions(self) -> list[Action]:
        found = [Action("set_status", default_status(self.status).pk)] if self.status is not None else []
        return [*found, Action("assign", ME)] if self.takes else found


MACROS = [
    Starter(
        {"en": "We are looking into it", "ru": "Взяли в работу"},
        _FIRST,
        "<div>Thank you for writing to us. I am looking into your request #{{ticket.number}} and will come "
        "back to you as soon as I know more.</div>",
        "<div>Спасибо, что написали нам. Я уже разбираюсь с вашим обращением №{{ticket.number}} и напишу, "
        "как только будут новости.</div>",
        Category.OPEN,
        takes=True,
    ),
    Starter(
        {"en": "Please tell us more", "ru": "Уточнить подробности"},
        _FIRST,
        "<div>To help you faster, please tell us:</div><ul><li>what you were doing when it happened;</li>"
        "<li>what you saw on the screen: a screenshot is best;</li><li>when it began.</li></ul>",
        "<div>Чтобы помочь быстрее, расскажите, пожалуйста:</div>"
        "<ul><li>что вы делали, когда это случилось;</li>"
        "<li>что увидели на экране: лучше всего прислать снимок;</li><li>когда это началось.</li></ul>",
        Category.PENDING,
        takes=True,
    ),
    Starter(
        {"en": "A colleague will go on", "ru": "Передали коллегам"},
        _PROGRESS,
        "<div>I have passed your request to the colleagues who know this best. You need not do anything: "
        "they have our whole conversation and will answer here.</div>",
        "<div>Я передаю ваше обращение коллегам, которые лучше всех разбираются в этом вопросе. "
        "Делать ничего не нужно: они видят всю нашу переписку и ответят здесь же.</div>",
    ),
    Starter(
        {"en": "It takes longer than we thought", "ru": "Нужно больше времени"},
        _PROGRESS,
        "<div>Your request takes longer than we had expected, and I am sorry about that. "
        "We have not forgotten it: I will write to you as soon as there is news.</div>",
        "<div>Решение занимает больше времени, чем мы рассчитывали. Извините за ожидание! "
        "Мы помним о вас: я напишу, как только появятся новости.</div>",
        Category.ON_HOLD,
    ),
    Starter(
        {"en": "Solved: please check", "ru": "Решено: проверьте, пожалуйста"},
        _CLOSING,
        "<div>It should work now. Please check, and simply answer this message if anything is still not "
        "right.</div>",
        "<div>Всё должно работать. Проверьте, пожалуйста; если что-то ещё не так, просто ответьте на это "
        "сообщение.</div>",
        Category.RESOLVED,
    ),
    Starter(
        {"en": "Thank you and goodbye", "ru": "Поблагодарить и попрощаться"},
        _CLOSING,
        "<div>Thank you for letting us know. I am glad that it is settled. If anything comes up, just write "
        "to us.</div>",
        "<div>Спасибо, что сообщили. Рады, что всё получилось! Если появятся вопросы, просто напишите "
        "нам.</div>",
        Category.RESOLVED,
    ),
]


def make_macros(language: str, *, brand: Brand | None = None, actor: Actor | None = None) -> list[Macro]:
    """Make those whose name is not there yet, named in ``language``, for everybody; returns the new ones.

    ``brand``: for its tickets only.
    """
    there = set(Macro.objects.filter(owner=None, brand=brand).values_list("name", flat=True))
    code = "ru" if language.startswith("ru") else "en"
    return [
        create_macro(
            actor=actor or Actor.system("starter"),
            name=one.name[code],
            folder=one.folder[code],
            texts=one.texts,
            actions=one.actions,
            brand=brand,
        )
        for one in MACROS
        if not there & set(one.name.values())
    ]
