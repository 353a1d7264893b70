// A real Prometheus with the rules of deploy/prometheus, which scrapes Tollgates. Only the times in the rules are shorter, as
// in_seconds() has it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, free_port } from '../support.js';

const RULES = new URL('../../../deploy/prometheus/', import.meta.url);
const RULE_FILES = ['recording_rules.yaml', 'alert_rules.yaml'];
export const SEEN_WITHIN_MS = 20_000;
export const SCRAPE_S = 0.5;

function in_seconds(rules) {
  return rules.replaceAll(/for: \w+/g, 'for: 1s').replaceAll(/offset \w+/g, 'offset 10s');
}

const host = (url) => `"${new URL(url).host}"`;

// The first target is a pod, as in Kubernetes; the others are not.
function config_for({ targets: [pod, ...others], alertmanager }) {
  return `global: {scrape_interval: ${SCRAPE_S * 1000}ms, evaluation_interval: 500ms}
rule_files: [${RULE_FILES.join(', ')}]
alerting: {alertmanagers: [{static_configs: [{targets: [${host(alertmanager)}]}]}]}
scrape_configs:
  - job_name: shop/tollgate
    static_configs:
      - {targets: [${host(pod)}], labels: {namespace: shop, pod: orders-1}}
      - {targets: [${others.map(host).join(', ')}], labels: {namespace: shop}}
`;
}

export class Prometheus {
  // `targets` and `alertmanager` are URLs.
  static async start(watched) {
    const prometheus = new Prometheus();
    prometheus.folder = mkdtempSync(join(tmpdir(), 'tollgate-prometheus-'));
    const { folder } = prometheus;
    for (const file of RULE_FILES) {
      writeFileSync(join(folder, file), in_seconds(readFileSync(new URL(file, RULES), 'utf8')));
    }
    writeFileSync(join(folder, 'prometheus.yml'), config_for(watched));
    const address = `127.0.0.1:${await free_port()}`;
    prometheus.url = `http://${address}`;
    prometheus.child = spawn('prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`, '--log.level=warn'], { stdio: ['ignore', 'inherit', 'inherit'] });
    prometheus.ended = new Promise((resolve) => { prometheus.child.on('exit', resolve); });
    await eventually(async () => assert.ok((await fetch(`${prometheus.url}/-/ready`)).ok), SEEN_WITHIN_MS);
    return prometheus;
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.ended;
    rmSync(this.folder, { recursive: true });
  }

  async ask(path) {
    const answer = await (await fetch(`${this.url}/api/v1/${path}`)).json();
    assert.equal(answer.status, 'success', `${decodeURIComponent(path)}: ${answer.error}`);
    return answer.data;
  }

  // Of an expression, each series with its labels and its value.
  async query(expression) {
    const { result } = await this.ask(`query?query=${encodeURIComponent(expression)}`);
    return result.map(({ metric, value }) => ({ ...metric, value: Number(value[1]) }));
  }

  async value_of(expression) {
    const series = await this.query(expression);
    assert.equal(series.length, 1, expression);
    return series[0].value;
  }

  // `type`: alerting or recording.
  async rules(type) {
    const { groups } = await this.ask('rules');
    return groups.flatMap((group) => group.rules).filter((rule) => type === undefined || rule.type === type);
  }

  async names_of(type) {
    return (await this.rules(type)).map((rule) => rule.name);
  }

  async active_alerts() {
    return (await this.rules('alerting')).filter((rule) => rule.state !== 'inactive').map((rule) => rule.name);
  }

  // Waits until every rule was evaluated after this moment, on metrics that were scraped after it; all must be well.
  async all_evaluated() {
    const begin = Date.now();
    await eventually(async () => {
      const { activeTargets } = await this.ask('targets');
      for (const { lastScrape, health } of activeTargets) {
        assert.equal(health, 'up');
        assert.ok(Date.parse(lastScrape) > begin);
      }
    }, SEEN_WITHIN_MS);
    const scraped = Date.now();
    await eventually(async () => {
      for (const rule of await this.rules()) {
        assert.equal(`${rule.health} ${rule.lastError ?? ''}`, 'ok ', rule.name);
        assert.ok(Date.parse(rule.lastEvaluation) > scraped);
      }
    }, SEEN_WITHIN_MS);
  }

  async until_fired(name, labels) {
    const selector = Object.entries({ alertname: name, alertstate: 'firing', ...labels }).map(([k, v]) => `${k}="${v}"`);
    await eventually(async () => {
      assert.notDeepEqual(await this.query(`max_over_time(ALERTS{${selector}}[1m])`), [], `${name} never fired`);
    }, SEEN_WITHIN_MS);
  }
}
