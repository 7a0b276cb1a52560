"""What tests of nodes, strategies and exchanges are made with."""
