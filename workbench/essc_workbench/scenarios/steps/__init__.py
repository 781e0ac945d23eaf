"""The steps of a scenario: each is data, a verb, and what it does on the stage."""
