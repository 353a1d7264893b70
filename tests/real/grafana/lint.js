// What makes a dashboard portable and readable, beyond what its types say.
const NEEDS_UNIT = ['timeseries', 'stat', 'bargauge', 'table', 'heatmap'];
const GRID_COLUMNS = 24;
const BUILT_IN = /^(__rate_interval|__interval|__range|__all|\d+)$/; // $1 is label_replace's

const variables_in = (value) => [...JSON.stringify(value).matchAll(/\$\{?(\w+)/g)].map((match) => match[1]);

function overlap(one, other) {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}

function repeated(values) {
  return values.filter((value, i) => values.indexOf(value) !== i);
}

function* faults_of_variables({ templating, panels }) {
  const { list } = templating;
  const names = list.map(({ name }) => name);
  if (list[0]?.type !== 'datasource' || list[0].query !== 'prometheus') yield 'the first variable is no Prometheus data source';
  for (const name of repeated(names)) yield `two variables $${name}`;
  for (const variable of list) {
    const others = [panels, list.filter((other) => other !== variable)];
    if (!variables_in(others).includes(variable.name)) yield `$${variable.name} is used nowhere`;
    if (!variable.label || !variable.description) yield `$${variable.name} has no label or no description`;
    if (variable.type === 'query' && variable.refresh !== 2) yield `$${variable.name} does not follow the time range`;
  }
  for (const used of new Set(variables_in([panels, list]))) {
    if (!names.includes(used) && !BUILT_IN.test(used)) yield `$${used} is no variable`;
  }
}

function* faults_of_query({ refId, expr, datasource }) {
  if (datasource?.uid !== '${datasource}') yield `${refId}: its data source is not the variable`;
  if (!expr) yield `${refId}: no expression`;
  for (const [, span] of (expr ?? '').matchAll(/\[([^\]]+)\]/g)) {
    if (!['$__rate_interval', '$__range'].includes(span)) yield `${refId}: a fixed span, [${span}]`;
  }
}

function* faults_of_panel({ title, description, type, gridPos, datasource, targets, fieldConfig }) {
  if (gridPos.x + gridPos.w > GRID_COLUMNS) yield 'it ends outside the grid';
  if (!title) yield 'no title';
  if (type === 'row') return;
  if (!description?.endsWith('.')) yield 'no description';
  if (datasource?.uid !== '${datasource}') yield 'its data source is not the variable';
  const { unit, thresholds } = fieldConfig.defaults;
  if (NEEDS_UNIT.includes(type) && !unit) yield 'no unit';
  if (!thresholds?.steps.length) yield 'no thresholds';
  if (!targets.length) yield 'no query';
  for (const id of repeated(targets.map(({ refId }) => refId))) yield `two queries ${id}`;
  for (const target of targets) yield* faults_of_query(target);
}

export function* faults(dashboard) {
  if (!dashboard.uid || !dashboard.title || !dashboard.description) yield 'no uid, title or description';
  if (dashboard.id !== null) yield 'an id, which is for Grafana to give';
  yield* faults_of_variables(dashboard);
  const { panels } = dashboard;
  for (const id of repeated(panels.map((panel) => panel.id))) yield `two panels with the id ${id}`;
  for (const title of repeated(panels.map((panel) => panel.title))) yield `two panels "${title}"`;
  for (const [i, panel] of panels.entries()) {
    for (const fault of faults_of_panel(panel)) yield `"${panel.title}": ${fault}`;
    for (const other of panels.slice(0, i)) {
      if (overlap(panel.gridPos, other.gridPos)) yield `"${panel.title}" overlaps "${other.title}"`;
    }
  }
}
