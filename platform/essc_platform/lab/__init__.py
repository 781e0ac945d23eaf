"""The simulated outside world of the platform, and the lab's powers over it; on its own port."""
