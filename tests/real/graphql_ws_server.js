// GraphQL over a WebSocket by both protocols: graphql-transport-ws as graphql-ws speaks it, and the older graphql-ws as
// subscriptions-transport-ws does. PORT chooses the port.
import { execute, buildSchema, subscribe } from 'graphql';
import { useServer } from 'graphql-ws/lib/use/ws';
import { createServer } from 'node:http';
import subscriptions from 'subscriptions-transport-ws';
import { WebSocketServer } from 'ws';

const schema = buildSchema(`
  type Query { hello: String, rows(limit: Int!): [Row!]! }
  type Row { id: Int }
  type Mutation { raise: Int }
  type Subscription { count(to: Int!): Int }
`);
let raised = 0;
const root = {
  hello: 'world',
  rows: ({ limit }) => Array.from({ length: limit }, (_, id) => ({ id })),
  raise: () => { raised += 1; return raised; },
  async* count({ to }) { for (let i = 1; i <= to; i += 1) yield { count: i }; },
};

const newer = new WebSocketServer({ noServer: true });
useServer({ schema, roots: { query: root, mutation: root, subscription: root } }, newer);
const older = new WebSocketServer({ noServer: true });
subscriptions.SubscriptionServer.create({ schema, execute, subscribe, rootValue: root }, older);

const server = createServer((request, answer) => answer.end('ok\n'));
server.on('upgrade', (request, socket, head) => {
  const chosen = request.headers['sec-websocket-protocol'] === 'graphql-ws' ? older : newer;
  chosen.handleUpgrade(request, socket, head, (ws) => chosen.emit('connection', ws, request));
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
