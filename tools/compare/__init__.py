"""The tools that people use instead, each in the same situations on the real control plane: what each of them does."""
