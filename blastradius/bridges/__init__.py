"""Edges between languages, one module a bridge."""
