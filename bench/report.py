"""What was measured: collected, printed as it comes, compared with the targets, written as JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

# Targets at the largest size, in milliseconds, queries and a ratio to the smallest size.
LIST = {"p50": 40.0, "p95": 60.0, "queries": 12, "ratio": 1.3}
TICKET = {"p50": 40.0, "p95": 60.0, "queries": 20, "ratio": 1.3}
TARGETS: dict[str, dict[str, float]] = {
    "list, administrator": LIST,
    "list, agent of one team": LIST,
    "ticket of 10, administrator": TICKET,
    "ticket of 10, agent": TICKET,
    "search, rare word": {"p95": 100.0},
    "search, commonest word": {"p95": 300.0},
    "search, two common words": {"p95": 300.0},
    "search, two that rarely meet": {"p95": 300.0},
}
LISTS_A_SECOND = 40.0
MAILS_A_SECOND = 50.0
MEMORY = 1536.0


def percentile(times: list[float], share: float) -> float:
    """The smallest time that at least ``share`` of all do not exceed (nearest rank)."""
    ordered = sorted(times)
    return ordered[max(0, -(-len(ordered) * int(share * 100) // 100) - 1)]


class Report:
    """Fills as the run goes."""

    def __init__(self, sizes: list[int], machine: str) -> None:
        self._sizes = sizes
        self._times: dict[str, dict[int, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
        self._queries: dict[str, dict[int, int]] = defaultdict(dict)
        self._result: dict[str, Any] = {"machine": machine, "facts": {}, "pages": {}, "rates": {}}
        self._missed: list[str] = []
        print(f"\n{machine}\n{'':32}{'':>9}  p50    p95    p99 Python queries", flush=True)

    def facts(self, size: int, facts: dict[str, int]) -> None:
        self._result["facts"][size] = facts

    def times(self, name: str, size: int, times: list[tuple[float, float]]) -> None:
        self._times[name][size] += times

    def queries(self, name: str, size: int, statements: list[str]) -> None:
        self._queries[name][size] = len(statements)

    def say_page(self, name: str) -> None:
        rows = {}
        for size, times in self._times[name].items():
            whole, python = [took for took, _ in times], [worked for _, worked in times]
            found = {f"p{n}": percentile(whole, n / 100) for n in (50, 95, 99)} | {"python": median(python)}
            rows[size] = {**found, "queries": self._queries[name][size], "requests": len(times)}
            figures = "".join(f"{found[key]:7.1f}" for key in ("p50", "p95", "p99", "python"))
            print(f"{name:32}{size:>9,}{figures}{rows[size]['queries']:>7}", flush=True)
        self._result["pages"][name] = rows
        smallest, largest = rows[self._sizes[0]], rows[self._sizes[-1]]
        ratio = largest["p50"] / smallest["p50"]
        print(f"{'':32}{'ratio':>9}{ratio:7.2f}", flush=True)
        reached = {**largest, "ratio": ratio}
        for key, most in TARGETS.get(name, {}).items():
            if reached[key] > most:
                self._missed.append(f"{name}: {key} {reached[key]:.2f}, target {most:g}")
        if "queries" in TARGETS.get(name, {}) and largest["queries"] > smallest["queries"]:
            self._missed.append(f"{name}: the number of queries grows: {self._queries[name]}")

    def throughput(self, size: int, result: dict[str, Any]) -> None:
        times = result.pop("times")
        result |= {"p50": median(times), "p95": percentile(times, 0.95)}
        self._result["rates"]["lists, 8 clients"] = {size: result}
        print(
            f"{'lists to 8 clients':32}{size:>9,}{result['a second']:7.1f} a second"
            f" (each p50 {result['p50']:.0f} ms, p95 {result['p95']:.0f} ms)",
            flush=True,
        )
        if result["a second"] < LISTS_A_SECOND:
            self._missed.append(
                f"lists to 8 clients: {result['a second']:.1f} a second, target {LISTS_A_SECOND:g}"
            )

    def rates(self, part: str, size: int, rates: dict[str, float]) -> None:
        self._result["rates"].setdefault(part, {})[size] = rates
        for name, rate in rates.items():
            print(f"{part + ', ' + name:32}{size:>9,}{rate:7.1f}", flush=True)
        if (rate := rates.get("worked off a second", MAILS_A_SECOND)) < MAILS_A_SECOND:
            self._missed.append(
                f"intake at {size:,} tickets: {rate:.1f} mails a second, target {MAILS_A_SECOND:g}"
            )

    def figures(self, part: str, found: dict[str, float], targets: Mapping[str, float] | None = None) -> None:
        """Whatever a part has measured; a target is what a figure must not exceed."""
        self._result["rates"][part] = found
        for name, value in found.items():
            print(f"{part + ', ' + name:41}{value:9.2f}", flush=True)
            most = (targets or {}).get(name)
            if most is not None and value > most:
                self._missed.append(f"{part}, {name}: {value:.2f}, target {most:g}")

    def rules(self, rounds: dict[str, list[dict[str, float]]], mails: int) -> None:
        """What fifty rules and four policies cost a mail, of rounds that were measured in turns."""
        found: dict[str, float] = {}
        for step in ("to tickets", "what follows"):
            cost = {
                kind: median(each[step] for each in several) * 1000 / mails
                for kind, several in rounds.items()
            }
            found |= {f"{step}, {kind}, ms a mail": value for kind, value in cost.items()}
            found[f"{step}, ratio"] = cost["with"] / cost["without"]
        for kind, several in rounds.items():
            found |= {f"{name}, {kind}": several[-1][name] for name in several[-1] if "statements" in name}
        self.figures("rules", found)

    def memory(self, mebibytes: dict[str, float]) -> None:
        together = sum(mebibytes.values())
        self._result["memory"] = {**mebibytes, "together": together}
        for name, value in self._result["memory"].items():
            print(f"{'memory, ' + name:32}{'':>9}{value:7.0f} MiB", flush=True)
        if together > MEMORY:
            self._missed.append(f"memory: {together:.0f} MiB, target {MEMORY:g}")

    def end(self, path: Path, seconds: float) -> None:
        self._result["missed"] = self._missed
        path.write_text(json.dumps(self._result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print("\n".join(["", *(f"Not reached: {words}" for words in self._missed)]))
        print(f"{'Some' if self._missed else 'All'} targets were {'missed' if self._missed else 'reached'}; "
              f"{seconds:.0f} s; {path}")  # fmt: skip
