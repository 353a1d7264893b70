// A real WebSocket client and a real client of server-sent events, through Tollgate.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';
import { WITH_KEY, World } from './support.js';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

function once(emitter, event) {
  return new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    if (event !== 'error') emitter.once('error', reject);
  });
}

async function open_socket() {
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}/live/echo`, { headers: WITH_KEY });
  await once(socket, 'open');
  return socket;
}

async function echo(socket, message) {
  const answer = once(socket, 'message');
  socket.send(message);
  return answer;
}

function event_source(path, headers) {
  return new EventSource(world.url + path, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }),
  });
}

test('a WebSocket carries text, binary and a megabyte, both ways', async () => {
  const socket = await open_socket();
  assert.equal(String(await echo(socket, 'hello')), 'hello');
  const megabyte = randomBytes(1 << 20);
  assert.ok(megabyte.equals(await echo(socket, megabyte)));
  socket.close(1000, 'done');
  assert.equal(await once(socket, 'close'), 1000);
});

test('a WebSocket answers pings', async () => {
  const socket = await open_socket();
  socket.ping('still there?');
  assert.equal(String(await once(socket, 'pong')), 'still there?');
  socket.close();
  await once(socket, 'close');
});

test('a WebSocket without a key is refused with 401', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}/live/echo`);
  const error = await once(socket, 'error');
  assert.match(error.message, /401/);
});

test('server-sent events arrive one by one, as they are sent', async () => {
  const source = event_source('/live/events?count=3&every=300', WITH_KEY);
  const arrived = [];
  await new Promise((resolve, reject) => {
    source.addEventListener('order', (event) => {
      arrived.push({ at: Date.now(), id: event.lastEventId, number: JSON.parse(event.data).number });
      if (arrived.length === 3) resolve();
    });
    source.addEventListener('error', (event) => reject(new Error(event.message ?? 'the stream ended early')));
  }).finally(() => source.close());
  assert.deepEqual(arrived.map(({ id, number }) => [id, number]), [['1', 1], ['2', 2], ['3', 3]]);
  assert.ok(arrived[2].at - arrived[0].at >= 500, 'held back: the events arrived together');
});

test('server-sent events without a key are refused with 401', async () => {
  const source = event_source('/live/events', {});
  const code = await new Promise((resolve) => { source.addEventListener('error', (event) => resolve(event.code)); });
  source.close();
  assert.equal(code, 401);
});

// The last test: it takes the keys away.
test('a removed key closes its WebSocket and its event stream, and is refused from then on', async () => {
  const socket = await open_socket();
  const closed = once(socket, 'close');
  const stream = await fetch(`${world.url}/live/events?count=100&every=100`, { headers: WITH_KEY });
  const drained = (async () => { for await (const part of stream.body) assert.ok(part.length > 0); })();
  world.remove_all_keys();
  await assert.rejects(drained, 'the stream ended as if it were whole');
  assert.equal(await closed, 1006, 'closed without a closing handshake');
  const answer = await fetch(`${world.url}/rest/orders/1`, { headers: WITH_KEY });
  assert.equal(answer.status, 401);
  assert.equal((await answer.json()).reason, 'key_unknown');
});
