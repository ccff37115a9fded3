"""logos: immutable WebAssembly logic in a typed dataflow graph, under a ledger that comes first."""
