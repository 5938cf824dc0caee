"""What several rings of tests share: servers, builders of values, strategies, virtual environments."""
