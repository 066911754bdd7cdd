"""Python's search for garbage, as far as a process that serves pages should know of it."""

import gc
from time import monotonic


def settle(after: float) -> None:
    """Leave out of all later searches what the first full one finds alive once ``after`` seconds are over.

    By then a process has what it needs to serve pages: modules, templates, statements, some two hundred
    thousand objects that stay until it ends. Looking through them takes a tenth of a second and more, each
    time in the middle of somebody's page. What happens to be in use at that moment is never looked at again
    either, which is little, once, where a few threads answer one question at a time.
    """
    began = monotonic()
    is_settled = False

    def searched(phase: str, found: dict[str, int]) -> None:
        nonlocal is_settled
        if is_settled or phase != "stop" or found["generation"] < 2 or monotonic() - began < after:
            return
        is_settled = True
        gc.freeze()

    gc.callbacks.append(searched)
