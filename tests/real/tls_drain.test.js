// SIGTERM while clients are connected by TLS: what has arrived is answered, nobody else holds the end up, and what is cut looks cut.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { Certificates } from './certificates.js';
import { eventually, free_port, start } from './support.js';

const KEPT = 40;

const certificates = new Certificates();
const upstream = createServer((request, response) => {
  if (request.url === '/endless') return response.write('a beginning'); // and no end
  return response.end('answered');
});
let port;
let tollgate;

before(async () => {
  await certificates.make('server');
  await new Promise((resolve) => { upstream.listen(0, '127.0.0.1', resolve); });
  port = await free_port();
  const admin = await free_port();
  writeFileSync(certificates.path('tollgate.yaml'), `
listen: [{address: "127.0.0.1:${port}", tls: {certificate: server.crt, private_key: server.key}}]
admin: {address: "127.0.0.1:${admin}"}
access_log: {path: "off"}
drain: {timeout: 6s}
apis: [{name: a, base: /, upstream: {url: "http://127.0.0.1:${upstream.address().port}"}, auth: {required: false}}]
`);
  tollgate = start(process.env.TOLLGATE_PROGRAM, ['run', '-c', certificates.path('tollgate.yaml')], {}, `http://127.0.0.1:${admin}/readyz`);
  await tollgate.ready;
});
after(() => {
  upstream.closeAllConnections();
  upstream.close();
  certificates.remove();
});

class Client {
  constructor(socket) {
    this.socket = socket;
    this.text = '';
    this.end = 'open';
    socket.on('data', (data) => { this.text += data; });
    socket.on('end', () => { this.end = 'clean'; });
    socket.on('error', (error) => { this.end = error.code; });
  }

  static by_tls() {
    return new Client(tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }));
  }

  ask(path, version = '1.1') {
    this.socket.write(`GET ${path} HTTP/${version}\r\nHost: a\r\n\r\n`);
  }

  seen(words, times = 1) {
    return eventually(() => assert.equal(this.text.split(words).length - 1, times), 10_000);
  }
}

test('a drain answers what has arrived and waits for nobody who says nothing', async () => {
  const kept = Array.from({ length: KEPT }, () => Client.by_tls());
  for (const client of kept) client.ask('/');
  await Promise.all(kept.map((client) => client.seen('answered')));
  const endless = Client.by_tls();
  endless.ask('/endless', '1.0'); // its body ends with the connection
  await endless.seen('a beginning');
  const silent = new Client(net.connect(port, '127.0.0.1'));
  const began = Date.now();
  for (const client of kept) client.ask('/');
  tollgate.child.kill('SIGTERM');
  // One that was asked for in time is answered, whatever else happens.
  await Promise.all(kept.map((client) => eventually(() => assert.notEqual(client.end, 'open'), 10_000)));
  const answered = kept.filter((client) => client.text.split('answered').length === 3).length;
  assert.equal(answered, KEPT);
  await eventually(() => assert.notEqual(silent.end, 'open'), 10_000);
  assert.ok(Date.now() - began < 5000, 'only the endless answer may take as long as drain.timeout');
  assert.equal(await tollgate.exit, 0, tollgate.output);
  await eventually(() => assert.notEqual(endless.end, 'open'));
  assert.notEqual(endless.end, 'clean', 'what was cut must not look complete');
});
