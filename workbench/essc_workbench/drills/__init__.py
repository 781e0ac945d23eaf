"""Load drills: a rate that does not wait for answers, the latency people feel, and an audit."""
