// A real Prometheus watches two real Tollgates by the rules of deploy/prometheus: idle, under traffic of many kinds, and in
// every trouble that can be made here. The dashboards of deploy/grafana ask it what they ask, and a real Alertmanager mails its
// alerts.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Certificates } from './certificates.js';
import { DASHBOARDS } from './grafana/dashboards.js';
import { check_something, check_told, run_panels } from './grafana/panels.js';
import { Alertmanager } from './prometheus/alertmanager.js';
import { MailSink } from './prometheus/mail_sink.js';
import { Prometheus, SCRAPE_S, SEEN_WITHIN_MS } from './prometheus/prometheus.js';
import { WITH_KEY, World, eventually, run } from './support.js';

const CONFIG = fileURLToPath(new URL('watched.yaml', import.meta.url));
// All replicas are up while it is asked.
const NOTHING_TO_TELL = ['Tollgate / Overview, Replicas, B'];
const BEGIN = Date.now();
const graphql = `/graphql?query=${encodeURIComponent('{orders(limit: 1) {number}}')}`;
// As dear to price as an operation may be, in time if not in points: 90 fields, in each of a thousand places.
const dear_to_price = `{${Array.from({ length: 1000 }, (_, i) => `p${i}{...f}`).join(' ')}} fragment f on F {${
  Array.from({ length: 90 }, (_, i) => `s${i}`).join(' ')}}`;

const certificates = new Certificates();
let worlds = [];
let mail_sink;
let alertmanager;
let prometheus;

before(async () => {
  await certificates.make('server');
  process.env.TOLLGATE_CERTIFICATE = certificates.path('server');
  mail_sink = await MailSink.start();
  alertmanager = await Alertmanager.start(mail_sink.address);
  worlds = await Promise.all([World.start(CONFIG), World.start(CONFIG)]);
  prometheus = await Prometheus.start({ targets: worlds.map((world) => world.admin), alertmanager: alertmanager.url });
});
after(async () => {
  await prometheus?.stop();
  await alertmanager?.stop();
  await mail_sink?.stop();
  await Promise.all(worlds.map((world) => world.stop()));
  certificates.remove();
});

async function call(world, path, times = 1, options = {}) {
  const statuses = [];
  for (let i = 0; i < times; ++i) {
    const answer = await fetch(world.url + path, options);
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  return [...new Set(statuses)];
}

const with_key = (world, path, times) => call(world, path, times, { headers: WITH_KEY });

const closed = (socket) => new Promise((resolve) => { socket.on('close', resolve).on('error', () => {}).resume(); });

// One TLS handshake that succeeds, and one that does not.
async function handshakes({ tollgate }) {
  const port = Number([...tollgate.output.matchAll(/listening on \S+:(\d+)/g)][1][1]);
  const well = tls.connect({ port, rejectUnauthorized: false }, () => well.end());
  await closed(well);
  await closed(connect(port, '127.0.0.1').end('no handshake\r\n'));
}

// Calls that count; the first of a kind only brings its series into being, and a rate begins with the second.
async function after_a_first(make_calls, times) {
  await make_calls(1);
  await prometheus.all_evaluated();
  await make_calls(times);
}

// A dashboard's queries over all that has happened in this test.
function panels(dashboard, choose) {
  const timing = { range_s: Math.ceil((Date.now() - BEGIN) / 1000), scrape_s: SCRAPE_S, step_s: 1 }; // whole steps
  return run_panels(dashboard, prometheus, timing, choose);
}

test('promtool finds nothing wrong with the metrics', async () => {
  for (const world of worlds) {
    const metrics = await (await fetch(`${world.admin}/metrics`)).text();
    const check = await run('promtool', ['check', 'metrics'], metrics);
    assert.equal(`${check.status} ${check.out}${check.err}`, '0 ');
  }
});

test('an idle system is silent, and has no rule that fails', async () => {
  await prometheus.all_evaluated();
  await eventually(async () => assert.deepEqual(await prometheus.active_alerts(), []), SEEN_WITHIN_MS);
  for (const name of await prometheus.names_of('recording')) {
    for (const series of await prometheus.query(name)) assert.ok(Number.isFinite(series.value), JSON.stringify(series));
  }
});

for (const dashboard of DASHBOARDS) {
  test(`${dashboard.title} of an idle system has no panel without data`, async () => {
    await eventually(async () => { // a rate needs two scrapes
      for (const result of await panels(dashboard)) check_something(result);
    }, SEEN_WITHIN_MS);
  });
}

test('traffic of several kinds: every recording rule gives series, and no alert has a reason', async () => {
  const kinds = async (times) => {
    assert.deepEqual(await call(worlds[0], '/rest/healthz', 60 * times), [200]);
    assert.deepEqual(await with_key(worlds[0], '/rest/orders/1', 4 * times), [200]);
    for (const world of worlds) {
      assert.deepEqual(await with_key(world, graphql, 2 * times), [200]);
      assert.deepEqual(await with_key(world, '/rest/orders/1'), [200]);
      assert.deepEqual(await with_key(world, '/rest/.tollgate/limits'), [200]);
      assert.deepEqual(await call(world, '/rest/orders/1'), [401]);
      assert.deepEqual(await call(world, '/rest/orders/1', 1, { headers: { 'API-Authorization': 'wrong' } }), [401]);
      assert.deepEqual(await with_key(world, '/graphql?query={'), [400]);
      await handshakes(world);
    }
  };
  await after_a_first(kinds, 4);
  await prometheus.all_evaluated();
  await eventually(async () => {
    for (const { name, query: expression } of await prometheus.rules('recording')) {
      for (const series of [await prometheus.query(name), await prometheus.query(expression)]) {
        assert.notDeepEqual(series, [], name);
        for (const { value } of series) assert.ok(Number.isFinite(value) && value >= 0, `${name}: ${value}`);
      }
    }
  }, SEEN_WITHIN_MS); // the forecasts look back
  assert.deepEqual(await prometheus.active_alerts(), []);
});

test('what the recording rules say is right', async () => {
  const fullest = 'job_scope:tollgate_limit_utilization_ratio:max{scope="key:real", group="orders", window="1h"}';
  assert.equal(await prometheus.value_of(fullest), (4 + 16 + 2 + 2) / 200); // orders of the first replica, and its own limits
  const horizons = await prometheus.query('job_scope:tollgate_limit_utilization_ratio:forecast{scope="key:real", group="orders"}');
  assert.deepEqual(horizons.map(({ window, horizon }) => `${window} ${horizon}`).sort(), ['1d 4h', '1h 15m', '30d 1d']);
  assert.equal(await prometheus.value_of('job_api:tollgate_upstream_failures:ratio_rate5m{api="orders"}'), 0);
  const share = await prometheus.value_of('sum(job_api_outcome:tollgate_refusals:ratio_rate5m)');
  const calls = 'sum(increase(tollgate_requests_total[5m]))';
  const refused = 'sum(increase(tollgate_requests_total{outcome=~"key_missing|key_unknown|graphql_invalid"}[5m]))';
  const told = await prometheus.value_of(`${refused} / ${calls}`);
  assert.ok(Math.abs(share - told) < 0.02, `${share} beside ${told}`);
  assert.ok(await prometheus.value_of('max(job_api:tollgate_added_duration_seconds:p99_5m{api="orders"})') > 0);
});

const TROUBLES = {
  async TollgateUpstreamFailing(one) {
    await after_a_first((times) => with_key(one, '/broken/x', times), 12);
    return { api: 'broken' };
  },
  async TollgateReplicaUpstreamFailing(one, other) { // few of all calls, and all of this replica's
    other.upstream.child.kill('SIGTERM');
    await other.upstream.exit;
    await after_a_first((times) => call(other, '/rest/healthz', times), 8);
    return { api: 'orders', instance: new URL(other.admin).host };
  },
  async TollgateBudgetRunningOut(one) {
    await with_key(one, '/rest/orders/1', 165);
    return { scope: 'key:real', group: 'orders', window: '1h', horizon: '15m' };
  },
  async TollgateBudgetUsed() { // by the same calls
    return { scope: 'key:real', group: 'orders', window: '1h' };
  },
  async TollgateRefusalsRising(one) {
    await after_a_first((times) => call(one, '/nowhere', times), 60);
    return { outcome: 'no_api' };
  },
  async TollgateBoundHit(one) {
    const stream = await fetch(`${one.url}/live/events?count=1000&every=1000`, { headers: WITH_KEY });
    const statuses = await Promise.all(Array.from({ length: 30 }, () => with_key(one, '/live/events')));
    await stream.body.cancel(); // until then something holds the answer; one that nothing holds may be ended at any time
    assert.deepEqual(new Set(statuses.flat()), new Set([503]));
    return { bound: 'upstream_connections' };
  },
  async TollgateAddsLatency(one) {
    const body = (name) => JSON.stringify({ query: `query q${name} ${dear_to_price}` }); // another text each time
    const headers = { ...WITH_KEY, 'Content-Type': 'application/json' };
    await after_a_first(async (times) => {
      for (let i = 0; i < times; ++i) await call(one, '/graphql', 1, { method: 'POST', headers, body: body(`${times}_${i}`) });
    }, 80);
    return { api: 'integration' };
  },
  async TollgateCertificateEnding() {
    await certificates.reissue('server', { days_ago: 60, days_left: 3 });
    return { file: certificates.path('server.crt') };
  },
  async TollgateKeyExpiring(one) {
    const keys = join(one.folder, 'keys.yaml');
    const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    writeFileSync(keys, `${readFileSync(keys, 'utf8')}    expires: ${day}\n`);
    return { key: 'real' };
  },
  async TollgateReloadFailing(one) {
    writeFileSync(join(one.folder, 'keys.yaml'), 'keys: [');
    return {};
  },
  async TollgateWindowsNotSaved(one) { // a folder where the file is to be
    rmSync(join(one.folder, 'keys.yaml.windows'));
    mkdirSync(join(one.folder, 'keys.yaml.windows'));
    return {};
  },
  async TollgateFileDescriptorsLow(one, other) {
    const open = await prometheus.value_of(`process_open_fds{instance="${new URL(other.admin).host}"}`);
    const limited = await run('prlimit', [`--pid=${other.tollgate.child.pid}`, `--nofile=${open + 3}:`]);
    assert.equal(limited.status, 0, limited.err);
    return { instance: new URL(other.admin).host };
  },
};

const OUTAGES = {
  async TollgateReplicaDown(one, other) {
    other.tollgate.child.kill('SIGTERM');
    return { instance: new URL(other.admin).host };
  },
  async TollgateDown(one) {
    one.tollgate.child.kill('SIGTERM');
    return { job: 'shop/tollgate' };
  },
};

// Matches what a rule's text becomes.
function filled_in(template) {
  const fixed = template.trim().split(/\{\{.*\}\}/).map((part) => part.replaceAll(/[\\^$*+?.()|[\]{}]/g, '\\$&'));
  return new RegExp(fixed.join('.+'));
}

async function until_mailed(name) {
  const [{ annotations }] = (await prometheus.rules('alerting')).filter((rule) => rule.name === name);
  await eventually(async () => {
    const mail = mail_sink.mails.find(({ text }) => text.includes(`alertname = ${name} `));
    assert.ok(mail, `no mail of ${name}`);
    assert.deepEqual([mail.from, mail.to], ['alerts@shop.test', ['on-call@shop.test']]);
    for (const text of ['summary', 'description']) assert.match(mail.text, filled_in(annotations[text]));
  }, SEEN_WITHIN_MS);
}

function provoke_all(troubles) {
  for (const [name, provoke] of Object.entries(troubles)) {
    test(`${name} fires when there is a reason, and is mailed`, async () => {
      await prometheus.until_fired(name, await provoke(...worlds));
      await until_mailed(name);
    });
  }
}

provoke_all(TROUBLES);

test('what is left to see: calls beyond a limit that is enforced and one in shadow mode, and a budget in use right now', async () => {
  const [one] = worlds;
  for (const times of [205, 20]) { // the first round brings the series into being
    await with_key(one, '/trial/x', times);
    await with_key(one, '/rest/orders/1', 20);
    await prometheus.all_evaluated();
  }
  await with_key(one, graphql, 10);
  await prometheus.all_evaluated();
});

for (const dashboard of DASHBOARDS) {
  test(`every query of ${dashboard.title} tells what has happened`, async () => {
    for (const result of await panels(dashboard)) {
      check_something(result);
      if (!NOTHING_TO_TELL.includes(result.what)) check_told(result);
    }
  });

  test(`whatever is chosen in ${dashboard.title}, there is something to see`, async () => {
    for (const choose of [(found) => found.slice(0, 1), (found) => found.slice(-2)]) {
      for (const result of await panels(dashboard, choose)) check_something(result);
    }
  });
}

provoke_all(OUTAGES);

test('every alert was provoked', async () => {
  assert.deepEqual((await prometheus.names_of('alerting')).sort(), Object.keys({ ...TROUBLES, ...OUTAGES }).sort());
});

test('an alert says all that it is to say', async () => {
  for (const rule of await prometheus.rules('alerting')) {
    for (const { labels, annotations } of rule.alerts) {
      assert.match(labels.severity, /^(critical|warning|info)$/);
      for (const text of [annotations.summary, annotations.description]) assert.doesNotMatch(text, /<no value>|[{}]|  /);
    }
  }
});
