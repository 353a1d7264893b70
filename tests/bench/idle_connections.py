#!/usr/bin/env python3
"""Memory of Tollgate at rest, and with many idle connections that each had a call answered.

  idle_connections.py PROGRAM [COUNT [MAX_MIB]]     10000 connections; exits 1 if memory is above MAX_MIB
"""
import os
import resource
import socket
import sys
import tempfile

import setting

PER_ADDRESS = 20000  # connections from one loopback address, well below its ports


def connect(port, number):
    client = socket.socket()
    client.bind((f'127.0.0.{2 + number // PER_ADDRESS}', 0))
    client.connect(('127.0.0.1', port))
    client.sendall(f'GET /graphql HTTP/1.1\r\nHost: a\r\nAPI-Authorization: {setting.KEYS[7]}\r\n\r\n'.encode())
    if not client.recv(4096).startswith(b'HTTP/1.1 200'):
        sys.exit(f'call {number} was not answered with 200')
    return client


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count + 200:
        sys.exit(f'{count} connections need ulimit -Hn {count + 200}; it is {hard}.')
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(count + 200, 1024), hard))
    with tempfile.TemporaryDirectory() as folder, setting.Place(folder) as place:
        ports = setting.free_ports('upstream', 'tollgate', 'admin')
        place.start('upstream', [place.upstream(), str(ports['upstream']), '512'], ports['upstream'])
        command = [os.path.abspath(sys.argv[1]), 'run', '-c', setting.write_tollgate(place, ports)]
        process = place.start('tollgate', command, ports['tollgate'])
        at_rest = setting.resident_mib(process.pid)
        clients = [connect(ports['tollgate'], n) for n in range(count)]
        full = setting.resident_mib(process.pid)
        print(f'memory at rest {at_rest:.1f} MiB, with {len(clients)} idle connections {full:.1f} MiB')
        for client in clients:
            client.close()
    if len(sys.argv) > 3 and full > float(sys.argv[3]):
        sys.exit(f'above {sys.argv[3]} MiB')


main()
