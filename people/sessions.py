"""Sessions in the database, as Django keeps them, read by a statement that is made up once a process: every
request of somebody signed in begins with it."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from common.statements import Prepared

_BY_KEY: Prepared[Session] = Prepared(lambda key: Session.objects.filter(session_key=key), key=str)


class SessionStore(db.SessionStore):
    """Django's own but for how a session is read."""

    def _get_session_from_db(self) -> Any:
        """The row of this key, unless it has expired."""
        row = _BY_KEY.first(key=self.session_key)
        if row is None or row.expire_date <= timezone.now():
            self._session_key = None
            return None
        return row
