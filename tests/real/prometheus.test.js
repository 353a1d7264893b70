// A real Prometheus watches two real Tollgates by the rules of deploy/prometheus: idle, under traffic of many kinds, and in
// every trouble that can be made here. Only the times in the rules are shorter, as in_seconds() has it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WITH_KEY, World, eventually, free_port, run } from './support.js';

const RULES = new URL('../../deploy/prometheus/', import.meta.url);
const RULE_FILES = ['recording_rules.yaml', 'alert_rules.yaml'];
const CONFIG = fileURLToPath(new URL('watched.yaml', import.meta.url));
const SEEN_WITHIN_MS = 20_000;
// Nothing that a test can do to a healthy Tollgate from outside makes it slow; promtool tests this one.
const NOT_PROVOKED = ['TollgateAddsLatency'];

let worlds = [];
let folder;
let prometheus;
let prometheus_url;

function in_seconds(rules) {
  return rules.replaceAll(/for: \w+/g, 'for: 1s').replaceAll(/offset \w+/g, 'offset 10s');
}

function prometheus_config() {
  const targets = worlds.map((world) => `"${new URL(world.admin).host}"`).join(', ');
  return `global: {scrape_interval: 500ms, evaluation_interval: 500ms}
rule_files: [${RULE_FILES.join(', ')}]
scrape_configs:
  - job_name: shop/tollgate
    static_configs: [{targets: [${targets}], labels: {namespace: shop}}]
`;
}

async function start_prometheus() {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-prometheus-'));
  for (const file of RULE_FILES) {
    writeFileSync(join(folder, file), in_seconds(readFileSync(new URL(file, RULES), 'utf8')));
  }
  writeFileSync(join(folder, 'prometheus.yml'), prometheus_config());
  const address = `127.0.0.1:${await free_port()}`;
  prometheus_url = `http://${address}`;
  prometheus = spawn('prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=${address}`, '--log.level=warn'], { stdio: ['ignore', 'inherit', 'inherit'] });
  prometheus.ended = new Promise((resolve) => { prometheus.on('exit', resolve); });
  await eventually(async () => assert.ok((await fetch(`${prometheus_url}/-/ready`)).ok), SEEN_WITHIN_MS);
}

before(async () => {
  worlds = await Promise.all([World.start(CONFIG), World.start(CONFIG)]);
  await start_prometheus();
});
after(async () => {
  prometheus?.kill('SIGTERM');
  await prometheus?.ended;
  await Promise.all(worlds.map((world) => world.stop()));
  rmSync(folder, { recursive: true });
});

async function ask(path) {
  const answer = await (await fetch(`${prometheus_url}/api/v1/${path}`)).json();
  assert.equal(answer.status, 'success', `${path}: ${answer.error}`);
  return answer.data;
}

// Of an expression, each series with its labels and its value.
async function query(expression) {
  const { result } = await ask(`query?query=${encodeURIComponent(expression)}`);
  return result.map(({ metric, value }) => ({ ...metric, value: Number(value[1]) }));
}

async function value_of(expression) {
  const series = await query(expression);
  assert.equal(series.length, 1, expression);
  return series[0].value;
}

async function rules() {
  const { groups } = await ask('rules');
  return groups.flatMap((group) => group.rules);
}

async function names_of(type) {
  return (await rules()).filter((rule) => rule.type === type).map((rule) => rule.name);
}

async function active_alerts() {
  return (await rules()).filter((rule) => rule.type === 'alerting' && rule.state !== 'inactive').map((rule) => rule.name);
}

// Waits until every rule was evaluated after this moment, on metrics that were scraped after it; all must be well.
async function all_evaluated() {
  const begin = Date.now();
  await eventually(async () => {
    const { activeTargets } = await ask('targets');
    for (const { lastScrape, health } of activeTargets) {
      assert.equal(health, 'up');
      assert.ok(Date.parse(lastScrape) > begin);
    }
  }, SEEN_WITHIN_MS);
  const scraped = Date.now();
  await eventually(async () => {
    for (const rule of await rules()) {
      assert.equal(`${rule.health} ${rule.lastError ?? ''}`, 'ok ', rule.name);
      assert.ok(Date.parse(rule.lastEvaluation) > scraped);
    }
  }, SEEN_WITHIN_MS);
}

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

// Calls that count; the first of a kind only brings its series into being, and a rate begins with the second.
async function after_a_first(make_calls, times) {
  await make_calls(1);
  await all_evaluated();
  await make_calls(times);
}

async function until_fired(name, labels) {
  const selector = Object.entries({ alertname: name, alertstate: 'firing', ...labels }).map(([k, v]) => `${k}="${v}"`);
  await eventually(async () => {
    assert.notDeepEqual(await query(`max_over_time(ALERTS{${selector}}[1m])`), [], `${name} never fired`);
  }, SEEN_WITHIN_MS);
}

test('promtool finds nothing wrong with the metrics', async () => {
  for (const world of worlds) {
    const metrics = await (await fetch(`${world.admin}/metrics`)).text();
    const check = await run('promtool', ['check', 'metrics'], metrics);
    assert.equal(`${check.status} ${check.out}${check.err}`, '0 ');
  }
});

test('an idle system is silent, and has no rule that fails', async () => {
  await all_evaluated();
  await eventually(async () => assert.deepEqual(await active_alerts(), []), SEEN_WITHIN_MS);
  for (const name of await names_of('recording')) {
    for (const series of await query(name)) assert.ok(Number.isFinite(series.value), JSON.stringify(series));
  }
});

test('traffic of several kinds: every recording rule gives series, and no alert has a reason', async () => {
  const kinds = async (times) => {
    assert.deepEqual(await call(worlds[0], '/rest/healthz', 60 * times), [200]);
    assert.deepEqual(await with_key(worlds[0], '/rest/orders/1', 4 * times), [200]);
    for (const world of worlds) {
      const graphql = `/graphql?query=${encodeURIComponent('{orders(limit: 1) {number}}')}`;
      assert.deepEqual(await with_key(world, graphql, 2 * times), [200]);
      assert.deepEqual(await with_key(world, '/rest/orders/1'), [200]);
      assert.deepEqual(await with_key(world, '/rest/.tollgate/limits'), [200]);
      assert.deepEqual(await call(world, '/rest/orders/1'), [401]);
      assert.deepEqual(await call(world, '/rest/orders/1', 1, { headers: { 'API-Authorization': 'wrong' } }), [401]);
      assert.deepEqual(await with_key(world, '/graphql?query={'), [400]);
    }
  };
  await after_a_first(kinds, 4);
  await all_evaluated();
  await eventually(async () => {
    for (const { name, query: expression } of (await rules()).filter((rule) => rule.type === 'recording')) {
      for (const series of [await query(name), await query(expression)]) {
        assert.notDeepEqual(series, [], name);
        for (const { value } of series) assert.ok(Number.isFinite(value) && value >= 0, `${name}: ${value}`);
      }
    }
  }, SEEN_WITHIN_MS); // the forecasts look back
  assert.deepEqual(await active_alerts(), []);
});

test('what the recording rules say is right', async () => {
  const fullest = 'job_scope:tollgate_limit_utilization_ratio:max{scope="key:real", group="orders", window="1h"}';
  assert.equal(await value_of(fullest), (4 + 16 + 2 + 2) / 200); // orders of the first replica, and its own limits
  const horizons = await query('job_scope:tollgate_limit_utilization_ratio:forecast{scope="key:real", group="orders"}');
  assert.deepEqual(horizons.map(({ window, horizon }) => `${window} ${horizon}`).sort(), ['1d 4h', '1h 15m', '30d 1d']);
  assert.equal(await value_of('job_api:tollgate_upstream_failures:ratio_rate5m{api="orders"}'), 0);
  const share = await value_of('sum(job_api_outcome:tollgate_refusals:ratio_rate5m)');
  const calls = 'sum(increase(tollgate_requests_total[5m]))';
  const refused = 'sum(increase(tollgate_requests_total{outcome=~"key_missing|key_unknown|graphql_invalid"}[5m]))';
  const told = await value_of(`${refused} / ${calls}`);
  assert.ok(Math.abs(share - told) < 0.02, `${share} beside ${told}`);
  assert.ok(await value_of('max(job_api:tollgate_added_duration_seconds:p99_5m{api="orders"})') > 0);
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
    const stream = new AbortController();
    await fetch(`${one.url}/live/events?count=1000&every=1000`, { headers: WITH_KEY, signal: stream.signal });
    const statuses = await Promise.all(Array.from({ length: 30 }, () => with_key(one, '/live/events')));
    stream.abort();
    assert.deepEqual(new Set(statuses.flat()), new Set([503]));
    return { bound: 'upstream_connections' };
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
    const open = await value_of(`process_open_fds{instance="${new URL(other.admin).host}"}`);
    const limited = await run('prlimit', [`--pid=${other.tollgate.child.pid}`, `--nofile=${open + 3}:`]);
    assert.equal(limited.status, 0, limited.err);
    return { instance: new URL(other.admin).host };
  },
  async TollgateReplicaDown(one, other) {
    other.tollgate.child.kill('SIGTERM');
    return { instance: new URL(other.admin).host };
  },
  async TollgateDown(one) {
    one.tollgate.child.kill('SIGTERM');
    return { job: 'shop/tollgate' };
  },
};

for (const [name, provoke] of Object.entries(TROUBLES)) {
  test(`${name} fires when there is a reason`, async () => {
    await until_fired(name, await provoke(...worlds));
  });
}

test('every alert was provoked', async () => {
  assert.deepEqual((await names_of('alerting')).sort(), [...Object.keys(TROUBLES), ...NOT_PROVOKED].sort());
});

test('an alert says all that it is to say', async () => {
  for (const rule of (await rules()).filter(({ type }) => type === 'alerting')) {
    for (const { labels, annotations } of rule.alerts) {
      assert.match(labels.severity, /^(critical|warning|info)$/);
      for (const text of [annotations.summary, annotations.description]) assert.doesNotMatch(text, /<no value>|[{}]|  /);
    }
  }
});
