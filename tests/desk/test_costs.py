"""What every page of the desk costs: so many statements at most, and as many for fifty rows as for one."""

from __future__ import annotations

import re
from collections import defaultdict

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.many import multiply
from tests.support.office import Office
from tests.test_every_door import address, patterns
from tickets.conditions import dynamic

MOST = 20  # statements a page
ELSEWHERE = ("portal/", "chat/", "forms/", "hooks/", "setup/", "healthz", "readyz", "api/", "ui/", "demo/")
# What GET leads on from, and what asks about rows of a kind that this office has none of.
NO_PAGES = {
    "home",
    "tickets",
    "own_tickets",
    "settings",
    "broadcast",
    "attachment",
    "selection_whole",
    "why",
    "message_source",
    "file",
    "visitor",
    "fairness_tickets",
}
OF_HTMX = {"availability", "chat_dock", "contacts", "first_list", "palette", "views"}  # answer nobody else


def pages():
    return [found for found in patterns() if not found[0].startswith(ELSEWHERE)]


def asked(desk, office, wanted):
    """The pages and fragments that open for somebody: their statements by name; and what else GET said."""
    costs, others = {}, {}
    for route, name, parameters in wanted:
        # Addresses call two different things by one word.
        shared = {"telegram": ("inbox_id", office.bot_inbox), "custom": ("field_id", office.custom_field)}
        ids = office.ids | dict(pair for beginning, pair in shared.items() if name.startswith(beginning))
        path = address(route, parameters, ids)
        cache.clear()
        dynamic.forget()
        with CaptureQueriesContext(connection) as found:
            answer = desk.get(path, headers={"HX-Request": "true"} if name in OF_HTMX else {})
            if answer.streaming:
                list(answer.streaming_content)
        statements = [one["sql"] for one in found if not re.match(r"(RELEASE )?SAVEPOINT", one["sql"])]
        if answer.status_code == 200:
            costs[name] = statements
        else:
            others[name] = answer.status_code
    return costs, others


def test_every_page_costs_little_and_no_more_for_fifty_rows(world, by):
    """An administrator's pages with one row of everything, three and fifty; an agent's with fifty."""
    office, oleg = Office(world), by(world.oleg)
    wanted, shut = pages(), {}
    found = defaultdict(dict)
    for size, more in ((1, 0), (3, 2), (50, 47)):
        multiply(office.rows, more, size)
        multiply(office.hanging, more, size)
        costs, others = asked(oleg, office, wanted)
        shut = shut or others
        wanted = [page for page in wanted if page[1] in costs]
        for name, statements in costs.items():
            found[name][size] = statements
    # What is for the administrator opens; of a page that is new it says here why it does not.
    assert {name for name, status in shut.items() if status != 405} == NO_PAGES
    counted = {name: {size: len(one) for size, one in sizes.items()} for name, sizes in found.items()}
    # One more where there is a second of something is no growth: one for each of them would be two.
    growing = {name: n for name, n in counted.items() if n[50] > n[3] or n[3] > n[1] + 1}
    assert growing == {}
    costs, _others = asked(by(world.anna), office, wanted)
    most = {("oleg", name): max(n.values()) for name, n in counted.items()}
    most |= {("anna", name): len(statements) for name, statements in costs.items()}
    assert {key: number for key, number in most.items() if number > MOST} == {}
