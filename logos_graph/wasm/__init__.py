"""Nodes as WebAssembly: built from Rust source, admitted by named checks, run in the host.

| file | idea |
|---|---|
| `sdk/` | the crate that a node's author writes against (Rust, guest) |
| `builder.py` | source to module, in a sandbox |
| `admission.py` | what a module must be, before anything of it runs |
| `host/` | the host itself (Rust, the Python module `logos_wasm_host`) |
| `compiled_cache.py` | machine code kept under a MAC |
| `runtime.py` | calls of nodes, for the executor |
"""
