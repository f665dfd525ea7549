"""Timings of jitted steps, each beside its peer."""
