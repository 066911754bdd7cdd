"""Two people with the same form open: who saves second is told, and undoes nothing unawares.

A page carries what its form began from as a hidden ``seen``. When that is no longer what there is, nothing is
saved: the form comes back as it was typed, says so, and has the newest ``seen``, so that saving it again is
meant. Whoever sends no ``seen`` (a script) is not asked.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import connection, transaction
from django.db.models import Model
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from desk.request import DeskRequest

P = ParamSpec("P")

CHANGED = _(
    "Somebody has changed this meanwhile, so yours is not saved yet. Open the page in another tab to see what"
    " they have changed: saving again overwrites it."
)
_CODE = "changed"
_LOCK_SPACE = 0x7365656E  # "seen": our advisory locks among others'


def digest(*state: Any) -> str:
    """A short name of a state: another one as soon as a value differs.

    Rows count by their keys. The order of a list does not count, since rows of a relation come in any.
    """
    text = json.dumps([_plain(value) for value in state])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(_plain(one)) for one in value)
    return "" if value is None else str(value)


class Guarded(forms.Form):
    """A form of something that is there already. Its page has ``form.seen`` as the hidden ``seen``; the form
    must be made from what there is now, when it is posted, too (``in_turn``)."""

    def begun_from(self) -> str:
        """The digest of what there is: of what the controls show before anybody types.

        A form whose initial values do not show all of it says it in its own way; "" guards nothing.
        """
        return digest(*(self.get_initial_for_field(field, name) for name, field in self.fields.items()))

    @property
    def seen(self) -> str:
        """What whoever types began from; what there is now once they have been told that it is another."""
        given = self._given
        return given if given and not self.has_error(NON_FIELD_ERRORS, _CODE) else self.begun_from()

    @property
    def _given(self) -> str:
        return str(self.data.get("seen", ""))

    def clean(self) -> dict[str, Any] | None:
        now = self.begun_from()
        if now and self._given not in {"", now}:
            self.add_error(None, ValidationError(CHANGED, code=_CODE))
        return super().clean()


def in_turn(
    view: Callable[Concatenate[DeskRequest, P], HttpResponseBase], /
) -> Callable[Concatenate[DeskRequest, P], HttpResponseBase]:
    """For the view of a guarded form: posts to one address wait for one another, so that each compares with
    what the one before has saved. One transaction; the lock is the first that it takes.

    It is no lock of the row: verbs lock in orders of their own, which a row locked before would break.
    """

    @wraps(view)
    def inner(request: DeskRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, request.path])
            return view(request, *args, **kwargs)

    return inner
