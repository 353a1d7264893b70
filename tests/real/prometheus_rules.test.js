// The rules of deploy/prometheus by themselves: their tests, the PrometheusRule made of them, and what the README says of them.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './support.js';

const RULES = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));
const TESTS = fileURLToPath(new URL('prometheus_rules/', import.meta.url));
const rules_of = (name) => readFileSync(join(RULES, name), 'utf8');
const RECORDS = rules_of('recording_rules.yaml');
const ALERTS = rules_of('alert_rules.yaml');
const MANIFEST = rules_of('prometheus_rule.yaml');
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const test_files = readdirSync(TESTS).map((name) => join(TESTS, name));

// { name, for, severity, runbook } of each alert, as the file has them.
const alerts = ALERTS.split('- alert: ').slice(1).map((text) => ({
  name: /^\w+/.exec(text)[0],
  for: /^ +for: (\w+)$/m.exec(text)?.[1],
  severity: /^ +labels: \{severity: (\w+)\}$/m.exec(text)?.[1],
  runbook: /^ +runbook: (.+)$/m.exec(text)?.[1],
}));
const names = alerts.map(({ name }) => name);

const matches = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);
const without_comments = (text) => text.replaceAll(/^ *#.*$/gm, '');

// What stands in the first column of a README's table, below the heading.
function first_column(heading) {
  const [table] = README.split(`\n${heading}\n`)[1].split('\n\n');
  return matches(table, /^\| `(\w+)`/gm);
}

async function promtool(...args) {
  const done = await run('promtool', args);
  assert.equal(done.status, 0, done.out + done.err);
  return done.out;
}

test('promtool reads as many rules as there are', async () => {
  const records = matches(RECORDS, /- record: (.+)/g);
  assert.match(await promtool('check', 'rules', join(RULES, 'recording_rules.yaml')), new RegExp(`: ${records.length} rules`));
  assert.match(await promtool('check', 'rules', join(RULES, 'alert_rules.yaml')), new RegExp(`: ${names.length} rules`));
});

for (const file of test_files) {
  test(`the tests of ${file.slice(TESTS.length)} pass`, () => promtool('test', 'rules', file));
}

test('every alert has a test in which it fires, and one in which it is silent', () => {
  const cases = test_files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const fires = [...matches(cases, /alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:/g),
    ...matches(cases, /alertname: (\w+), eval_time: \w+, exp_alerts: \*/g)];
  const silent = matches(cases, /\{alertname: (\w+), eval_time: \w+\}/g);
  for (const found of [fires, silent]) assert.deepEqual([...new Set(found)].sort(), [...names].sort());
});

test('the PrometheusRule is what operator.sh prints, and its spec is a rule file', async () => {
  const printed = await run(join(RULES, 'operator.sh'), []);
  assert.equal(printed.out, MANIFEST, 'deploy/prometheus/operator.sh >deploy/prometheus/prometheus_rule.yaml');
  const spec = MANIFEST.split('\nspec:\n')[1].replaceAll(/^ {2}/gm, '');
  const of_file = (text) => text.split('\ngroups:\n')[1];
  assert.equal(spec, `groups:\n${of_file(RECORDS)}${of_file(ALERTS)}`);
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-rules-'));
  try {
    writeFileSync(join(folder, 'rules.yaml'), spec);
    await promtool('check', 'rules', join(folder, 'rules.yaml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the rules name only metrics, outcomes and bounds that there are', () => {
  const text = without_comments(RECORDS + ALERTS).replaceAll(/^ +(?:summary|description|runbook): .*$/gm, '');
  const records = matches(RECORDS, /- record: (.+)/g);
  const metrics = [...first_column('| metric | type | labels | what it says |\n|---|---|---|---|')];
  for (const [name] of text.matchAll(/\b(?:\w+:)?(?:tollgate|process)_\w+(?::\w+)?/g)) {
    if (['tollgate_records', 'tollgate_alerts'].includes(name)) continue; // the groups
    const known = name.includes(':') ? records : metrics;
    assert.ok(known.includes(name.replace(/_bucket$/, '')), name);
  }
  const known = {
    outcome: ['forwarded', 'answered', ...first_column('| reason | status | when |\n|---|---|---|')],
    bound: first_column('| bound | what was hit |\n|---|---|'),
  };
  for (const [label, values] of Object.entries(known)) {
    const named = matches(text, new RegExp(`\\b${label}[=!]~?"([^"]+)"`, 'g')).flatMap((pattern) => pattern.split('|'));
    assert.notDeepEqual(named, []);
    for (const one of named) assert.ok(values.some((value) => new RegExp(`^(?:${one})$`).test(value)), `${label} ${one}`);
  }
});

test('the README has an entry for every alert, and for no other', () => {
  const section = README.split('\n## When an alert fires\n')[1].split('\n## ')[0];
  const entries = section.split('\n### ').slice(1);
  assert.deepEqual(entries.map((entry) => entry.split('\n')[0]), names);
  for (const [i, entry] of entries.entries()) {
    const { name, severity, runbook, for: time } = alerts[i];
    assert.equal(runbook, `README.md#${name.toLowerCase()}`);
    const after_minutes = time === '1m' ? '1 minute' : time.replace('m', ' minutes');
    assert.equal(entry.split('\n')[2].split(': ')[0], `${severity}, after ${after_minutes}`, name);
    for (const part of ['Look at', 'Do']) assert.match(entry, new RegExp(`^- \\*\\*${part}\\*\\* `, 'm'), name);
    for (const [, metric] of entry.matchAll(/`(\w*(?:tollgate|process)_\w+)/g)) {
      assert.ok(first_column('| metric | type | labels | what it says |\n|---|---|---|---|').includes(metric), metric);
    }
  }
});
