"""Generative models in JAX that you can trust."""
