"""Values straight from the Redis of a pool, from Python, with nothing but its standard library: no gateway, no Redis package.

    python3 examples/clients/ids_from_redis.py 127.0.0.1:6379 orders 5

One FCALL takes a block in one step of the server. An empty stock orders by itself, so the caller asks again until values are there or its
patience ends. The first call may ask any pool; `moved` names the one that serves the stream, whose address `seqcast pools` shows.
"""

import socket
import sys
import time

ASK_AGAIN_SECONDS = 0.03


class RedisError(Exception):
    pass


class Redis:
    """The protocol of Redis, as far as this needs it: a command is a list of strings, a reply is read by its first letter."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=5)
        self._lines = self._socket.makefile("rb")

    def command(self, *words):
        parts = [str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self._reply()

    def _reply(self):
        line = self._lines.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._lines.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        return rest.decode()


def take(redis, stream, count, patience_seconds=10.0):
    """`count` values of the stream, all or none."""
    deadline = time.monotonic() + patience_seconds
    again = 0
    while True:
        # count, form, numbered, again: what was refused before is not counted as demand twice.
        outcome, _life, *rest = redis.command("FCALL", "seqcast_next", 1, "{%s}:stock" % stream, count, "values", 0, again)
        if outcome == "taken":
            return [int(first) + i * int(step) for first, n, step, *_ in rest[0] for i in range(int(n))]
        if outcome == "moved":
            raise RedisError(f"{stream} is served by pool {rest[0]} now: see `seqcast pools`")
        if time.monotonic() > deadline:
            raise TimeoutError(f"no values of {stream}: is the name right, is the sequence used up?")
        again = 1
        time.sleep(ASK_AGAIN_SECONDS)


if __name__ == "__main__":
    address, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for value in take(Redis(address), f"{name}/python/example", count):
        print(value)
