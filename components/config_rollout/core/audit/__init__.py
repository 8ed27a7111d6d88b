"""The record of a rollout, and what follows from records: a timeline, metrics, what a failed rollout may go back to."""
