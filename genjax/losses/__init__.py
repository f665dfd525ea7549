"""Small pure functions, per example, in nats."""
