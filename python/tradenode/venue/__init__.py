"""The loopback venue: a simulated venue in a process of its own, with sockets and faults."""
