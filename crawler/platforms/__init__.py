"""What does each kind of account source look like? One module a kind; each turns bytes into a `Snapshot`."""
