"""The page /demo/telegram/: being a customer who writes to one of the bots."""

import base64
from dataclasses import dataclass
from typing import Any

import httpx
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from desk.door import desk
from desk.request import DeskRequest
from helpdesk.demo.telegram.cast import BOTS, PEOPLE, DemoBot
from helpdesk.demo.telegram.showing import Line, lines_of
from people.access import Permission

_MOST_TEXT = 4096
_MOST_BYTES = 20 * 1024 * 1024
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class Scene:
    """Which bot, and as whom."""

    bot: DemoBot
    person: str

    @property
    def address(self) -> str:
        return f"{reverse('demo_telegram')}?{urlencode({'bot': self.bot.slug, 'as': self.person})}"


class WritingForm(forms.Form):
    text = forms.CharField(max_length=_MOST_TEXT, required=False)
    message = forms.IntegerField(required=False)
    choice = forms.CharField(max_length=64, required=False)


class ServerAway(Exception):  # says what is wrong
    """The process ``telegram`` does not answer."""


@desk(Permission.READ, methods=("GET", "HEAD", "POST"))
def chat(request: DeskRequest) -> HttpResponse:
    """The chat; what is posted, the customer does."""
    scene = _scene(request)
    if request.method == "POST":
        _act(request, scene)
        if not request.htmx:
            return redirect(scene.address)
    try:
        found = _ask(scene, action="look")
    except ServerAway as error:
        found = {"messages": [], "is_blocked": False, "commands": [], "away": str(error)}
    version = _version(found)
    if request.htmx and request.GET.get("seen") == version:
        return HttpResponse(status=204)  # nothing is swapped, and nobody loses their place
    lines: list[Line] = lines_of(found["messages"], PEOPLE[scene.person]["id"])
    context = {
        "scene": scene,
        "bots": BOTS,
        "people": {key: _name(key) for key in PEOPLE},
        "name": _name(scene.person),
        "version": version,
        "lines": lines,
        "start": request.GET.get("start", "")[:64],
        "editing": next((one for one in lines if str(one.id) == request.GET.get("edit")), None),
        "away": "",
        **found,
    }
    template = "demo/_telegram_chat.html" if request.htmx else "demo/telegram.html"
    return render(request, template, context)


@desk(Permission.READ)
def file(request: DeskRequest, file_id: str) -> HttpResponse:
    """A file of the chat; pictures are shown, the rest is a download."""
    try:
        answer = httpx.get(f"{_server()}/control/files/{file_id}", timeout=10)
    except httpx.HTTPError as error:
        raise Http404 from error
    if answer.status_code != 200:
        raise Http404
    kind = request.GET.get("type", "")
    shown = kind in _SHOWN
    response = HttpResponse(answer.content, content_type=kind if shown else "application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    if not shown:
        response["Content-Disposition"] = "attachment"
    return response


def open_link(request: HttpRequest, username: str) -> HttpResponseRedirect:
    """Where https://t.me/bot?start=… would lead: to the chat, with the start button ready."""
    bot = next((one for one in BOTS if one.username == username), None)
    if bot is None:
        raise Http404
    asked = {"bot": bot.slug, "as": next(iter(PEOPLE)), "start": request.GET.get("start", "")[:64]}
    return HttpResponseRedirect(f"{reverse('demo_telegram')}?{urlencode(asked)}")


def _version(found: dict[str, Any]) -> str:
    """Changes whenever the chat looks different."""
    rows = found["messages"]
    edits = sum(one.get("edit_date", 0) for one in rows)
    last = rows[-1]["message_id"] if rows else 0
    return f"{len(rows)}-{last}-{edits}-{found['is_blocked']}-{'away' in found}"


def _scene(request: HttpRequest) -> Scene:
    bot = next((one for one in BOTS if one.slug == request.GET.get("bot")), BOTS[0])
    person = request.GET.get("as", "")
    return Scene(bot, person if person in PEOPLE else next(iter(PEOPLE)))


def _act(request: DeskRequest, scene: Scene) -> None:
    form = WritingForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("This is too long for Telegram."))
        return
    given = form.cleaned_data
    files = request.FILES.getlist("files")
    action = request.POST.get("action")
    try:
        if action == "press" and given["message"]:
            _ask(scene, action="press", message=given["message"], data=given["choice"])
        elif action in ("block", "unblock"):
            _ask(scene, action="block", blocked=action == "block")
        elif action == "edit" and given["message"] and given["text"].strip():
            _ask(scene, action="edit", message=given["message"], text=given["text"])
        elif files:
            _ask(scene, action="send", text=given["text"], files=[_packed(one) for one in files[:10]])
        elif given["text"].strip():
            _ask(scene, action="say", text=given["text"])
    except ServerAway as error:
        messages.warning(request, str(error))


def _packed(given: UploadedFile) -> dict[str, str]:
    if (given.size or 0) > _MOST_BYTES:
        raise ServerAway(_("%(name)s is too large.") % {"name": given.name})
    return {
        "name": str(given.name),
        "type": given.content_type or "application/octet-stream",
        "data": base64.b64encode(given.read()).decode(),
    }


def _ask(scene: Scene, **asked: Any) -> dict[str, Any]:
    asked |= {"token": scene.bot.token, "user": PEOPLE[scene.person]}
    try:
        answer = httpx.post(f"{_server()}/control", json=asked, timeout=10)
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ServerAway(_("The demonstration's Telegram does not answer.")) from error
    if answer.status_code != 200:
        raise ServerAway(str(found.get("description", "")))
    return dict(found)


def _server() -> str:
    return f"http://127.0.0.1:{settings.TELEGRAM_PORT}"


def _name(key: str) -> str:
    person = PEOPLE[key]
    return f"{person['first_name']} {person.get('last_name', '')}".strip()
