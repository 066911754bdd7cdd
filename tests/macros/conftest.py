"""Macros that Anna, the first line and everybody have, and browsers to use them in."""

from __future__ import annotations

from tests.desk.conftest import _plain_static, anna, by, egor, maria  # noqa: F401  # fixtures
