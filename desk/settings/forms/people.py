"""Accounts, teams and brands."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from calendars.models import Calendar
from desk import signing
from desk.seen import Guarded
from desk.settings.forms.fields import zones
from desk.settings.forms.role import brand_choices
from people.models import Access, AtShiftEnd, OnReopen, Role, Strategy, Team, User
from people.placing import all_roles, may_give

_PLAIN = ("name", "email", "language", "time_zone", "signature", "is_active")


class UserForm(forms.Form):
    """Somebody of the staff. Reads only; ``people.commands.users`` writes."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail address"), help_text=_("They sign in with it."))
    role = forms.ChoiceField(label=_("Role"), help_text=_("What they may do."))
    access = forms.ChoiceField(
        label=_("Sees"),
        help_text=_("Something else than their role only where this one person needs it."),
        choices=[("", _("What their role sees")), *Access.choices],
        required=False,
    )
    brand_ids = forms.TypedMultipleChoiceField(
        label=_("Brands"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"), queryset=Team.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    signature = forms.CharField(
        label=_("Signature"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    is_active = forms.BooleanField(
        label=_("Active"),
        help_text=_("Switched off, they are signed out, and their open tickets return to the queues."),
        required=False,
    )
    sure = forms.BooleanField(label=_("Yes, take it from me"), required=False)

    def clean_signature(self) -> str:
        return signing.checked(self.cleaned_data["signature"])

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, reader: User, account: User | None = None
    ) -> None:
        """``reader`` is offered the roles that they can give; and the one the account has."""
        initial: dict[str, Any] = {"role": Role.AGENT, "access": "", "language": settings.LANGUAGE_CODE}
        if account is not None:
            initial = {name: getattr(account, name) for name in _PLAIN}
            initial |= {
                "role": str(account.custom_role_id or account.role),
                "access": account.access if account.access_is_own else "",
                "brand_ids": account.brand_ids if account.access_is_own else [],
                "teams": list(account.teams.values_list("pk", flat=True)),
            }
        super().__init__(data, initial=initial)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (row.code, str(row))
            for row in all_roles()
            if may_give(reader, row) or (account is not None and row.code == initial["role"])
        ]
        self.fields["brand_ids"].choices = brand_choices()  # type: ignore[attr-defined]
        teams = Team.objects.filter(is_active=True)
        if account is not None:
            teams = (teams | Team.objects.filter(memberships__user=account)).distinct()
        else:
            del self.fields["is_active"]
        self.fields["teams"].queryset = teams  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = zones(gettext("As the browser says"))  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    @property
    def values(self) -> dict[str, Any]:
        """The account's fields; teams are apart."""
        left_out = {"teams", "sure"}
        values = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        return {**values, "access": values["access"] or None}


class TeamForm(Guarded):
    """A team, who is in it and who leads it, and how its tickets find people.

    Without ``may_staff`` only the last: who is in a team is for administrators to say.
    """

    STAFFING = ("name", "members", "leads", "is_active")

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    members = forms.ModelMultipleChoiceField(
        label=_("Members"), queryset=User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    leads = forms.ModelMultipleChoiceField(
        label=_("Leads"), queryset=User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        help_text=_("Switched off, it gets no new tickets; it keeps those it has."),
        required=False,
    )
    calendar = forms.ModelChoiceField(
        label=_("Business calendar"),
        help_text=_("SLA clocks of its tickets run in these hours, unless a policy names others."),
        queryset=Calendar.objects.none(),
        required=False,
        empty_label=_("The default one"),
    )
    line = forms.TypedChoiceField(
        label=_("Line"),
        choices=[(1, _("First: hears customers first")), (2, _("Second")), (3, _("Third"))],
        coerce=int,
    )
    escalates_to = forms.ModelChoiceField(
        label=_("Escalates to"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=pgettext_lazy("where to", "Nowhere"),
    )
    strategy = forms.ChoiceField(label=_("Who gets the next ticket"), choices=Strategy)
    shift_end = forms.ChoiceField(label=_("Open tickets when somebody's shift ends"), choices=AtShiftEnd)
    hands_over_to = forms.ModelChoiceField(
        label=_("Hands over to"),
        help_text=_("Whose people take over when none of this team are on shift."),
        queryset=Team.objects.none(),
        required=False,
        empty_label=pgettext_lazy("where to", "Nowhere"),
    )
    on_reopen = forms.ChoiceField(label=_("A ticket that comes back is"), choices=OnReopen)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, team: Team | None = None, may_staff: bool = True
    ) -> None:
        start = team or Team()
        initial: dict[str, Any] = {
            "is_active": True,
            "calendar": start.calendar_id,
            "line": start.line,
            "escalates_to": start.escalates_to_id,
            "strategy": start.strategy,
            "shift_end": start.shift_end,
            "hands_over_to": start.hands_over_to_id,
            "on_reopen": start.on_reopen,
        }
        staff = User.objects.staff()
        if team is not None:
            rows = list(team.memberships.values_list("user_id", "is_lead"))
            initial |= {
                "name": team.name,
                "is_active": team.is_active,
                "members": [user_id for user_id, _lead in rows],
                "leads": [user_id for user_id, lead in rows if lead],
            }
            staff = (staff | User.objects.filter(memberships__team=team)).distinct()
        super().__init__(data, initial=initial)
        if team is None:
            del self.fields["is_active"]
        if not may_staff:
            for name in self.STAFFING:
                self.fields.pop(name, None)
        for name in ("members", "leads"):
            if name in self.fields:
                self.fields[name].queryset = staff.order_by("name")  # type: ignore[attr-defined]
        calendars = Calendar.objects.filter(is_active=True)
        if start.calendar_id is not None:
            calendars = calendars | Calendar.objects.filter(pk=start.calendar_id)
        self.fields["calendar"].queryset = calendars  # type: ignore[attr-defined]
        for name in ("escalates_to", "hands_over_to"):
            own = getattr(start, f"{name}_id")
            others = Team.objects.filter(is_active=True) | Team.objects.filter(pk=own)
            self.fields[name].queryset = others.exclude(pk=start.pk)  # type: ignore[attr-defined]
