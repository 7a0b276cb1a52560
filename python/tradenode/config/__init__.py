"""A run's configuration: the TOML surface as structs, its diagnostics, and the way to what the Rust core runs."""
