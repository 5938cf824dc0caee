"""The benchmark: our provider beside a null provider, on the real engine.

`python -m bench` measures and writes `docs/benchmarks.md`; `python -m bench.fleet` kills a large
run half way. Linux only: costs are read from /proc.
"""
