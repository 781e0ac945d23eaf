"""Flows as they run: what a person at a phone sets in motion, and what comes back."""
