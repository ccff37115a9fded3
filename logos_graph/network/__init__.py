"""The outside world by HTTP, for nodes that hold a grant of the capability `http`.

| file | idea |
|---|---|
| `url.py` | the one strict reading of a URL |
| `headers.py` | which headers a node may send, and how they are carried both ways |
| `address.py` | which addresses of the network may be reached |
| `transport.py` | one connection: a vetted address, a deadline, a bounded number of bytes |
| `http.py` | one request, from the node's arguments to its answer |
"""
