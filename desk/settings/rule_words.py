"""Rules in words: what one does in a sentence, what changed from one version to the next, why it acted."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.text import one_line
from desk.presentation import language_name
from desk.settings import condition_values, durations, sources
from desk.settings.action_rows import LOOKED_UP
from desk.settings.differences import without
from desk.settings.rule_choices import STRATEGIES
from routing.actions import ACTIONS, OF_TICKET, PARTS, Parameter
from routing.definitions import SINCE, TARGETS, TRIGGERS
from tickets import conditions
from tickets.conditions import Field
from tickets.conditions.dynamic import choice_label, custom_fields
from tickets.conditions.language import leaves
from tickets.models import Category, Priority

_PRIORITIES = {priority.name.lower(): priority.label for priority in Priority}
_CATEGORIES = {category.name.lower(): category.label for category in Category}
_LONGEST = 80  # characters of a text within a sentence
_MOST = 5  # values named one by one
_SETS = {"set", "ids"}
_AS_VERBS = {"contains", "not_contains", "starts_with", "matches", "not_matches", "before", "after"}


class RuleWords:
    """Words for some definitions and explained trees, all names looked up at once.

    ``whole``: nothing is cut, and every value is named, for a reader who compares.
    """

    def __init__(
        self,
        definitions: Iterable[Mapping[str, Any]] = (),
        trees: Iterable[Mapping[str, Any]] = (),
        *,
        whole: bool = False,
    ) -> None:
        self._whole = whole
        definitions = list(definitions)
        wanted = [pair for tree in trees for pair in _of_tree(tree)]
        for definition in definitions:
            wanted += _of_tree(definition.get("conditions") or {})
            wanted += _of_actions(definition.get("actions") or [])
        self._names = sources.names_of(wanted)

    def trigger(self, trigger: Mapping[str, Any]) -> str:
        """ "A field changed: Priority", "2 h of working time since our last reply"."""
        on = trigger.get("on", "")
        words = str(TRIGGERS.get(on, on))
        if on == "field_changed" and trigger.get("field"):
            return f"{words}: {field_label(trigger['field'])}"
        if on in {"sla_warned", "sla_breached"} and trigger.get("target"):
            return f"{words}: {TARGETS.get(trigger['target'], trigger['target'])}"
        if on == "time_since":
            time = durations.words(trigger["seconds"])
            form = _("%(time)s of working time %(since)s") if trigger["business"] else "%(time)s %(since)s"
            return form % {"time": time, "since": SINCE.get(trigger["since"], trigger["since"])}
        return words

    def conditions(self, tree: Mapping[str, Any], depth: int = 0, *, inside: bool = False) -> str:
        """The tree in one line; empty for none. ``inside`` a sentence no condition begins with a capital."""
        if not tree:
            return ""
        for join, word in (("all", pgettext("conditions", "and")), ("any", pgettext("conditions", "or"))):
            if join in tree:
                parts = [self.conditions(child, depth + 1, inside=inside) for child in tree[join]]
                if not parts:
                    return "" if join == "all" else _("never")
                words = f" {word} ".join(part for part in parts if part)
                return f"({words})" if depth and len(parts) > 1 else words
        return _inside(self.condition(tree)) if inside else self.condition(tree)

    def condition(self, leaf: Mapping[str, Any]) -> str:
        field = conditions.find(leaf["field"])
        if field is None:
            return _("%(name)s (gone)") % {"name": leaf["field"]}
        op = leaf["op"]
        return (
            _form_of(field, op)
            % {
                "field": field.label,
                "op": condition_values.operator_words(field, op),
                "value": self.value(field, op, leaf.get("value")),
            }
        ).strip()

    def value(self, field: Field, op: str, value: Any) -> str:
        """What is compared with."""
        control = condition_values.control_of(field, op)
        if control == "none":
            return ""
        if control == "flag":
            return _("yes") if value else _("no")
        if control == "duration":
            return durations.words(value)
        if control == "moment":
            return _moment(value)
        values = value if isinstance(value, list) else [value]
        words = [condition_values.named(field, one, self._names) for one in values]
        if control in {"text", "area", "pattern"}:
            words = [self._quoted(word) for word in words]
        return self._listed(words, either=op == "in" and field.kind not in _SETS)

    def actual(self, leaf: Mapping[str, Any]) -> str:
        """What the ticket had, as a trace keeps it."""
        field, value = conditions.find(leaf["field"]), leaf.get("actual")
        if value is None or value == "" or value == []:
            return _("Nobody") if field is not None and field.name == "assignee" else _("nothing")
        if field is None:
            return str(value)
        if field.kind == "flag":
            return _("yes") if value else _("no")
        if field.kind == "time":
            return _moment(str(value))
        if field.choices:
            value = next((name for name, stored in field.choices.items() if stored == value), value)
        values = value if isinstance(value, list) else [value]
        if field.name == "assignee" and value == -1:
            return _("somebody whom a rule was about to choose")
        words = [condition_values.named(field, one, self._names) for one in values]
        return self._listed([one_line(word, 160) for word in words])

    def action(self, action: Mapping[str, Any]) -> str:
        """ "Add tags: refund, VIP"."""
        kind = ACTIONS.get(str(action.get("do")))
        if kind is None:
            return str(action.get("do"))
        parts = [words for p in kind.parameters if (words := self._parameter(p, action))]
        return f"{kind.label}: {', '.join(parts)}" if parts else str(kind.label)

    def sentence(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """The parts of "When …, if …, then …", for the page to set."""
        actions = [_inside(self.action(action)) for action in definition["actions"]]
        if definition["stop"]:
            actions.append(_("no further rule"))
        return {
            "when": _inside(self.trigger(definition["trigger"])),
            "if": self.conditions(definition["conditions"], inside=True),
            "then": actions,
        }

    def explained(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """An explained tree for the page: {"join", "ok", "children"} and {"words", "actual", "ok"}."""
        for join in ("all", "any"):
            if join in node:
                children = [self.explained(child) for child in node[join]]
                return {"join": join, "ok": node.get("ok"), "children": children}
        return {"words": self.condition(node), "actual": self.actual(node), "ok": node.get("ok")}

    def difference(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What changed, as (sign, words): "−" for what was said before, "+" for what is said now."""
        found = []
        for name in ("trigger", "conditions"):
            before, after = (self._said(name, one[name]) for one in (old, new))
            if before != after:
                found += [("−", before), ("+", after)]
        before_actions = [self.action(action) for action in old["actions"]]
        after_actions = [self.action(action) for action in new["actions"]]
        found += [
            ("−", _("Then: %(words)s") % {"words": words}) for words in without(before_actions, after_actions)
        ]
        found += [
            ("+", _("Then: %(words)s") % {"words": words}) for words in without(after_actions, before_actions)
        ]
        if not found and old["actions"] != new["actions"]:
            same = sorted(before_actions) == sorted(after_actions) and before_actions != after_actions
            found.append(
                ("±", _("The order of the actions.") if same else _("A text or a detail of an action."))
            )
        if old["stop"] != new["stop"]:
            found.append(("+" if new["stop"] else "−", _("Then: no further rule")))
        return found

    def _said(self, name: str, part: Mapping[str, Any]) -> str:
        if name == "trigger":
            return _("When: %(words)s") % {"words": self.trigger(part)}
        return _("If: %(words)s") % {"words": self.conditions(part) or _("always")}

    def _parameter(self, parameter: Parameter, action: Mapping[str, Any]) -> str:
        value = action.get(parameter.name)
        if value in (None, "", [], {}, False) and value != 0:
            return ""
        match parameter.kind:
            case "priority":
                return str(_PRIORITIES.get(value) or Priority(value).label)  # compiled, it is a number
            case "status" if isinstance(value, str):
                return str(_CATEGORIES.get(value, value))
            case "status":
                return self._name("statuses", value)
            case "strategy":
                return str(STRATEGIES.get(value, value))
            case "language":
                return _("the ticket's language") if value == OF_TICKET else language_name(value)
            case "seconds":
                return durations.words(value)
            case "flag":
                return _("in working time")
            case "texts":
                return self._texts(value)
            case "text":
                return self._quoted(value)
            case "field":
                return field_label(f"field.{value}")
            case "value":
                row = custom_fields().get(str(action.get("key")))
                return _("yes") if value is True else choice_label(row, value) if row else str(value)
        values = value if isinstance(value, list) else [value]
        return self._listed(
            [str(PARTS.get(one) or self._name(LOOKED_UP[parameter.kind], one)) for one in values]
        )

    def _texts(self, texts: Mapping[str, str]) -> str:
        """One of them for a sentence, each with its language for a comparison."""
        if not self._whole or len(texts) == 1:
            return self._quoted(next(iter(texts.values())))
        return "\n".join(f"{language_name(code)}: {self._quoted(text)}" for code, text in texts.items())

    def _quoted(self, text: str) -> str:
        return _("“%(text)s”") % {"text": text if self._whole else one_line(text, _LONGEST)}

    def _listed(self, words: list[str], *, either: bool = False) -> str:
        """ "a, b, c", and how many more there are; ``either``: "a, b or c"."""
        most = len(words) if self._whole else _MOST
        if either and 1 < len(words) <= most:
            last = {"words": ", ".join(words[:-1]), "last": words[-1]}
            return pgettext("values", "%(words)s or %(last)s") % last
        if len(words) <= most:
            return ", ".join(words)
        more = _("%(words)s and %(number)d more")
        return more % {"words": ", ".join(words[: most - 1]), "number": len(words) - most + 1}

    def _name(self, source: str, value: Any) -> str:
        return self._names.get((source, str(value)), _("gone: %(key)s") % {"key": value})


def _inside(words: str) -> str:
    """As it stands within a sentence: a small first letter, but for abbreviations."""
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def _form_of(field: Field, op: str) -> str:
    """How a condition is said: not every language joins all kinds of them alike."""
    if op == "is" or (op == "in" and field.kind not in _SETS):
        return pgettext("condition", "%(field)s is %(value)s")
    if op in _AS_VERBS:
        return pgettext("condition with a verb", "%(field)s %(op)s %(value)s")
    return pgettext("condition", "%(field)s %(op)s %(value)s")


def _moment(value: str) -> str:
    try:
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "SHORT_DATETIME_FORMAT")
    except (ValueError, OverflowError):
        return value


def field_label(name: str) -> str:
    field = conditions.find(name)
    return str(field.label) if field else name


def _of_tree(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The (source, value) pairs of a tree, of what it asks and of what was found."""
    found = []
    for leaf in leaves(tree):
        field = conditions.find(leaf["field"])
        if field is not None and field.source:
            for value in (leaf.get("value"), leaf.get("actual")):
                values = value if isinstance(value, list) else [value]
                found += [(field.source, str(one)) for one in values if one is not None]
    return found


def _of_actions(actions: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for action in actions:
        kind = ACTIONS.get(str(action.get("do")))
        for parameter in kind.parameters if kind else ():
            source = "statuses" if parameter.kind == "status" else LOOKED_UP.get(parameter.kind)
            value = action.get(parameter.name)
            if source and value is not None:
                found += [(source, str(one)) for one in (value if isinstance(value, list) else [value])]
    return found
