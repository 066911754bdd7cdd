"""One's own settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from desk.door import desk
from desk.forms import ProfileForm
from desk.forms_notices import NoticesForm
from desk.request import DeskRequest
from people.access import Permission
from people.models import User


@desk(Permission.READ, methods=("GET", "HEAD", "POST"))
def profile(request: DeskRequest) -> HttpResponse:
    """Name, language, look, signature, notices."""
    # A form writes into its instance while it validates: not into the user this request is about.
    me = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=me)
    notices = NoticesForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and notices.is_valid():
        form.save()
        notices.save()
        with translation.override(me.language):
            messages.success(request, _("Saved."))
        response = redirect("profile")
        response.set_cookie(
            "theme", me.theme, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure()
        )
        return response
    status = 422 if form.errors or notices.errors else 200
    return render(request, "desk/profile.html", {"form": form, "told": notices}, status=status)
