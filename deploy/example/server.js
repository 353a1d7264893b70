// An upstream to stand behind Tollgate: a GraphQL server, a few REST routes, an event stream and a WebSocket echo.
// It knows nothing of keys: that is Tollgate's job. PORT chooses the port (0: any free one). It listens on loopback alone, if
// HOST says nothing else.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSchema } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';
import { WebSocketServer } from 'ws';
import { ORDER_COUNT, order, orders } from './orders.js';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_EVENTS = 1000;

const schema = buildSchema(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
const graphql = createHandler({ schema, rootValue: { orders } });

function send(res, status, value) {
  const body = JSON.stringify(value) + '\n';
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

function summary(number) {
  const { id, status, createdAt, customer, grandTotal } = order(number);
  return { id, number, status, createdAt, customer: customer.email, total: grandTotal.formattedValue };
}

async function read_body(req) {
  const parts = [];
  let size = 0;
  for await (const part of req) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Error('too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function post_order(req, res) {
  try {
    const wish = JSON.parse(await read_body(req));
    send(res, 201, { id: `O${ORDER_COUNT + 1}`, status: 'PENDING', received: wish });
  } catch {
    send(res, 400, { error: 'The body is not a JSON document of at most 1 MiB.' });
  }
}

async function count_bytes(req, res) {
  let bytes = 0;
  for await (const part of req) bytes += part.length;
  send(res, 200, { bytes });
}

// Server-sent events: `?count=3&every=100` sends three, one each 100 ms.
function events(url, res) {
  const count = Math.min(Number(url.searchParams.get('count') ?? 5), MAX_EVENTS);
  const every = Number(url.searchParams.get('every') ?? 1000);
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  res.flushHeaders();
  let sent = 0;
  const tick = () => {
    if (sent === count) return res.end();
    sent += 1;
    res.write(`id: ${sent}\nevent: order\ndata: ${JSON.stringify(summary(sent))}\n\n`);
    timer = setTimeout(tick, every);
    return undefined;
  };
  let timer = setTimeout(tick, 0);
  res.on('close', () => clearTimeout(timer));
}

function rest(req, res, url) {
  const method = req.method === 'HEAD' ? 'GET' : req.method; // node leaves the body away by itself
  const route = `${method} ${url.pathname}`;
  const one = /^GET \/rest\/orders\/(\d{1,6})$/.exec(route);
  if (one && one[1] >= 1 && one[1] <= ORDER_COUNT) return send(res, 200, summary(Number(one[1])));
  switch (route) {
    case 'GET /healthz':
    case 'GET /rest/healthz':
      return send(res, 200, { ok: true });
    case 'GET /rest/orders':
      return send(res, 200, Array.from({ length: 10 }, (_, i) => summary(i + 1)));
    case 'POST /rest/orders':
      return post_order(req, res);
    case 'GET /rest/headers': // what reaches an upstream, for the curious
      return send(res, 200, req.headers);
    case 'PUT /rest/upload':
      return count_bytes(req, res);
    case 'GET /live/events':
      return events(url, res);
    default:
      return send(res, 404, { error: `There is nothing at ${route}.` });
  }
}

const server = createServer((req, res) => {
  const url = new URL(req.url, 'http://upstream');
  if (url.pathname === '/graphql') graphql(req, res);
  else rest(req, res, url);
});
server.keepAliveTimeout = 5000; // Tollgate's own limit for pooled connections, 4 s, stays below it

const sockets = new WebSocketServer({ server, path: '/live/echo' });
sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

const host = process.env.HOST ?? '127.0.0.1';
server.listen(Number(process.env.PORT ?? 4000), host, () => {
  console.log(`The example upstream listens on http://${host}:${server.address().port}`);
});

process.on('SIGTERM', () => {
  for (const socket of sockets.clients) socket.terminate();
  server.close();
  server.closeAllConnections?.();
});
