"""The Pulumi project that has a workload as it runs: its arguments, its files, and the program's text."""
