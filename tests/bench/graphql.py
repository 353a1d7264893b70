#!/usr/bin/env python3
"""Prices the query of load.lua beside graphql-js, which only parses it: graphql.py GRAPHQL_BENCH SCHEMA FOLDER_OF_GRAPHQL_JS.

Both take turns on one core; the least of the rounds counts for each. Exits 1 above the bars: 1/8 for a text never seen before, 1/40
for one seen before.
"""
import json
import os
import re
import subprocess
import sys

ROUNDS = 3
BARS = {'unseen': 8, 'seen': 40}
HERE = os.path.dirname(os.path.abspath(__file__))


def query():
    with open(os.path.join(HERE, 'order_query.h'), encoding='utf-8') as file:
        text = file.read().split('kOrderQuery =', 1)[1].split(';\n', 1)[0]
    return ''.join(json.loads(f'"{part}"') for part in re.findall(r'"((?:[^"\\]|\\.)*)"', text))


def tollgate(bench, schema):
    done = subprocess.run([bench, schema, '--benchmark_format=json', '--benchmark_min_time=0.1', '--benchmark_repetitions=10'],
                          check=True, capture_output=True)
    least = {}
    for each in json.loads(done.stdout)['benchmarks']:
        if each['run_type'] == 'iteration':
            least[each['name']] = min(each['cpu_time'], least.get(each['name'], float('inf')))
    return least


def graphql_js(folder, text):
    script = os.path.join(HERE, 'graphql_parse.js')
    with open(script, encoding='utf-8') as file:
        source = file.read()
    done = subprocess.run(['node', '--input-type=module', '-e', source],
                          cwd=folder, input=text.encode(), check=True, capture_output=True)
    return float(done.stdout)


def main(bench, schema, folder):
    text = query()
    priced = {}
    parsed = float('inf')
    for _ in range(ROUNDS):
        parsed = min(parsed, graphql_js(folder, text))
        for name, ns in tollgate(bench, schema).items():
            priced[name] = min(priced.get(name, float('inf')), ns)
    print(f'| {len(text)}-byte query | time | beside graphql-js |')
    print('|---|---|---|')
    print(f'| graphql-js, parse alone | {parsed / 1000:.1f} µs | 1 |')
    for name, what in (('unseen', 'tollgate, parse and price'), ('seen', 'tollgate, text seen before')):
        print(f'| {what} | {priced[name] / 1000:.2f} µs | 1/{parsed / priced[name]:.0f} |')
    sys.exit(any(parsed / priced[name] < bar for name, bar in BARS.items()))


if __name__ == '__main__':
    main(*sys.argv[1:])
