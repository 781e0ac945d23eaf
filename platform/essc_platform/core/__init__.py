"""The rules of the card, pure: records in, decisions out. No I/O, no clock, no chance."""
