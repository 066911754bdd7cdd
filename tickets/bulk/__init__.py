"""One act on many tickets: a job whose tickets are rows, each changed by the normal verb, and undone so too.

``starting`` makes a job, ``running`` works it off, ``acts`` knows what can be done. Every ticket is a
transaction of its own: item, verb and count are committed together, so that a worker that dies leaves no
ticket half done and none is done twice. What is small is worked off where it was asked for, everything else
by Celery; a sweep finds whatever was left.
"""
