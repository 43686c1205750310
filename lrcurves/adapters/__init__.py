"""Adapters, one for each framework: import the one you use."""
