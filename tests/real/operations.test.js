// Real clients of GraphQL over a WebSocket, of the protocol graphql-transport-ws and of the older graphql-ws: each operation
// is priced, charged and, beyond the budget, refused, and the connection goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from 'graphql-ws';
import subscriptions from 'subscriptions-transport-ws';
import { WebSocket } from 'ws';
import { eventually, WITH_KEY, World } from './support.js';

const CONFIG = fileURLToPath(new URL('operations.yaml', import.meta.url));
const SERVER = fileURLToPath(new URL('graphql_ws_server.js', import.meta.url));

class WithKey extends WebSocket {
  constructor(address, protocols) { super(address, protocols, { headers: WITH_KEY }); }
}

// All answers to one operation of the newer protocol; what ends it badly is thrown.
function answers(client, query) {
  return new Promise((resolve, reject) => {
    const seen = [];
    client.subscribe({ query }, { next: (a) => seen.push(a.data), error: reject, complete: () => resolve(seen) });
  });
}

// The same of the older one, which ends with an error or completes.
function older_answers(client, query) {
  return new Promise((resolve, reject) => {
    const seen = [];
    client.request({ query }).subscribe({
      next: (a) => (a.errors ? reject(a.errors) : seen.push(a.data)), error: reject, complete: () => resolve(seen),
    });
  });
}

async function error_of(promise) {
  try {
    await promise;
  } catch (error) {
    return Array.isArray(error) ? error[0] : error;
  }
  throw new Error('nothing was refused');
}

let world;
let url;
before(async () => {
  world = await World.start(CONFIG, SERVER);
  url = `ws://127.0.0.1:${world.port}/graphql`;
});
after(() => world.stop());

test('operations of graphql-transport-ws pass, are priced, and beyond the budget are refused one by one', async () => {
  const client = createClient({ url, webSocketImpl: WithKey, retryAttempts: 0 });
  assert.deepEqual(await answers(client, '{ hello }'), [{ hello: 'world' }]);
  assert.deepEqual(await answers(client, 'subscription { count(to: 3) }'), [{ count: 1 }, { count: 2 }, { count: 3 }]);
  assert.equal((await answers(client, 'query Rows { rows(limit: 40) { id } }'))[0].rows.length, 40);
  const beyond = await error_of(answers(client, '{ rows(limit: 90) { id } }'));
  assert.equal(beyond.extensions.reason, 'limit_exceeded');
  assert.equal(beyond.extensions.asked, 90);
  assert.equal(beyond.extensions.type, 'QUERY_COMPLEXITY');
  const wrong = await error_of(answers(client, '{ hello'));
  assert.deepEqual(wrong.locations, [{ line: 1, column: 8 }]);
  assert.deepEqual(await answers(client, '{ hello }'), [{ hello: 'world' }]);
  await client.dispose();
  await eventually(() => {
    const rows = world.log().find((line) => line.operation_name === 'Rows');
    assert.equal(rows.complexity, 40);
    assert.equal(rows.status, 101);
  });
});

test('operations of the older graphql-ws pass, and beyond the budget are refused in its own way', async () => {
  const client = new subscriptions.SubscriptionClient(url, {}, WithKey);
  assert.deepEqual(await older_answers(client, '{ hello }'), [{ hello: 'world' }]);
  assert.deepEqual(await older_answers(client, 'mutation { raise }'), [{ raise: 1 }]);
  const beyond = await error_of(older_answers(client, 'mutation { raise }'));
  assert.match(beyond.message, /1 of the 1 mutation /);
  assert.equal(beyond.extensions.reason, 'limit_exceeded');
  assert.deepEqual(await older_answers(client, '{ hello }'), [{ hello: 'world' }]);
  client.close();
});

test('what the client compresses elsewhere comes uncompressed here', async () => {
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers: WITH_KEY, perMessageDeflate: true });
  await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject); });
  assert.equal(socket.extensions, '');
  socket.close();
});
