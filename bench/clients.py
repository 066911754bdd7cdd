"""Eight clients of the real web process: ``python -m bench.clients PORT PATH COOKIE REQUESTS``."""

from __future__ import annotations

import http.client
import json
import sys
import threading
from time import perf_counter

CLIENTS = 8
SECONDS = 60  # and no longer, whatever happens


def main(port: str, path: str, cookie: str, requests: str) -> None:
    times: list[float] = []
    left = threading.Semaphore(int(requests))
    until = perf_counter() + SECONDS

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
        while left.acquire(blocking=False) and perf_counter() < until:
            began = perf_counter()
            connection.request("GET", path, headers={"Host": "localhost", "Cookie": f"sessionid={cookie}"})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status}")
            times.append((perf_counter() - began) * 1000)
        connection.close()

    began = perf_counter()
    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"seconds": perf_counter() - began, "times": times}))


if __name__ == "__main__":
    main(*sys.argv[1:])
