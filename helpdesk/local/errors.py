"""What can go wrong with the servers of one machine, in words for the person at the terminal."""


class LocalError(RuntimeError):
    """A local server cannot be started or ended; the message says why and what helps."""
