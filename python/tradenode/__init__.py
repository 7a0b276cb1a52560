"""An actor-based, low-latency crypto trading node with a Rust core."""
