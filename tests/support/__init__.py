"""Helpers that several rings of tests share: servers, builders, strategies, environments."""
