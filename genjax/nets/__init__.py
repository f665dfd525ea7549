"""Linen modules; no losses."""
