"""The whole product in real processes, to be killed, frozen and starved (``make faults``)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import session_services
from tests.faults.helpdesk import AGENT, PASSWORD, Agent, Helpdesk
from tests.support.smtp_sink import SmtpSink
from tests.support.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session")
def sink() -> Iterator[SmtpSink]:
    """Where our outgoing mail arrives: a real SMTP server."""
    with SmtpSink() as server:
        yield server


@pytest.fixture(scope="session")
def stack(sink: SmtpSink) -> Iterator[Stack]:
    root = session_services.new_root(session_services.PREFIX)
    try:
        names = ("web", "worker", "scheduler", "mail")
        with Stack(root, names, MESSAGE_ID_DOMAIN="harbor.example") as running:
            running.manage("shell", "-c", SEED.replace("SINK_PORT", str(sink.port)))
            yield running
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def helpdesk(stack: Stack, sink: SmtpSink) -> Iterator[Helpdesk]:
    """The running product, whole again, with nothing left to do, and an empty post office."""
    with Helpdesk(stack, sink) as made:
        made.wait_until_idle()
        sink.mails.clear()
        yield made


@pytest.fixture
def anna(helpdesk: Helpdesk) -> Iterator[Agent]:
    with Agent(helpdesk) as agent:
        yield agent


# One inbox, without acknowledgements: what arrives at the sink are the replies and nothing else.
SEED = f"""
from channels_in.models import Inbox
from people.models import Membership, Role, Team, User
from tickets import starter
from tickets.models import Brand
starter.make_statuses(); starter.make_views()
brand = Brand.objects.create(name="Harbor", slug="harbor", language="en")
team = Team.objects.create(name="First line")
User.objects.create_superuser("oleg@harbor.example", "{PASSWORD}", name="Oleg Admin")
anna = User.objects.create_user("{AGENT}", "{PASSWORD}", name="Anna Lind", role=Role.AGENT)
Membership.objects.create(team=team, user=anna)
Inbox.objects.create(
    brand=brand, name="Support", address="support@harbor.example", team=team, acknowledge=False,
    smtp_host="127.0.0.1", smtp_port=SINK_PORT, smtp_security="none", sign="none",
)
"""
