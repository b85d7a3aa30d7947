"""Commands of the kernel: each reads its arguments and calls one function."""
