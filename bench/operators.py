"""Each operator of the search and each grouping of a list at 100,000 tickets: ``python -m bench.operators``.

Told are the milliseconds of the page (p50, p95) and what PostgreSQL reads whole: sequential scans of tables
with more than 10,000 rows, by EXPLAIN of each statement of the page. There should be none.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from bench.ground import Ground, folder
from helpdesk.local import Services
from helpdesk.local.environment import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.operators", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20, help="each page is asked so often")
    options = parser.parse_args()
    with Services(folder(), environment={}) as services:
        ground = Ground(services)
        ground.prepare(options.tickets)
        subprocess.run(
            [sys.executable, "-m", "bench.plans", str(options.times)],
            check=True,
            cwd=ROOT,
            env=ground.environment(options.tickets),
            timeout=1800,
        )


if __name__ == "__main__":
    main()
