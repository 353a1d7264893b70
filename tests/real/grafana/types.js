// Whether a dashboard is what Grafana knows: its parts are typed by the interfaces that Grafana generates from its own schema
// (@grafana/grafana-foundation-sdk), so that unknown fields, wrong types and values outside an enumeration are found.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from '../typescript.js';

const SDK = '@grafana/grafana-foundation-sdk';
const SDK_FOLDER = fileURLToPath(new URL(`../node_modules/${SDK}/dist/`, import.meta.url));

// Enumerations become their values, methods go; everything else stays, so that excess fields are refused.
const PRELUDE = `
import type * as dashboard from '${SDK}/dashboard';
import type * as prometheus from '${SDK}/prometheus';
type NumberIn<T extends number> = number extends T ? number : \`\${T}\` extends \`\${infer N extends number}\` ? N : never;
type Loose<T> = T extends string ? \`\${T}\` : T extends number ? NumberIn<T>
  : T extends boolean | null | undefined ? T : T extends (...a: any[]) => any ? never
  : T extends (infer U)[] ? Loose<U>[]
  : T extends object ? { [K in keyof T as K extends \`_\${string}\` ? never : K]: Loose<T[K]> } : T;
type Query = Loose<Omit<prometheus.Dataquery, '_implementsDataqueryVariant'>>;
type Field = Loose<Omit<dashboard.FieldConfigSource, 'defaults'>>
  & { defaults: Loose<Omit<dashboard.FieldConfig, 'custom'>> };`;

// { what, type, value }: each part of the dashboard with the type that it must have.
function* typed_parts({ panels, ...top }) {
  yield { what: 'dashboard', type: "Loose<Omit<dashboard.Dashboard, 'panels'>>", value: top };
  for (const { targets = [], options, fieldConfig, panels: inner, ...rest } of panels) {
    const what = `panel "${rest.title}"`;
    if (rest.type === 'row') {
      yield { what, type: "Loose<Omit<dashboard.RowPanel, 'panels'>>", value: rest };
      continue;
    }
    const own = `import('${SDK}/${rest.type}')`;
    yield { what, type: "Loose<Omit<dashboard.Panel, 'targets' | 'options' | 'fieldConfig'>>", value: rest };
    for (const target of targets) yield { what: `${what}, query ${target.refId}`, type: 'Query', value: target };
    const { custom, ...defaults } = fieldConfig.defaults;
    yield { what, type: 'Field', value: { ...fieldConfig, defaults } };
    yield { what, type: `Loose<Partial<${own}.Options>>`, value: options };
    if (custom) yield { what, type: `Loose<Partial<${own}.FieldConfig>>`, value: custom };
  }
}

export function type_faults(dashboard) {
  const lines = PRELUDE.split('\n');
  const owners = [];
  const faults = [];
  for (const { what, type, value } of typed_parts(dashboard)) {
    if (value.type && value.gridPos && value.type !== 'row' && !existsSync(SDK_FOLDER + value.type)) {
      faults.push(`${what}: Grafana has no panel of type ${value.type}`);
    }
    for (const line of `export const v${lines.length}: ${type} = ${JSON.stringify(value, null, 1)};`.split('\n')) {
      owners[lines.length] = what;
      lines.push(line);
    }
  }
  const found = compile(lines.join('\n'));
  return [...faults, ...found.map(({ line, message }) => `${owners[line]}: ${message} [${lines[line].trim()}]`)];
}
