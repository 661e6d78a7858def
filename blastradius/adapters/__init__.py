"""Adapters carry steps out: one module a tool, all behind `blastradius.adapters.base.Adapter`."""
