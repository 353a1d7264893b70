// A real GraphQL server behind Tollgate: what it answers straight is what it answers through.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WITH_KEY, World } from './support.js';

const ORDERS = `query Orders($first: Int!, $where: OrderFilter) {
  orders(limit: $first, where: $where) {
    id number status customer { id email } grandTotal { value formattedValue currency { code } }
    lines { id quantity product { id name variants(limit: 2) { id productSizes { stock(limit: 1) { availableNowQuantity } } } } }
    shipments(limit: 10) { id number isShipped trackingInfo { trackingNumber } }
    discountsApplied { __typename label ... on AppliedVoucher { code method } }
  }
}`;
const QUESTIONS = {
  'a nested query with variables': { query: ORDERS, variables: { first: 50, where: { status: ['PENDING', 'SHIPPED'] } } },
  'a named operation of several': { query: 'query A { __typename } query B { orders(limit: 1) { id } }', operationName: 'B' },
  introspection: { query: '{ __schema { types { name fields { name } } } }' },
  'a query that does not validate': { query: '{ nothing }' },
  'a resolver that fails': { query: '{ orders(limit: 1000) { id } }' },
};

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

function ask(base, question, headers) {
  return fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify(question),
  });
}

for (const [name, question] of Object.entries(QUESTIONS)) {
  test(`${name} has the answer that the server gives without Tollgate`, async () => {
    const straight = await ask(world.upstream_url, question);
    const through = await ask(world.url, question, WITH_KEY);
    assert.equal(through.status, straight.status);
    assert.equal(through.headers.get('content-type'), straight.headers.get('content-type'));
    assert.deepEqual(await through.json(), await straight.json());
  });
}

test('a query by GET goes through', async () => {
  const query = encodeURIComponent('{ orders(limit: 1) { number } }');
  const answer = await fetch(`${world.url}/graphql?query=${query}`, { headers: WITH_KEY });
  assert.deepEqual(await answer.json(), { data: { orders: [{ number: 1 }] } });
});

test('a refusal is a GraphQL error in the media type that the client accepts', async () => {
  const answer = await ask(world.url, { query: '{ __typename }' });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('content-type'), /^application\/graphql-response\+json/);
  const { errors } = await answer.json();
  assert.equal(errors[0].extensions.code, 'KEY_MISSING');
});

test('a hundred queries at a time all have their own answer', async () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i + 1);
  const answers = await Promise.all(numbers.map(async (n) => {
    const question = { query: 'query($n: Int) { orders(limit: 1, page: $n) { number } }', variables: { n } };
    return (await ask(world.url, question, WITH_KEY)).json();
  }));
  assert.deepEqual(answers.map((a) => a.data.orders[0].number), numbers);
});
