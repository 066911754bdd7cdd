"""Check the demo content: every reference, every placeholder, the counts.

Run it with any Python 3.11, from anywhere: ``python helpdesk/demo/content/check.py``.
It prints totals, then one line per fault, and exits with 1 if there is any.
"""

import collections
import json
import pathlib
import re
import sys
from collections.abc import Collection
from typing import Any

# An object read from JSON: a scenario, a step, the company.
Record = dict[str, Any]

FOLDER = pathlib.Path(__file__).resolve().parent
STORY_FILES = [
    *sorted(FOLDER.glob("scenarios_*.json")),
    FOLDER / "open_work.json",
    FOLDER / "ugly.json",
]

CONTENT_FILE_LIMIT = 200_000
TICKETS = 600
SENTENCE_WORTH_NOTICING = 45  # characters; shorter ones are greetings and thanks
CONTACTS = 150
ORGANIZATIONS = 40

PRIORITIES = {"low", "normal", "high", "urgent"}
OUTCOMES = {"resolved", "pending", "on_hold", "open", "reopened"}
STATUSES = {"open", "pending", "on_hold", "resolved"}
CHANNELS = {"email", "portal", "chat", "telegram"}
TALKERS = {"contact", "cc", "agent", "note", "expert"}
ACTIONS = {"assign", "tag", "priority", "status", "participant"}
ATTACHMENT_KINDS = {"png", "pdf", "txt", "csv"}
ALWAYS_KNOWN = {"first_name", "full_name", "org", "agent_first_name"}
RESERVED_DOMAIN = re.compile(r"(\.example|(^|\.)example\.(com|org|net))$")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
ADDRESS = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")

faults: list[str] = []


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def fault(where: str, what: str) -> None:
    faults.append(f"{where}: {what}")


def expect(where: str, name: str, value: str | int, allowed: Collection[str | int]) -> None:
    if value not in allowed:
        fault(where, f"{name} {value!r} is not one of {sorted(allowed)}")


def texts_of(step: Record) -> list[str]:
    text = step.get("text", [])
    return text if isinstance(text, list) else [text]


def check_placeholders(where: str, text: str, scenario: Record, company: Record) -> None:
    language = scenario["language"]
    known = ALWAYS_KNOWN | set(company["placeholders"][language])
    for records in company["placeholder_groups"][language].values():
        known |= set(records[0])
    articles = {article["key"]: article["brand"] for article in company["articles"]}
    for name in PLACEHOLDER.findall(text):
        kind, _, rest = name.partition(":")
        if kind in {"g", "ag"} and rest.count("|") == 1:
            continue
        if kind == "day" and re.fullmatch(r"[+-]\d+", rest):
            continue
        if kind == "article" and articles.get(rest) == scenario["brand"]:
            continue
        if name in known:
            if name == "org" and scenario["audience"] != "org":
                fault(where, "{org} for a contact who may have no organisation")
            continue
        fault(where, f"unknown placeholder {{{name}}}")
    if re.sub(r"\{[^{}]*\}", "", text).count("{"):
        fault(where, "a brace that is never closed")


def check_step(where: str, step: Record, scenario: Record, company: Record, team: str) -> None:
    who = step["who"]
    expect(where, "who", who, TALKERS | ACTIONS)
    low, high = step["after"]
    if not 0 <= low <= high:
        fault(where, f"delay {step['after']} is not a rising range")
    agents = {agent["key"]: agent for agent in company["agents"]}
    if who in TALKERS:
        if not texts_of(step):
            fault(where, "says nothing")
        for text in texts_of(step):
            if not text and not step.get("attachments"):
                fault(where, "an empty text without an attachment")
            if not scenario.get("literal") and not step.get("literal"):
                check_placeholders(where, text, scenario, company)
            for domain in ADDRESS.findall(text):
                if not RESERVED_DOMAIN.search(domain):
                    fault(where, f"an address at {domain}, which is not reserved")
        names = [attachment["name"] for attachment in step.get("attachments", [])]
        if len(set(names)) < len(names):
            fault(where, "two attachments of one name")
        for attachment in step.get("attachments", []):
            expect(where, "attachment kind", attachment["kind"], ATTACHMENT_KINDS)
            if not attachment["about"]:
                fault(where, f"attachment {attachment['name']} without a description")
        if "status" in step:
            expect(where, "status", step["status"], STATUSES)
        by = step.get("by")
        if by is not None:
            expect(where, "by", by, set(agents))
            if who == "agent" and agents[by]["role"] == "expert":
                fault(where, "an expert replies to the contact; experts only write notes")
            if who == "agent" and team not in agents[by]["teams"]:
                fault(where, f"{by} answers, but is not in team {team}")
            if who == "agent" and scenario["brand"] not in agents[by]["brands"]:
                fault(where, f"{by} answers, but does not serve {scenario['brand']}")
    elif who == "assign":
        expect(where, "team", step["team"], {item["key"] for item in company["teams"]})
        if "agent" in step:
            expect(where, "agent", step["agent"], set(agents))
    elif who == "tag":
        expect(where, "tag", step["set"], {tag["name"] for tag in company["tags"]})
    elif who == "priority":
        expect(where, "priority", step["set"], PRIORITIES)
    elif who == "status":
        expect(where, "status", step["set"], STATUSES)


def final_status(scenario: Record) -> str:
    """The status the steps lead to, by the rules the README gives the loader."""
    status = "open"
    for step in scenario["steps"]:
        if step["who"] in {"contact", "cc"}:
            quiet = step.get("thanks") or step.get("auto")
            if not quiet:
                status = "open"
            status = step.get("status", status)
        elif step["who"] == "agent":
            status = step.get("status", status)
        elif step["who"] == "status":
            status = step["set"]
    return status


def check_scenario(scenario: Record, company: Record, *, is_open_work: bool) -> None:
    where = scenario["key"]
    expect(where, "brand", scenario["brand"], {brand["slug"] for brand in company["brands"]})
    expect(where, "language", scenario["language"], {"ru", "en"})
    expect(where, "team", scenario["team"], {team["key"] for team in company["teams"]})
    expect(
        where,
        "topic",
        scenario["topic"],
        {topic["key"] for topic in company["topics"][scenario["brand"]]},
    )
    expect(where, "priority", scenario["priority"], PRIORITIES)
    expect(where, "outcome", scenario["outcome"], OUTCOMES)
    expect(where, "audience", scenario["audience"], {"org", "private", "any"})
    for channel in scenario["channels"]:
        expect(where, "channel", channel, CHANNELS)
    for tag in scenario["tags"]:
        expect(where, "tag", tag, {item["name"] for item in company["tags"]})
    for organization in scenario.get("organizations", []):
        keys = {item["key"] for item in company["organizations"]}
        expect(where, "organisation", organization, keys)
    if "contact" in scenario:
        addresses = {contact["email"] for contact in company["contacts"]}
        expect(where, "contact", scenario["contact"], addresses)
    if scenario.get("exclusive") and not ("contact" in scenario and scenario["weight"] == 1):
        fault(where, "exclusive, but not one ticket of one contact")
    if scenario["weight"] < 1:
        fault(where, "a weight below 1")
    if not scenario["subjects"]:
        fault(where, "no subject")
    for subject in scenario["subjects"]:
        if not scenario.get("literal"):
            check_placeholders(where, subject, scenario, company)

    first = scenario["steps"][0]
    if first["who"] != "contact" or first["after"] != [0, 0]:
        fault(where, "does not begin with the contact, at once")
    team = scenario["team"]
    for number, step in enumerate(scenario["steps"], start=1):
        check_step(f"{where} step {number}", step, scenario, company, team)
        if step["who"] == "assign":
            team = step["team"]

    wanted = {"reopened": "resolved"}.get(scenario["outcome"], scenario["outcome"])
    if final_status(scenario) != wanted:
        fault(where, f"ends {final_status(scenario)}, but outcome says {scenario['outcome']}")
    if scenario["outcome"] == "reopened" and not any(s.get("reopen") for s in scenario["steps"]):
        fault(where, "reopened, but no step reopens it")

    if is_open_work:
        low, high = scenario["age"]
        if not 0 < low <= high:
            fault(where, "age is not a rising range")
        taken = sum(step["after"][0] for step in scenario["steps"])
        if taken > high:
            fault(where, f"takes at least {taken} minutes, but is at most {high} old")
        if scenario["assigned"] != "no":
            expect(where, "assigned", scenario["assigned"], {a["key"] for a in company["agents"]})


def check_company(company: Record) -> None:
    organizations = {item["key"]: item for item in company["organizations"]}
    expect("company", "number of organisations", len(organizations), {ORGANIZATIONS})
    expect("company", "number of contacts", len(company["contacts"]), {CONTACTS})
    for item in company["organizations"]:
        if not RESERVED_DOMAIN.search(item["domain"]):
            fault(item["key"], f"domain {item['domain']} is not reserved")
    seen: set[str] = set()
    for person in [*company["contacts"], *company["agents"]]:
        email = person["email"]
        if email in seen:
            fault(email, "appears twice")
        seen.add(email)
        if not RESERVED_DOMAIN.search(email.split("@")[1]):
            fault(email, "domain is not reserved")
        expect(email, "gender", person["gender"], {"m", "f"})
        key = person.get("organization")
        if key is not None:
            expect(email, "organisation", key, set(organizations))
            if organizations[key]["domain"] != email.split("@")[1]:
                fault(email, f"does not write from the domain of {key}")
    teams = {team["key"] for team in company["teams"]}
    for agent in company["agents"]:
        for team in agent["teams"]:
            expect(agent["key"], "team", team, teams)


def check_repetition(stories: list[Record]) -> None:
    """No sentence of any length worth noticing may serve two scenarios."""
    used: dict[str, str] = {}
    for scenario in stories:
        for step in scenario["steps"]:
            for text in texts_of(step):
                for piece in re.split(r"(?<=[.!?…])\s+|\n+", text):
                    sentence = piece.strip()
                    if len(sentence) < SENTENCE_WORTH_NOTICING:
                        continue
                    other = used.setdefault(sentence, scenario["key"])
                    if other != scenario["key"]:
                        fault(scenario["key"], f"repeats {other}: {sentence[:60]!r}")


def check_names(where: str, value: Any, known: dict[str, set[str]]) -> None:
    """Whatever ``value`` names with @ must be there."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            check_names(where, one, known)
    elif isinstance(value, str) and value.startswith("@"):
        kind, _, key = value[1:].partition(":")
        if key not in known.get(kind, set()):
            fault(where, f"names {value}, which is not there")


def check_languages(where: str, value: Any) -> None:
    """What has a text in one of the company's languages has it in both."""
    if isinstance(value, dict):
        if {"ru", "en"} & set(value) and set(value) != {"ru", "en"}:
            fault(where, f"has {sorted(value)} instead of both languages")
        for one in value.values():
            check_languages(where, one)
    elif isinstance(value, list):
        for one in value:
            check_languages(where, one)


def check_service(service: Record, rules: Record, company: Record) -> None:
    """Calendars, people, teams, policies and rules name what there is."""
    calendars = {item["key"] for item in service["calendars"]}
    skills = {item["key"] for item in service["skills"]}
    teams = {item["key"] for item in company["teams"]}
    agents = {item["key"] for item in company["agents"]}
    topics = {f"{brand}/{topic['key']}" for brand, rows in company["topics"].items() for topic in rows}
    known = {
        "brand": {item["slug"] for item in company["brands"]},
        "team": teams,
        "user": agents,
        "topic": topics,
        "calendar": calendars,
        "skill": skills,
    }
    expect("service", "default calendar", service["default_calendar"], calendars)
    for key, person in service["people"].items():
        expect("people", "agent", key, agents)
        expect(key, "shift", person.get("shift", service["default_calendar"]), calendars)
        for skill in person.get("skills", ()):
            expect(key, "skill", skill, skills)
    for item in [*service["absences"], *service["extra"]]:
        expect("absences", "agent", item["who"], agents)
    for key, team in service["teams"].items():
        expect("teams", "team", key, teams)
        for name in ("escalates_to", "hands_over_to"):
            expect(key, name, team.get(name, key), teams)
        expect(key, "calendar", team.get("calendar", service["default_calendar"]), calendars)
    for item in service["policies"]:
        expect(item["key"], "calendar", item.get("calendar", service["default_calendar"]), calendars)
        for target in item["targets"].values():
            if set(target["hours"]) != PRIORITIES:
                fault(item["key"], f"hours for {sorted(target['hours'])}")
    for item in [*service["policies"], *rules["rules"], rules["draft"]]:
        check_names(item["key"], item, known)
        check_languages(item["key"], item)


def main() -> int:
    company = json.loads((FOLDER / "company.json").read_text(encoding="utf-8"))
    check_company(company)
    service, rules = (
        json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in ("service", "rules")
    )
    check_service(service, rules, company)
    numbers = {"rules": rules["rules"]} | {name: service[name] for name in ("policies", "calendars")}
    say(", ".join(f"{len(rows)} {name}" for name, rows in numbers.items()))
    stories: list[Record] = []
    for path in STORY_FILES:
        if path.stat().st_size > CONTENT_FILE_LIMIT:
            fault(path.name, f"larger than {CONTENT_FILE_LIMIT} bytes")
        scenarios = json.loads(path.read_text(encoding="utf-8"))["scenarios"]
        for scenario in scenarios:
            check_scenario(scenario, company, is_open_work=path.name == "open_work.json")
        stories += scenarios
        tickets = sum(scenario["weight"] for scenario in scenarios)
        say(f"{path.name:22} {len(scenarios):4} scenarios {tickets:4} tickets")

    keys = collections.Counter(scenario["key"] for scenario in stories)
    for key, times in keys.items():
        if times > 1:
            fault(key, "is the key of two scenarios")
    check_repetition(stories)

    total = sum(scenario["weight"] for scenario in stories)
    expect("all files", "number of tickets", total, {TICKETS})
    messages = sum(
        scenario["weight"] * sum(step["who"] in TALKERS for step in scenario["steps"]) for scenario in stories
    )
    say(f"{'all':22} {len(stories):4} scenarios {total:4} tickets, {messages} messages and notes")
    for name in ("language", "outcome", "priority", "team"):
        counts: collections.Counter[str] = collections.Counter()
        for scenario in stories:
            counts[scenario[name]] += scenario["weight"]
        say(f"  tickets by {name}: " + ", ".join(f"{k} {v}" for k, v in counts.most_common()))
    used_tags = {tag for scenario in stories for tag in scenario["tags"]}
    unused = {tag["name"] for tag in company["tags"]} - used_tags
    say(
        f"  {len(company['contacts'])} contacts, {len(company['organizations'])} organisations, "
        f"{len(company['agents'])} people, {len(company['articles'])} article titles; "
        f"tags no scenario sets: {', '.join(sorted(unused)) or 'none'}"
    )

    for line in faults:
        say(f"FAULT {line}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
