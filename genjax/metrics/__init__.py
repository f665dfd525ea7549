"""Scores of generated data, one question a file: arrays in, numbers out; no model."""
