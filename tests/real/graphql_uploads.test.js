// Uploads (GraphQL multipart request specification) to graphql-yoga, which applies whatever the part "map" says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WITH_KEY, World } from './support.js';

const CONFIG = fileURLToPath(new URL('priced.yaml', import.meta.url));
const SERVER = fileURLToPath(new URL('yoga_server.js', import.meta.url));

let world;
before(async () => { world = await World.start(CONFIG, SERVER); });
after(() => world.stop());

function upload(base, operations, map, part, headers) {
  const body = new FormData();
  body.append('operations', JSON.stringify(operations));
  body.append('map', JSON.stringify(map));
  body.append('0', part);
  return fetch(`${base}/graphql`, { method: 'POST', headers, body });
}

const ATTACKS = {
  'another query': [{ query: '{ __typename }' }, 'query', '{ dear: __typename }'],
  'another operation': [
    { query: 'query Cheap { __typename } query Dear { dear: __typename }', operationName: 'Cheap' }, 'operationName', 'Dear',
  ],
};

for (const [name, [operations, path, replacement]] of Object.entries(ATTACKS)) {
  test(`a map that lets the server run ${name} than the one that is priced is refused`, async () => {
    const straight = await upload(world.upstream_url, operations, { 0: [path] }, replacement);
    assert.deepEqual(await straight.json(), { data: { dear: 'Query' } }, 'the server does not act on the map');
    const through = await upload(world.url, operations, { 0: [path] }, replacement, WITH_KEY);
    assert.equal(through.status, 415);
    const { errors } = await through.json();
    assert.equal(errors[0].extensions.code, 'UNSUPPORTED_MEDIA');
    assert.match(errors[0].message, new RegExp(`the path "${path}"`));
  });
}

test('a file that takes the place of a null goes through', async () => {
  const query = 'query($file: DateTime) { __typename orders(where: { updatedAt: { from: $file } }) @skip(if: true) { id } }';
  const file = new File(['x'.repeat(300_000)], 'a.txt');
  const through = await upload(world.url, { query, variables: { file: null } }, { 0: ['variables.file'] }, file, WITH_KEY);
  assert.deepEqual(await through.json(), { data: { __typename: 'Query' } });
  assert.equal(through.status, 200);
});
