"""The record of a rollout, and what follows from records: a timeline, metrics, where to go back to."""
