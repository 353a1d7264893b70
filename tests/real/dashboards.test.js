// The dashboards of deploy/grafana by themselves. What their queries answer, prometheus.test.js asks a real Prometheus.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DASHBOARDS } from './grafana/dashboards.js';
import { faults } from './grafana/lint.js';
import { type_faults } from './grafana/types.js';

const [OVERVIEW] = DASHBOARDS;

for (const dashboard of DASHBOARDS) {
  test(`${dashboard.title} is what Grafana's own types say`, () => assert.deepEqual(type_faults(dashboard), []));
  test(`${dashboard.title} is portable and readable`, () => assert.deepEqual([...faults(dashboard)], []));
}

test('the dashboards have different names and link to each other', () => {
  for (const name of ['uid', 'title']) assert.equal(new Set(DASHBOARDS.map((each) => each[name])).size, DASHBOARDS.length);
  for (const { tags, links } of DASHBOARDS) assert.ok(links.some((link) => link.includeVars && tags.includes(link.tags[0])));
});

// The checks themselves find what they are to find.
const BROKEN = {
  'is not assignable': (board) => { board.panels[1].options.colorMode = 'loud'; },
  'may only specify known properties': (board) => { board.panels[1].fieldConfig.defaults.unitt = 's'; },
  'Grafana has no panel of type graph': (board) => { board.panels[1].type = 'graph'; },
  'no uid': (board) => { delete board.uid; },
  'an id': (board) => { board.id = 7; },
  '$key is used nowhere': (board) => {
    for (const panel of board.panels) {
      for (const target of panel.targets ?? []) target.expr = target.expr.replaceAll(', key=~"$key"', '');
    }
  },
  '$nobody is no variable': (board) => { board.panels[1].targets[0].expr = 'x{a="$nobody"}'; },
  'does not follow the time range': (board) => { board.templating.list[1].refresh = 1; },
  'the first variable is no Prometheus data source': (board) => { board.templating.list.shift(); },
  'two panels with the id': (board) => { board.panels[2].id = board.panels[1].id; },
  'overlaps': (board) => { board.panels[2].gridPos = board.panels[1].gridPos; },
  'outside the grid': (board) => { board.panels[1].gridPos.w = 25; },
  'no description': (board) => { delete board.panels[1].description; },
  'no unit': (board) => { delete board.panels[1].fieldConfig.defaults.unit; },
  'no thresholds': (board) => { delete board.panels[1].fieldConfig.defaults.thresholds; },
  'a fixed span, [5m]': (board) => { board.panels[1].targets[0].expr = 'rate(x[5m])'; },
  'its data source is not the variable': (board) => { board.panels[1].targets[0].datasource.uid = 'abc'; },
  'two queries A': (board) => { board.panels[1].targets[1].refId = 'A'; },
};
for (const [fault, break_it] of Object.entries(BROKEN)) {
  test(`a broken dashboard is found: ${fault}`, () => {
    const board = structuredClone(OVERVIEW);
    break_it(board);
    const has_it = (found) => found.some((each) => each.includes(fault));
    assert.ok(has_it([...faults(board)]) || has_it(type_faults(board)));
  });
}
