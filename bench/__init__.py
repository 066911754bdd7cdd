"""Speed and memory, measured: ``make bench``. Figures and how to read them: docs/performance.md."""

SEED_VERSION = 3  # of the seeded rows; another one makes the benchmark seed its databases anew
