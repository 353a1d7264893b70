// The example's schema behind graphql-yoga: a second server to compare Tollgate with, of other manners than the example's.
// PORT chooses the port (0: any free one).
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';

const typeDefs = readFileSync(new URL('../../deploy/example/schema.graphql', import.meta.url), 'utf8');
const yoga = createYoga({
  schema: createSchema({ typeDefs }), healthCheckEndpoint: '/healthz', landingPage: false, logging: false,
});
const server = createServer(yoga);
server.keepAliveTimeout = 5000; // above Tollgate's own limit for pooled connections
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1');

process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
