"""The catalogue of skills."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from desk.door import desk
from desk.feedback import refusal_beside
from desk.request import DeskRequest
from desk.settings.forms.staff import SkillForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from people.commands.skills import save_skill
from people.models import Skill

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")


@desk(_MANAGE)
def skills(request: DeskRequest) -> HttpResponse:
    """All, with how many people have each."""
    size = Count("users", filter=Q(users__is_active=True))
    rows = sorted(Skill.objects.annotate(size=size), key=lambda row: (not row.is_active, row.label.lower()))
    return page(request, "staff/skills", {"skills": rows})


@desk(_MANAGE, methods=_BOTH)
def new_skill(request: DeskRequest) -> HttpResponse:
    return _edit(request, None)


@desk(_MANAGE, methods=_BOTH)
def skill(request: DeskRequest, skill_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Skill, pk=skill_id))


def _edit(request: DeskRequest, row: Skill | None) -> HttpResponse:
    form = SkillForm(request.POST or None, languages=list(settings.LANGUAGES), skill=row)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            save_skill(
                row.pk if row else None,
                actor=Actor.user(request.user),
                labels={**(row.labels if row else {}), **form.labels},
                is_active=form.cleaned_data.get("is_active", True),
            )
            messages.success(request, _("Saved."))
            return redirect("skills")
    context = {
        "form": form,
        "skill": row,
        "people": row.users.filter(is_active=True).order_by("name") if row else [],
    }
    return page(request, "staff/skill", context, status=422 if form.errors else 200)
