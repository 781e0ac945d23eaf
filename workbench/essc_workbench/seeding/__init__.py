"""An invented population of any size: the same people every time, without a list of them."""
