// The audits of GraphQL over HTTP that graphql-http brings: what holds of a server holds of it behind Tollgate, and what
// does not hold does not. Tollgate answers some of them itself: what it cannot read, it cannot price.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { auditServer } from 'graphql-http';
import { EXAMPLE_SERVER, WITH_KEY, World } from './support.js';

const CONFIG = fileURLToPath(new URL('priced.yaml', import.meta.url));
const SERVERS = {
  'graphql-http': EXAMPLE_SERVER,
  'graphql-yoga': fileURLToPath(new URL('yoga_server.js', import.meta.url)),
};

// "ID name" to ok, notice, warn or error.
async function verdicts(base, headers) {
  const fetchFn = (url, init) => fetch(url, { ...init, headers: { ...init?.headers, ...headers } });
  const results = await auditServer({ url: `${base}/graphql`, fetchFn });
  return Object.fromEntries(results.map(({ id, name, status }) => [`${id} ${name}`, status]));
}

for (const [name, server] of Object.entries(SERVERS)) {
  test(`every audit has the verdict through Tollgate that ${name} has without`, async (t) => {
    const world = await World.start(CONFIG, server);
    t.after(() => world.stop());
    const straight = await verdicts(world.upstream_url, {});
    const through = await verdicts(world.url, WITH_KEY);
    assert.ok(Object.values(straight).filter((status) => status === 'ok').length > 50, 'the server itself does poorly');
    assert.deepEqual(through, straight);
  });
}
