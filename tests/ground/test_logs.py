"""What stands in the logs when something breaks."""

import logging
import logging.config
import sys

import pytest

from helpdesk.environment import log_config


@pytest.mark.parametrize("style", ["json", "console"])
def test_an_exception_shows_its_trace_and_nobodys_data(style, capsys):
    """Local variables are mails and passwords, and asking a lazy one for its value may need the database."""

    class Lazy:
        def __repr__(self):
            raise RuntimeError("asked for its value")

    formatter = logging.config.dictConfigClass(log_config("INFO", style)).configure_formatter(
        log_config("INFO", style)["formatters"]["structured"]
    )
    password, lazy = "correct horse", Lazy()
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.getLogger("test").makeRecord(
            "test", logging.ERROR, __file__, 1, "it broke", (), exc_info=sys.exc_info()
        )
    line = formatter.format(record)
    assert "ValueError: broken" in line
    assert password not in line
    assert lazy is not None
