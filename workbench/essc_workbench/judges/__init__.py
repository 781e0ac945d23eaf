"""Judges read a run's history and its final state, and say which rules held."""
