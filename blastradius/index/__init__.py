"""Blobs to facts to one linked tree, with a cache."""
