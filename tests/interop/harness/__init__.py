"""What the interop and fault tests share: servers to start, a raw client, and the tree as a client sees it."""
