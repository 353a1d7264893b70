// What Grafana puts into a dashboard's queries before it sends them: variables, and the spans of time.
import assert from 'node:assert/strict';

// As Grafana escapes a value of a variable that may have several: for a regular expression within a PromQL string.
const in_regex = (value) => value.replaceAll(/[\\^$*+?.()|[\]{}]/g, '\\\\$&');

// `timing`: seconds of the dashboard's range and between two scrapes.
function spans({ range_s, scrape_s, step_s }) {
  const rate_s = Math.max(step_s + scrape_s, 4 * scrape_s);
  return { __range: `${Math.ceil(range_s)}s`, __rate_interval: `${Math.ceil(rate_s)}s`, __interval: `${step_s}s` };
}

export function fill_in(text, values, timing) {
  const all = { ...spans(timing), ...values };
  const filled = text.replaceAll(/\$(\w+)|\$\{(\w+)\}/g, (whole, bare, braced) => all[bare ?? braced] ?? whole);
  assert.doesNotMatch(filled, /\$[a-z_{]/, text);
  return filled;
}

// The values that a variable offers.
function offered({ query }, values, timing, prometheus) {
  const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(fill_in(query, values, timing));
  return prometheus.ask(`label/${label}/values?match[]=${encodeURIComponent(selector)}`);
}

// `choose` picks from the values that a variable offers; nothing stands for All.
export async function values_of({ templating }, timing, prometheus, choose) {
  const values = {};
  for (const variable of templating.list) {
    if (variable.type === 'datasource') {
      values[variable.name] = 'prometheus';
      continue;
    }
    const found = await offered(variable, values, timing, prometheus);
    const chosen = choose(found);
    const one_of = (several) => (several.length === 1 ? in_regex(several[0]) : `(${several.map(in_regex).join('|')})`);
    values[variable.name] = chosen.length > 0 ? one_of(chosen) : variable.allValue ?? one_of(found);
  }
  return values;
}
