"""What our work costs: ours against a provider that does nothing, on the real engine.

`python -m bench` measures and writes `docs/benchmarks.md`; `python -m bench.fleet` kills a large
run half way. Linux only: costs are read from /proc.
"""
