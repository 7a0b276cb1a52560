"""The command line: one file a verb, all rendering in `console`."""
