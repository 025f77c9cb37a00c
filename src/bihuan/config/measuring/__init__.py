"""What the measurements of `config/bench` share: load to work on, clients that ask, and CPU time."""
