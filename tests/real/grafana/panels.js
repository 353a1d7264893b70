// Runs the queries of a dashboard's panels as Grafana does.
import assert from 'node:assert/strict';
import { fill_in, values_of } from './variables.js';

// Of each query: { what, target, series }, each series with its labels and its samples.
export async function run_panels(dashboard, prometheus, timing, choose = () => []) {
  const values = await values_of(dashboard, timing, prometheus, choose);
  const results = [];
  for (const panel of dashboard.panels) {
    for (const target of panel.targets ?? []) {
      const what = `${dashboard.title}, ${panel.title}, ${target.refId}`;
      const expression = encodeURIComponent(fill_in(target.expr, values, timing));
      const now = Date.now() / 1000;
      const { result } = await prometheus.ask(target.instant ? `query?query=${expression}`
        : `query_range?query=${expression}&start=${now - timing.range_s}&end=${now}&step=${timing.step_s}`);
      const series = result.map((each) => (
        { labels: each.metric, samples: (each.values ?? [each.value]).map(([, value]) => Number(value)) }));
      results.push({ what, panel, target, series });
    }
  }
  return results;
}

const labels_in = (legend) => [...legend.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]);
const legend_of = (legend, labels) => legend.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => labels[name] ?? '');

// Whatever is chosen and however little has happened, there is something to see, and it has a name of its own.
export function check_something({ what, target, series }) {
  assert.notDeepEqual(series, [], what);
  for (const { samples } of series) assert.ok(samples.every((value) => !Number.isNaN(value)), what);
  const legend = target.legendFormat;
  if (legend === '__auto') return;
  const texts = series.map(({ labels }) => legend_of(legend, labels));
  assert.equal(new Set(texts).size, texts.length, `${what}: ${texts}`);
  for (const text of texts) assert.notEqual(text.trim(), '', what);
}

// A series that says that there is nothing is named so: "no calls", "no limits".
const says_nothing = ({ labels }) => Object.values(labels).some((value) => /^no /.test(value));

// After traffic of every kind: series of what happened, not zeros alone, with all the labels that the legend names.
export function check_told({ what, target, series }) {
  const told = series.filter((each) => !says_nothing(each) && each.samples.some((value) => value > 0));
  assert.notDeepEqual(told, [], `${what} tells nothing: ${JSON.stringify(series).slice(0, 300)}`);
  if (target.legendFormat === '__auto') return;
  const known = told.some(({ labels }) => labels_in(target.legendFormat).every((name) => labels[name]));
  assert.ok(known, `${what}: ${target.legendFormat} of ${JSON.stringify(told.map(({ labels }) => labels)).slice(0, 300)}`);
}
