"""Merging a tag or a problem into another one, or taking a tag off all tickets: in the background.

``starting`` makes a job, ``running`` works it off. Each ticket is a transaction of its own with the verbs'
journal entries. What is left to do is what still hangs on the source, so a worker that dies leaves nothing
that the next sweep does not find; which worker has a ticket decides the ticket's lock. When nothing is left
the source is deleted.

Tags and problems are everybody's: all tickets are moved, also those that the owner of the job may not see.
"""
