"""Real ensembles under load and faults: servers of both kinds, the links between them, a load that keeps a history, and checks
of that history. README.md says what is where."""
