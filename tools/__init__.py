"""What the demo, the tests and the benchmarks run on: the real engine and a real control plane."""
