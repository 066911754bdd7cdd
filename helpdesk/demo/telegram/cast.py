"""The demonstration's bots, and the people one can be when writing to them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoBot:
    slug: str  # the brand's
    token: str
    username: str
    name: str


# Telegram knows none of these tokens: they open the demonstration's own server, on loopback.
BOTS = (
    DemoBot("tihiy-pomol", "700001:demo-tihiy-pomol-opens-nothing-outside", "tihiy_pomol_bot", "Тихий помол"),
    DemoBot("stockwren", "700002:demo-stockwren-opens-nothing-outside-0", "stockwren_bot", "Stockwren"),
)
PEOPLE: dict[str, dict[str, object]] = {
    "olga": {
        "id": 5_100_200_300,
        "is_bot": False,
        "first_name": "Ольга",
        "last_name": "Лебедева",
        "username": "olga_leb",
        "language_code": "ru",
    },
    "john": {
        "id": 411_522_633,
        "is_bot": False,
        "first_name": "John",
        "last_name": "Ashdown",
        "username": "j_ashdown",
        "language_code": "en",
    },
    "nino": {"id": 612_300_411, "is_bot": False, "first_name": "ნინო", "language_code": "ka"},
}
