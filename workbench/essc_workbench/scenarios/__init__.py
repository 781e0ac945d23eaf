"""Scenarios: a situation of many channels as a list of steps, from a file or from Python."""
