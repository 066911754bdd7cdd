"""Speed and memory, measured: ``make bench``. Figures and how to read them: docs/performance.md."""
