"""Why a verb about policies refuses, in words a person can act on."""


class BadPolicy(Exception):
    """A policy that means nothing, or nothing that can be kept; ``field`` says where, ``message`` why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
