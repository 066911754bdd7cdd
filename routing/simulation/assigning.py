"""Assignment on copies: as ``routing.assignment``, ``waiting``, ``hearing``, ``reopening`` and ``shifts``."""

import heapq
from bisect import bisect_right
from collections.abc import Collection
from datetime import datetime

from people.models import AtShiftEnd, OnReopen, Strategy
from routing.candidates import primary
from routing.choosing import Candidate, choose, weigh
from routing.simulation import verbs
from routing.simulation.copies import Copy, Happening, Place
from routing.simulation.staff import TeamCopy
from routing.simulation.world import LineKey, Refused, World
from tickets.models import Category


def candidates(
    world: World, team: TeamCopy, *, without: Copy | None = None, but: Collection[int] = ()
) -> list[Candidate]:
    """As ``routing.candidates.Pool``: the people of the team who are there, with their load and turn."""
    if not team.is_active:
        return []
    found = []
    for user_id in team.members:
        person = world.staff.people.get(user_id)
        if person is None or not person.takes_tickets or not person.is_available or user_id in but:
            continue
        if not person.at_work(world.now):
            continue
        load = dict(world.load[user_id])
        if without is not None and without.counted is not None and without.counted[0] == user_id:
            load[without.counted[1]] -= 1
        found.append(
            Candidate(
                user_id,
                load=load,
                capacity=person.capacity,
                turn=world.turns.get((team.id, user_id), 0),
                skills=person.skills,
                languages=person.languages,
            )
        )
    return found


def assign_by_strategy(
    world: World,
    copy: Copy,
    *,
    team: int | None = None,
    strategy: str = "",
    skills: Collection[int] = (),
    language: str = "",
) -> None:
    at = verbs.begin(world, copy, None)
    if copy.category >= Category.RESOLVED or copy.is_hidden:
        return
    if team is not None:
        verbs.set_team(world, copy, team, at)
    if copy.team is None:
        return
    wanted, spoken = frozenset(skills), primary(language)
    if wanted or spoken:
        copy.skills, copy.spoken_in = wanted, spoken
        world.touch(copy)
    if copy.assignee is not None and _is_of(world, copy.assignee, copy.team):
        return
    place(world, copy, strategy=strategy, at=at)


def _is_of(world: World, user_id: int, team_id: int) -> bool:
    person = world.staff.people.get(user_id)
    return person is not None and person.works_at_desk and user_id in world.staff.teams[team_id].members


def place(
    world: World,
    copy: Copy,
    *,
    strategy: str = "",
    but: Collection[int] = (),
    in_line: bool = True,
    at: datetime,
) -> int | None:
    """As ``routing.assignment.place``."""
    assert copy.team is not None
    team = world.staff.teams[copy.team]
    by = strategy or team.strategy
    if by == Strategy.NONE or not team.is_active:
        _forget(world, copy)
        verbs.assign(world, copy, None, at)
        return None
    able = candidates(world, team, without=copy, but=but)
    chosen = choose(by, able, copy.need)
    if chosen is not None and in_line:
        one = next(candidate for candidate in able if candidate.user_id == chosen)
        if _somebody_waits_longer(world, copy, one, at):
            chosen = None
    if chosen is None:
        verbs.assign(world, copy, None, at)
        _wait(world, copy, strategy, at)
        return None
    verbs.assign(world, copy, chosen, at)
    world.last_turn[team.id] += 1
    world.turns[team.id, chosen] = world.last_turn[team.id]
    copy.given.append(chosen)
    _forget(world, copy)
    return chosen


def _wait(world: World, copy: Copy, strategy: str, at: datetime) -> None:
    assert copy.team is not None
    copy.place = Place(copy.team, strategy, copy.place.since if copy.place else at)
    world.touch(copy)
    world.dirty.add(copy.team)


def _forget(world: World, copy: Copy) -> None:
    if copy.place is not None:
        copy.place = None
        world.touch(copy)


def _to_queue(world: World, copy: Copy, at: datetime) -> None:
    team = world.staff.teams.get(copy.team) if copy.team is not None else None
    verbs.assign(world, copy, None, at)
    if team is None or not team.is_active or team.strategy == Strategy.NONE:
        _forget(world, copy)
    else:
        _wait(world, copy, "", at)


def _somebody_waits_longer(world: World, copy: Copy, chosen: Candidate, at: datetime) -> bool:
    assert copy.team is not None
    own = (-copy.priority, copy.place.since if copy.place else at)
    needs = set()
    for (_strategy, need), line in world.lines[copy.team].items():
        first = next((item for item in line[:2] if item[2] != copy.id), None)
        if first is not None and first[:2] < own:
            needs.add(need)
    return any(verdict.refusal is None for need in needs for verdict in weigh([chosen], need))


# --- the waiting list ---------------------------------------------------------------------------


def drain(world: World) -> int:
    """As ``routing.waiting.drain``, over the teams where something may have changed since the last."""
    dirty = [team_id for team_id in world.dirty if world.lines.get(team_id)]
    world.dirty.clear()
    heads = [
        (*line[0], team_id, index, key)
        for team_id in dirty
        for index, (key, line) in enumerate(world.lines[team_id].items())
    ]
    heapq.heapify(heads)
    given = 0
    while heads:
        priority, since, ticket_id, team_id, index, key = heapq.heappop(heads)
        following = _after((priority, since, ticket_id), world, team_id, key)
        if _is_hopeless(world, team_id, key):
            continue
        if following is not None:
            heapq.heappush(heads, (*following, team_id, index, key))
        copy = world.copies[ticket_id]
        assert copy.place is not None
        if (
            copy.merged_into is None
            and copy.team is not None
            and place(world, copy, strategy=copy.place.strategy, in_line=False, at=world.moment(copy))
        ):
            given += 1
    return given


def _after(
    item: tuple[int, datetime, int], world: World, team_id: int, key: LineKey
) -> tuple[int, datetime, int] | None:
    line = world.lines[team_id].get(key, [])
    following = bisect_right(line, item)
    return line[following] if following < len(line) else None


def _is_hopeless(world: World, team_id: int, key: LineKey) -> bool:
    strategy, need = key
    team = world.staff.teams[team_id]
    by = strategy or team.strategy
    return by != Strategy.NONE and choose(by, candidates(world, team), need) is None


# --- what is heard ------------------------------------------------------------------------------


def hear(world: World, one: Happening) -> None:
    """As ``routing.hearing.hear``; what makes room is seen by ``World.touch``."""
    copy = world.copies[one.ticket_id]
    match one.kind:
        case "status_changed":
            _status(world, copy, one)
        case "ticket_assigned":
            if one.data["new_assignee_id"] is not None and copy.assignee is not None:
                _forget(world, copy)
        case "team_changed":
            _moved(world, copy)
        case "ticket_escalated":
            if copy.merged_into is None:
                assign_by_strategy(world, copy)
        case "message_received":
            if one.was_asleep and copy.assignee is not None:
                came_back(world, copy, reopened=False)
        case "ticket_woken" | "spam_unmarked" | "ticket_restored":
            came_back(world, copy, reopened=False)


def _status(world: World, copy: Copy, one: Happening) -> None:
    old, new = one.data["old_category"], one.data["new_category"]
    if new >= Category.RESOLVED and copy.category >= Category.RESOLVED:
        _forget(world, copy)
    if new < Category.PENDING <= old:
        came_back(world, copy, reopened=old >= Category.RESOLVED)


def _moved(world: World, copy: Copy) -> None:
    if copy.place is None or copy.place.team == copy.team:
        return
    if copy.team is None:
        _forget(world, copy)
    else:
        copy.place = Place(copy.team, copy.place.strategy, copy.place.since)
        world.touch(copy)
        world.dirty.add(copy.team)


def came_back(world: World, copy: Copy, *, reopened: bool) -> None:
    """As ``routing.reopening.came_back``."""
    if copy.merged_into is not None:
        return
    at = world.moment(copy)
    if copy.assignee is None or copy.team is None or not copy.is_active(at):
        return
    team, person = world.staff.teams[copy.team], world.staff.people.get(copy.assignee)
    works = person is not None and person.works_at_desk
    if team.on_reopen == OnReopen.KEEP and works:
        return
    if person is None:
        stays = False
    elif reopened:
        stays = (
            team.on_reopen == OnReopen.IF_AVAILABLE and works and person.is_available and person.at_work(at)
        )
    else:
        stays = works and not person.is_gone(at)
    if not stays:
        place(world, copy, at=at)


# --- ends of shifts -----------------------------------------------------------------------------


def end_shift(world: World, user_id: int) -> None:
    """As ``routing.shifts``: pass on what somebody leaves."""
    held = [world.copies[ticket_id] for ticket_id in world.holds[user_id]]
    for copy in sorted(held, key=lambda copy: (-copy.priority, copy.id)):
        team = world.staff.teams.get(copy.team) if copy.team is not None else None
        if team is None or copy.merged_into is not None:
            continue
        at = world.moment(copy)
        if team.shift_end == AtShiftEnd.QUEUE:
            _to_queue(world, copy, at)
        elif team.shift_end == AtShiftEnd.HAND_OVER:
            _hand_over(world, copy, team, user_id, at)


def _hand_over(world: World, copy: Copy, team: TeamCopy, leaver: int, at: datetime) -> None:
    line = [team, *world.staff.successors(team)]
    for one in line:
        by = one.strategy if one.strategy != Strategy.NONE else Strategy.LEAST_LOADED
        if choose(by, candidates(world, one, without=copy, but=[leaver]), copy.need) is not None:
            break
    else:
        one = world.staff.first_at_work(line, at) or team
        by = one.strategy
    if one.id != team.id:
        verbs.set_team(world, copy, one.id, at)
    if by == Strategy.NONE:
        _to_queue(world, copy, at)
    else:
        place(world, copy, strategy=by, but=[leaver], in_line=False, at=at)


def follow_the_sun(world: World) -> int:
    """As ``routing.shifts.follow_the_sun``."""
    moved = 0
    for team in world.staff.teams.values():
        if team.shift_end != AtShiftEnd.HAND_OVER or team.hands_over_to is None:
            continue
        waits = [copy for copy in world.waiting.values() if copy.place and copy.place.team == team.id]
        if not waits:
            continue
        target = world.staff.first_at_work([team, *world.staff.successors(team)], world.now)
        if target is None or target.id == team.id:
            continue
        for copy in sorted(waits, key=_by_since):
            if copy.team != team.id or copy.assignee is not None or copy.merged_into is not None:
                continue
            try:
                verbs.set_team(world, copy, target.id)
            except Refused:
                continue
            assert copy.place is not None
            copy.place = Place(target.id, "", copy.place.since)
            world.touch(copy)
            world.dirty.add(target.id)
            moved += 1
    return moved


def _by_since(copy: Copy) -> tuple[datetime, int]:
    assert copy.place is not None
    return copy.place.since, copy.id
