// TLS on listeners and to upstreams, and the PROXY protocol, against Node's own TLS: real handshakes, real certificates.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { Certificates } from './certificates.js';
import { KEY, WITH_KEY, eventually, free_port, start } from './support.js';

const MIB = 1 << 20;

const certificates = new Certificates();
const ports = {};
const servers = [];
let tollgate;

// Says what it was asked, and what became of the body.
function echo(request, response) {
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (data) => { hash.update(data); bytes += data.length; });
  request.on('end', () => {
    if (request.url.endsWith('/large')) return response.end(Buffer.alloc(32 * MIB, 'tollgate'));
    const subject = request.socket.getPeerCertificate?.().subject?.CN;
    return response.end(JSON.stringify({ headers: request.headers, subject, bytes, hash: hash.digest('hex') }));
  });
}

// Sends a head and half of a body that ends with the connection, and goes without a word of TLS.
function cut(socket) {
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => { setTimeout(() => socket._parent?.destroy() ?? socket.destroy(), 50); });
  });
  socket.on('error', () => {});
}

function listen(server) {
  servers.push(server);
  return new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(server.address().port)); });
}

function config({ first_listener = '' } = {}) {
  const pair = (name) => `{certificate: ${name}.crt, private_key: ${name}.key}`;
  const upstream = (port) => `url: "https://127.0.0.1:${port}"`;
  return `
listen:${first_listener}
  - {address: "127.0.0.1:${ports.tls}", tls: {certificate: server.crt, private_key: server.key, certificates: [${pair('other')}]}}
  - {address: "127.0.0.1:${ports.second}", tls: {certificate: server.crt, private_key: server.key}}
  - {address: "127.0.0.1:${ports.mutual}", tls: {certificate: server.crt, private_key: server.key, client_ca: clients.crt}}
  - {address: "127.0.0.1:${ports.proxy}", proxy_protocol: true}
  - {address: "127.0.0.1:${ports.both}", proxy_protocol: true, tls: {certificate: server.crt, private_key: server.key, min_version: "1.3"}}
admin: {address: "127.0.0.1:${ports.admin}"}
access_log: {path: access.log}
keys: {file: keys.yaml}
workers: 2
connections: {header_timeout: 2s, max_body_bytes: 64MiB}
apis:
  - {name: plain, base: /plain, upstream: {url: "http://127.0.0.1:${ports.plain}"}}
  - {name: secure, base: /secure, upstream: {${upstream(ports.secure)}, tls: {ca: authority.crt, server_name: api.internal, certificate: us.crt, private_key: us.key}}}
  - {name: misnamed, base: /misnamed, upstream: {${upstream(ports.secure)}, tls: {ca: authority.crt, server_name: other.internal}}}
  - {name: stranger, base: /stranger, upstream: {${upstream(ports.secure)}, tls: {server_name: api.internal}}}
  - {name: cut, base: /cut, upstream: {${upstream(ports.cut)}, tls: {ca: authority.crt, server_name: api.internal}}}
  - {name: silent, base: /silent, upstream: {${upstream(ports.plain)}, tls: {ca: authority.crt}}}
  - {name: fenced, base: /fenced, allow_ips: [192.0.2.0/24, "2001:db8::/32"], upstream: {url: "http://127.0.0.1:${ports.plain}"}}
`;
}

before(async () => {
  await certificates.make('authority');
  await certificates.make('clients');
  await Promise.all([
    certificates.make('server', { names: ['DNS:localhost', 'IP:127.0.0.1'], authority: 'authority' }),
    certificates.make('other', { names: ['DNS:*.other.test'], authority: 'authority' }),
    certificates.make('next', { names: ['DNS:localhost', 'IP:127.0.0.1'], authority: 'authority' }),
    certificates.make('api', { names: ['DNS:api.internal'], authority: 'authority' }),
    certificates.make('us', { authority: 'authority' }),
    certificates.make('partner', { subject: '/O=Acme, Inc./CN=Jürgen', authority: 'clients' }),
    certificates.make('impostor', { subject: '/CN=impostor', authority: 'authority' }),
  ]);
  const as_api = { key: certificates.read('api.key'), cert: certificates.read('api.crt') };
  ports.plain = await listen(createServer(echo));
  ports.secure = await listen(https.createServer({ ...as_api, requestCert: true, rejectUnauthorized: false }, echo));
  ports.cut = await listen(tls.createServer(as_api, cut));
  for (const name of ['tls', 'second', 'mutual', 'proxy', 'both', 'admin']) ports[name] = await free_port();
  const digest = createHash('sha256').update(KEY).digest('hex');
  writeFileSync(certificates.path('keys.yaml'), `keys:\n  - name: real\n    secrets: ["sha256:${digest}"]\n`);
  writeFileSync(certificates.path('tollgate.yaml'), config());
  tollgate = start(process.env.TOLLGATE_PROGRAM, ['run', '-c', certificates.path('tollgate.yaml')], {},
    `http://127.0.0.1:${ports.admin}/readyz`);
  await tollgate.ready;
});
after(async () => {
  tollgate.child.kill('SIGTERM');
  const status = await tollgate.exit;
  for (const server of servers) server.close();
  certificates.remove();
  assert.equal(status, 0, tollgate.output);
});

// A call of its own connection: { status, headers, body, certificate }.
function call(port, path, { body, headers = {}, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port, path, method: body === undefined ? 'GET' : 'POST',
      ca: certificates.read('authority.crt'), agent: false, headers: { ...WITH_KEY, ...headers }, ...options }, (answer) => {
      const parts = [];
      const { socket } = answer;
      const seen = { certificate: socket.getPeerCertificate().subject?.CN, protocol: socket.alpnProtocol,
        version: socket.getProtocol() };
      answer.on('data', (data) => parts.push(data));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts), ...seen }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const seen_by_service = (answer) => JSON.parse(answer.body);
const as_client = (name) => ({ key: certificates.read(`${name}.key`), cert: certificates.read(`${name}.crt`) });

async function metric(line) {
  const text = await (await fetch(`http://127.0.0.1:${ports.admin}/metrics`)).text();
  return Number(text.split('\n').find((each) => each.startsWith(`${line} `))?.split(' ')[1]);
}

test('a call over TLS goes through, and the service is told how it came', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const answer = await call(ports.tls, '/plain/x', { minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(answer.status, 200);
    assert.equal(answer.version, version);
    assert.equal(answer.protocol, 'http/1.1');
    const { headers } = seen_by_service(answer);
    assert.equal(headers['x-forwarded-proto'], 'https');
    assert.equal(headers['tollgate-key'], 'real');
  }
  assert.ok(await metric('tollgate_handshakes_total{protocol="tls",result="success"}') >= 2);
});

test('a call without a key is refused as ever', async () => {
  const answer = await call(ports.tls, '/plain/x', { headers: { 'API-Authorization': 'wrong' } });
  assert.equal(answer.status, 401);
  assert.equal(JSON.parse(answer.body).reason, 'key_unknown');
});

test('the certificate is chosen by the name that the client asks for', async () => {
  for (const [name, shown] of [['localhost', 'server'], ['a.other.test', 'other'], ['nobody.test', 'server']]) {
    const answer = await call(ports.tls, '/plain/x', { servername: name, checkServerIdentity: () => undefined });
    assert.equal(answer.certificate, shown, name);
  }
});

test('old versions, foreign protocols and plain bytes get no session', async () => {
  const failures = () => metric('tollgate_handshakes_total{protocol="tls",result="failure"}');
  const before_them = await failures();
  await assert.rejects(call(ports.tls, '/plain/x', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }));
  await assert.rejects(call(ports.tls, '/plain/x', { ALPNProtocols: ['h2'] }));
  const answer = await exchange(net.connect(ports.tls, '127.0.0.1'), 'GET /plain/x HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.doesNotMatch(answer, /HTTP/);
  await eventually(async () => assert.equal(await failures(), before_them + 3)); // a client knows before it is counted
  assert.match(tollgate.output, /connections that ended before their first call: \d+; the last one, from 127\.0\.0\.1: the TLS handshake failed/);
});

test('nobody renegotiates', async () => {
  const socket = tls.connect({ host: '127.0.0.1', port: ports.tls, ca: certificates.read('authority.crt'), maxVersion: 'TLSv1.2' });
  await new Promise((resolve) => { socket.on('secureConnect', resolve); });
  const error = await new Promise((resolve) => {
    socket.on('error', resolve);
    socket.on('close', () => resolve(new Error('closed')));
    socket.renegotiate({}, resolve);
  });
  assert.ok(error);
  socket.destroy();
});

test('a session is resumed, by another connection to the same listener alone', async () => {
  const options = { host: '127.0.0.1', port: ports.tls, ca: certificates.read('authority.crt'), servername: 'localhost', maxVersion: 'TLSv1.2' };
  const connect = (more) => new Promise((resolve, reject) => {
    const socket = tls.connect({ ...options, ...more }, () => {
      resolve({ reused: socket.isSessionReused(), session: socket.getSession() });
      socket.end();
    });
    socket.on('error', reject);
  });
  const { session } = await connect({});
  assert.equal((await connect({ session })).reused, true);
  assert.equal((await connect({ session, port: ports.second })).reused, false);
  await assert.rejects(connect({ session, port: ports.mutual }), /alert|certificate required|ECONNRESET|socket hang up/);
});

test('a client certificate is asked for, checked and named', async () => {
  const answer = await call(ports.mutual, '/plain/x', { ...as_client('partner'), headers: { 'Tollgate-Client-Certificate': 'CN=me' } });
  assert.equal(answer.status, 200);
  const subject = String.raw`CN=J\C3\BCrgen,O=Acme\, Inc.`;
  assert.equal(seen_by_service(answer).headers['tollgate-client-certificate'], subject);
  await assert.rejects(call(ports.mutual, '/plain/x'));
  await assert.rejects(call(ports.mutual, '/plain/x', as_client('impostor')));
  const without = await call(ports.tls, '/plain/x', { headers: { 'Tollgate-Client-Certificate': 'CN=me' } });
  assert.equal(seen_by_service(without).headers['tollgate-client-certificate'], undefined);
  await eventually(() => {
    const lines = readFileSync(certificates.path('access.log'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.ok(lines.some(({ client_certificate }) => client_certificate === subject));
  });
});

test('a client certificate stays asked for while the file has a listener more, which waits for the next start', async () => {
  const reload = async (text, said) => {
    const before_it = tollgate.output.length;
    writeFileSync(certificates.path('tollgate.yaml'), text);
    tollgate.child.kill('SIGHUP');
    await eventually(() => assert.match(tollgate.output.slice(before_it), said));
  };
  const more = config({ first_listener: `\n  - {address: "127.0.0.1:${await free_port()}"}` });
  await reload(more, /listen has changed; that takes effect at the next start[\s\S]*reloaded: /);
  assert.equal((await call(ports.tls, '/plain/x')).status, 200);
  const answer = await call(ports.mutual, '/plain/x', as_client('partner'));
  assert.match(seen_by_service(answer).headers['tollgate-client-certificate'], /^CN=/);
  for (let calls = 0; calls < 8; ++calls) await assert.rejects(call(ports.mutual, '/plain/x')); // of each worker
  await reload(config(), /reloaded: /);
  await assert.rejects(call(ports.mutual, '/plain/x'));
});

test('large bodies pass both ways over TLS on both sides', async () => {
  const body = Buffer.alloc(24 * MIB, 'a body of some length ');
  const sent = await call(ports.tls, '/secure/x', { body });
  assert.deepEqual([seen_by_service(sent).bytes, seen_by_service(sent).hash], [body.length, createHash('sha256').update(body).digest('hex')]);
  const got = await call(ports.tls, '/secure/large');
  assert.ok(got.body.equals(Buffer.alloc(32 * MIB, 'tollgate')));
});

test('a slow reader loses nothing', async () => {
  const socket = tls.connect({ host: '127.0.0.1', port: ports.tls, ca: certificates.read('authority.crt'), highWaterMark: 1024 });
  socket.write(`GET /secure/large HTTP/1.1\r\nHost: x\r\nAPI-Authorization: ${KEY}\r\nConnection: close\r\n\r\n`);
  await new Promise((resolve) => { setTimeout(resolve, 500); });
  let bytes = 0;
  for await (const part of socket) bytes += part.length;
  assert.ok(bytes > 32 * MIB, `${bytes}`);
});

test('calls that come at once on one connection are answered in order', async () => {
  const socket = tls.connect({ host: '127.0.0.1', port: ports.tls, ca: certificates.read('authority.crt') });
  const head = (i, last) => `GET /plain/${i} HTTP/1.1\r\nHost: x\r\nX-Turn: ${i}\r\nAPI-Authorization: ${KEY}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
  const answer = await exchange(socket, Array.from({ length: 200 }, (_, i) => head(i, i === 199)).join(''));
  assert.deepEqual([...answer.matchAll(/"x-turn":"(\d+)"/g)].map((match) => Number(match[1])), Array.from({ length: 200 }, (_, i) => i));
});

test('an upstream is called by TLS with a certificate, on a kept connection', async () => {
  for (let i = 0; i < 3; ++i) {
    const answer = await call(ports.tls, '/secure/x');
    assert.equal(answer.status, 200);
    assert.equal(seen_by_service(answer).subject, 'us');
  }
  assert.equal(await metric('tollgate_upstream_connect_failures_total{api="secure"}'), 0);
});

test('an upstream that is not who it should be is not called', async () => {
  for (const [api, why] of [['misnamed', /certificate is not trusted: hostname mismatch/i],
    ['stranger', /certificate is not trusted: unable to get local issuer certificate/i], ['silent', /TLS handshake with it failed: wrong version number/]]) {
    const answer = await call(ports.tls, `/${api}/x`);
    assert.equal(answer.status, 502, api);
    assert.equal(JSON.parse(answer.body).reason, 'upstream_unreachable');
    assert.match(JSON.parse(answer.body).detail, why);
  }
});

test('an answer that an attacker has cut does not look complete', async () => {
  await assert.rejects(call(ports.tls, '/cut/x'));
});

// Sends the text, reads to the end.
async function exchange(socket, text) {
  socket.write(text);
  let answer = '';
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  try {
    for await (const part of socket) answer += part;
  } catch {
    // a reset is an end too
  }
  return answer;
}

const request = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAPI-Authorization: ${KEY}\r\nConnection: close\r\n\r\n`;

// Version 2 for a client of this address, with a TLV behind it.
function version_2(address) {
  const bytes = net.isIPv4(address) ? Buffer.from(address.split('.').map(Number))
    : Buffer.from(address.split(':').map((group) => group.padStart(4, '0')).join(''), 'hex');
  const body = Buffer.concat([bytes, Buffer.alloc(bytes.length), Buffer.from([0x1f, 0x90, 0x00, 0x50]), Buffer.from([0x04, 0, 3, 1, 2, 3])]);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\0\0\0', 'latin1');
  head[13] = net.isIPv4(address) ? 0x11 : 0x21;
  head.writeUInt16BE(body.length, 14);
  return Buffer.concat([head, body]);
}

test('the PROXY protocol says who calls', async () => {
  const allowed = ['PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n', 'PROXY TCP6 2001:db8::7 2001:db8::1 5000 443\r\n',
    version_2('192.0.2.7'), version_2('2001:db8:0:0:0:0:0:7')];
  for (const header of allowed) {
    const socket = net.connect(ports.proxy, '127.0.0.1');
    socket.write(header);
    const answer = await exchange(socket, request('/fenced/x'));
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, /"x-forwarded-for":"(192\.0\.2\.7|2001:db8::7)"/);
  }
  for (const header of ['PROXY TCP4 203.0.113.7 198.51.100.1 5000 443\r\n', 'PROXY UNKNOWN\r\n']) {
    const socket = net.connect(ports.proxy, '127.0.0.1');
    socket.write(header);
    assert.match(await exchange(socket, request('/fenced/x')), /"reason":"ip_not_allowed"/);
  }
});

test('the PROXY header comes in pieces, and in front of TLS', async () => {
  const socket = net.connect({ port: ports.both, host: '127.0.0.1', noDelay: true });
  for (const byte of version_2('192.0.2.9')) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => { setTimeout(resolve, 2); });
  }
  const secured = tls.connect({ socket, ca: certificates.read('authority.crt'), servername: 'localhost' });
  assert.match(await exchange(secured, request('/fenced/x')), /^HTTP\/1\.1 200 [\s\S]*"x-forwarded-proto":"https"/);
});

test('who does not speak the PROXY protocol rightly is not served', async () => {
  for (const start of ['', 'PROXY TCP4 192.0.2.7 198.51.100.1 5000\r\n', 'PROXY TCP4 192.0.2.7 2001:db8::1 1 2\r\n', 'PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n']) {
    assert.equal(await exchange(net.connect(ports.proxy, '127.0.0.1'), start + request('/fenced/x')), '');
  }
  const slow = net.connect(ports.proxy, '127.0.0.1');
  assert.equal(await exchange(slow, 'PROXY TCP4 '), '');
  assert.ok(await metric('tollgate_handshakes_total{protocol="proxy",result="failure"}') >= 5);
});

test('a certificate is replaced under load, and no call fails', async () => {
  const end = Date.now() + 1500;
  const load = Array.from({ length: 4 }, async () => {
    let calls = 0;
    for (; Date.now() < end; ++calls) assert.equal((await call(ports.tls, '/plain/x')).status, 200);
    return calls;
  });
  const kept = new https.Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal((await call(ports.tls, '/plain/x', { agent: kept })).certificate, 'server');
  copyFileSync(certificates.path('next.key'), certificates.path('server.key')); // for a moment they do not fit
  copyFileSync(certificates.path('next.crt'), certificates.path('server.crt'));
  await eventually(async () => assert.equal((await call(ports.tls, '/plain/x')).certificate, 'next'));
  assert.equal((await call(ports.tls, '/plain/x', { agent: kept })).status, 200);
  kept.destroy();
  assert.ok((await Promise.all(load)).every((calls) => calls > 5));
  const expires = await metric(`tollgate_certificate_expires_timestamp_seconds{file="${certificates.path('server.crt')}"}`);
  assert.ok(Math.abs(expires - Date.now() / 1000 - 2 * 86400) < 3600);
});

test('a certificate that is broken leaves the one in force', async () => {
  writeFileSync(certificates.path('server.crt'), 'nonsense');
  await eventually(() => assert.match(tollgate.output, /reload refused.*server\.crt: holds no certificate in PEM/));
  assert.equal((await call(ports.tls, '/plain/x')).certificate, 'next');
});
