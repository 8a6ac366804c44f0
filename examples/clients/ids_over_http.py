"""Values over HTTP from Python, with nothing but its standard library.

    python3 examples/clients/ids_over_http.py http://127.0.0.1:7070 orders 5

Asks for a whole block at a time and counts it out, so that most ids cost no request. A request that failed is sent again as long as the
server says that this may help; what a lost answer held is a gap, never a value twice.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ATTEMPTS_MAX = 5
PAUSE_SECONDS = 0.05


class SeqcastError(Exception):
    def __init__(self, problem):
        super().__init__(f"{problem.get('code')}: {problem.get('detail')}")
        self.code = problem.get("code")
        self.retriable = problem.get("retriable", False)


class Sequence:
    def __init__(self, address, name, client_type="default", service="default", block_size=100, api_key=None):
        self._url = f"{address}/v1/sequences/{urllib.parse.quote(name, safe='')}/next"
        # The first request asks for one value and learns whether more may lie in hand.
        self._body = {"clientType": client_type, "service": service, "as": "blocks", "count": 1}
        self._block_size = block_size
        self._headers = {"content-type": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"
        self._in_hand = iter(())

    def next(self):
        """The next value. Not for several threads at once: give each its own object, or hold a lock."""
        for value in self._in_hand:
            return value
        answer = self._ask()
        # Values are text in JSON, because 64-bit integers do not survive every parser.
        values = (int(b["start"]) + i * int(b["increment"]) for b in answer["blocks"] for i in range(b["count"]))
        # A sequence with an order, or whose values begin again some day, says so: nothing of it may lie in hand.
        self._body["count"] = 1 if "order" in answer or "period" in answer else self._block_size
        self._in_hand = values
        return next(self._in_hand)

    def _ask(self):
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return self._post()
            except SeqcastError as error:
                if not error.retriable or attempt == ATTEMPTS_MAX:
                    raise
            except OSError:
                # No server answers there, or its answer was lost.
                if attempt == ATTEMPTS_MAX:
                    raise
            time.sleep(PAUSE_SECONDS * 2**attempt)

    def _post(self):
        request = urllib.request.Request(self._url, json.dumps(self._body).encode(), self._headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=40) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise SeqcastError(json.load(error)) from error


if __name__ == "__main__":
    address, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sequence = Sequence(address, name, client_type="python", service="example")
    for _ in range(count):
        print(sequence.next())
