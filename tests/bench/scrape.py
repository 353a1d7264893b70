#!/usr/bin/env python3
"""What a scrape takes when each of a thousand keys has made calls, and whether calls wait for scrapes.

  scrape.py PROGRAM [--max-ms MS]     exits 1 if the least time of a scrape is above MS

Each key has series of its own: two outcomes, its last use, what it was charged in three measures, and six windows. Calls are made
one after the other, with and without a scraper beside them that never rests. Exits 1 also if calls wait for it: a worker that did
would be busy with a scrape whenever a call comes, and so half of the calls would take as long as half a scrape.
"""
import argparse
import http.client
import multiprocessing
import os
import sys
import tempfile
import time

import setting

SCHEMA = os.path.join(setting.HERE, '..', '..', 'deploy', 'example', 'schema.graphql')
SCRAPES = 100
ROUNDS = 5  # each of calls alone, then with scrapes beside them; the least counts
CALLS = 1000
ANSWERS = {'{orders(limit: 1) {number}}': 200, '{': 400}  # forwarded, refused
SERIES_OF_A_KEY = {'requests_total{api="bench",key="k': 2, 'key_last_used_timestamp_seconds{key="k': 1,
                   'charged_total{api="bench",scope="key:k': 3, 'limit_utilization_ratio{scope="key:k': 6}


def exchange(connection, *request):
    """The answer, its text, and the milliseconds it took."""
    begin = time.perf_counter()
    connection.request(*request)
    answer = connection.getresponse()
    text = answer.read()
    return answer, text, (time.perf_counter() - begin) * 1e3


def scrape(port):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    _, text, took = exchange(connection, 'GET', '/metrics')
    connection.close()
    return text, took


def scrape_for_ever(port):
    while True:
        scrape(port)


def call(connection, key, query):
    fields = {'API-Authorization': key, 'Content-Type': 'application/json'}
    answer, text, took = exchange(connection, 'POST', '/graphql', '{"query": "%s"}' % query, fields)
    if answer.status != ANSWERS[query]:
        sys.exit(f'{query} was answered with {answer.status}: {text.decode()}')
    return took


def every_key_calls(port):
    for key in setting.KEYS:
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
        for query in ANSWERS:
            call(connection, key, query)
        connection.close()


def check_complete(text):
    for series, of_a_key in SERIES_OF_A_KEY.items():
        found = text.count('\ntollgate_' + series)
        if found != of_a_key * len(setting.KEYS):
            sys.exit(f'there are {found} series tollgate_{series}…, not {of_a_key} of each key: this is not the scrape to measure')


def calls(port):
    """Milliseconds of a round's calls, by rising time."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    query = next(iter(ANSWERS))
    times = sorted(call(connection, setting.KEYS[n % len(setting.KEYS)], query) for n in range(CALLS))
    connection.close()
    return times


def calls_beside_scrapes(ports):
    scraper = multiprocessing.Process(target=scrape_for_ever, args=(ports['admin'],), daemon=True)
    scraper.start()
    times = calls(ports['tollgate'])
    if not scraper.is_alive():
        sys.exit('the scraper failed')
    scraper.terminate()
    scraper.join()
    return times


def measure(ports):
    every_key_calls(ports['tollgate'])
    check_complete(scrape(ports['admin'])[0].decode())
    scrapes = [scrape(ports['admin']) for _ in range(SCRAPES)]
    text, _ = scrapes[-1]
    rounds = [(calls(ports['tollgate']), calls_beside_scrapes(ports)) for _ in range(ROUNDS)]
    medians, slow = ([min(times[at] for times in side) for side in zip(*rounds)] for at in (CALLS // 2, CALLS * 99 // 100))
    return min(took for _, took in scrapes), text, medians, slow


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--max-ms', type=float, metavar='MS')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, setting.Place(folder) as place:
        ports = setting.free_ports('upstream', 'tollgate', 'admin')
        place.start('upstream', [place.upstream(), str(ports['upstream']), '512'], ports['upstream'])
        command = [os.path.abspath(options.program), 'run', '-c', setting.write_tollgate(place, ports, SCHEMA)]
        place.start('tollgate', command, ports['tollgate'])
        least, text, medians, slow = measure(ports)
    print('| %d keys that made calls, each held to six windows | alone | beside a scraper that never rests |' % len(setting.KEYS))
    print('|---|---|---|')
    print(f'| a scrape: {text.count(10)} lines, {len(text) / 2**20:.1f} MiB | {least:.1f} ms | |')
    print('| a call | {:.2f} ms | {:.2f} ms |'.format(*medians))
    print('| of a hundred calls the slowest | {:.1f} ms | {:.1f} ms |'.format(*slow))
    if options.max_ms is not None and least > options.max_ms:
        sys.exit(f'above {options.max_ms:g} ms')
    if medians[1] > least / 2:
        sys.exit('calls wait for scrapes')


if __name__ == '__main__':
    main()
