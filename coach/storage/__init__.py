"""Where things are kept: the cache, and object stores."""
