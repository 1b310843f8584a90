def read_feed(*a, **k):
    raise NotImplementedError
