"""Waves: the order in which nodes get a change, the budget, the gates, and the words for all of it."""
