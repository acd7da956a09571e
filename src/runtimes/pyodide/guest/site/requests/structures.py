from collections.abc import MutableMapping


class CaseInsensitiveDict(MutableMapping):
    """Keys are found in any case, and shown in their own."""

    def __init__(self, data=None, **more):
        self._store = {}
        self.update(data or {}, **more)

    def __setitem__(self, key, value):
        self._store[key.lower()] = (key, value)

    def __getitem__(self, key):
        return self._store[key.lower()][1]

    def __delitem__(self, key):
        del self._store[key.lower()]

    def __iter__(self):
        return (key for key, _ in self._store.values())

    def __len__(self):
        return len(self._store)

    def __eq__(self, other):
        return isinstance(other, (CaseInsensitiveDict, dict)) and dict(self.lower_items()) == dict(
            CaseInsensitiveDict(other).lower_items()
        )

    def lower_items(self):
        return ((lower, pair[1]) for lower, pair in self._store.items())

    def copy(self):
        return CaseInsensitiveDict(self.items())

    def __repr__(self):
        return str(dict(self.items()))
