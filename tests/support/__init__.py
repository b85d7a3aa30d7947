"""What the tests share: real servers, cloned databases, a running stack, a browser."""
