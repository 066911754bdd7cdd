"""Two versions of a rule beside each other, or two trees of conditions: what one says otherwise."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from desk.settings.differences import Difference, differing, without
from desk.settings.rule_words import RuleWords

_One = Mapping[str, Any]
_NOTHING: _One = {"trigger": {}, "conditions": {}, "actions": [], "stop": False}


def differences(words: RuleWords, old: _One | None, new: _One) -> list[Difference]:
    """Part by part what a definition says otherwise than the one before; of a first one all it says."""
    before = old or _NOTHING
    found = differing((_("When"), words.trigger(before["trigger"]), words.trigger(new["trigger"])))
    found += differing_conditions(words, before["conditions"], new["conditions"])
    found += _actions(words, before["actions"], new["actions"])
    if before["stop"] != new["stop"]:
        yes, no = _("yes"), _("no")
        stops = (yes, no) if before["stop"] else ("" if old is None else no, yes)
        found.append(Difference(_("No further rule"), *stops))
    return found


def differing_conditions(words: RuleWords, old: _One, new: _One) -> list[Difference]:
    """The conditions that came, went or ask for something else.

    All in one line where there were none, are none, or they are joined otherwise.
    """
    (join, before), (other, after) = _joined(old), _joined(new)
    if join != other or not before or not after:
        return differing((_("Conditions"), words.conditions(old), words.conditions(new)))
    pairs = _paired(before, after, lambda one: one.get("field", ""))
    said = [(words.conditions(gone, 1), words.conditions(come, 1)) for gone, come in pairs]
    return differing(*((_("Condition"), *both) for both in said))


def _joined(tree: _One) -> tuple[str, list[_One]]:
    """How the topmost conditions are joined, and they; a single one is joined like any."""
    for join in ("all", "any"):
        if join in tree:
            return (join if len(tree[join]) > 1 else "all"), list(tree[join])
    return "all", [tree] if tree else []


def _actions(words: RuleWords, old: list[_One], new: list[_One]) -> list[Difference]:
    def said(action: _One) -> str:
        return words.action(action) if action else ""

    pairs = _paired(old, new, lambda one: one["do"])
    if not pairs and old != new:
        before, after = ("; ".join(map(said, actions)) for actions in (old, new))
        return differing((_("Order of the actions"), before, after))
    return [Difference(pgettext("of a rule", "Action"), said(gone), said(come)) for gone, come in pairs]


def _paired(old: Sequence[_One], new: Sequence[_One], of: Callable[[_One], str]) -> list[tuple[_One, _One]]:
    """What is in only one of two lists, each with the one of the same sort (``of``) it has become."""
    gone, come = without(old, new), without(new, old)
    pairs: list[tuple[_One, _One]] = []
    for one in gone:
        other = next((each for each in come if of(each) == of(one)), {})
        if other:
            come.remove(other)
        pairs.append((one, other))
    return pairs + [({}, one) for one in come]
