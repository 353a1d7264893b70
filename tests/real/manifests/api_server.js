// Rules of the API server and of kubelet that no schema states, and what must hold between the objects of one set.
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const PORT_NAME = /^(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;
const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'];
const HANDLERS = ['httpGet', 'tcpSocket', 'exec', 'grpc', 'sleep'];
// Fields that came after 1.29: there the API server does not know them, or drops them.
const LATER_THAN_1_29 = ['appArmorProfile', 'trafficDistribution', 'stopSignal', 'supplementalGroupsPolicy', 'sleep',
  'hostnameOverride', 'recursiveReadOnly', 'restartPolicyRules'];

const UNITS = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

export const quantity = (text) => {
  const [, number, unit] = /^([0-9.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(String(text)) ?? [];
  return number * (UNITS[unit] ?? 1); // NaN: it is none
};
export const pod_of = (doc) => (doc.kind === 'Deployment' ? doc.spec.template.spec : undefined);
export const containers_of = (pod) => [...(pod.initContainers ?? []), ...pod.containers];
export const of_kind = (docs, kind) => docs.filter((doc) => doc.kind === kind);
const selects = (selector, labels) => Object.entries(selector ?? {}).every(([k, v]) => labels?.[k] === v);
const ports_of = (pod) => containers_of(pod).flatMap((container) => container.ports ?? []);

function* ports(container) {
  for (const { name, containerPort } of container.ports ?? []) {
    if (!(containerPort >= 1 && containerPort <= 65535)) yield `port ${containerPort} is none`;
    if (name !== undefined && !PORT_NAME.test(name)) yield `port name ${name} is not of at most 15 letters, digits and "-"`;
  }
}

function* hooks(container) {
  const names = new Set((container.ports ?? []).map((port) => port.name));
  const { preStop, postStart } = container.lifecycle ?? {};
  for (const hook of [...PROBES.map((name) => container[name]), preStop, postStart]) {
    if (!hook) continue;
    const port = (hook.httpGet ?? hook.tcpSocket)?.port;
    if (typeof port === 'string' && !names.has(port)) yield `a probe names the port ${port}, which it does not have`;
    const count = HANDLERS.filter((name) => hook[name]).length;
    if (count !== 1) yield `a probe or hook has one handler, not ${count}`;
  }
}

function* init_rules(container) {
  if (container.restartPolicy === 'Always') return;
  if (container.restartPolicy !== undefined) yield 'restartPolicy of an init container is Always or left out';
  for (const name of [...PROBES, 'lifecycle']) if (container[name]) yield `${name} is for sidecars alone`;
}

function* mounts(container, pod) {
  const volumes = new Set((pod.volumes ?? []).map((volume) => volume.name));
  const paths = new Set();
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    if (!volumes.has(name)) yield `mounts the volume ${name}, which is not there`;
    if (paths.has(mountPath)) yield `mounts two volumes at ${mountPath}`;
    paths.add(mountPath);
  }
}

function* resources(container) {
  const { requests = {}, limits = {} } = container.resources ?? {};
  for (const [what, value] of Object.entries(requests)) {
    if (quantity(value) > quantity(limits[what])) yield `requests ${what} ${value}, above its limit ${limits[what]}`;
  }
}

// Pod Security "restricted", and a root folder that cannot be written.
function* restricted(container) {
  const context = container.securityContext ?? {};
  if (context.runAsNonRoot !== true) yield 'may run as root';
  if (context.allowPrivilegeEscalation !== false) yield 'may gain privileges';
  if (context.readOnlyRootFilesystem !== true) yield 'may write its root folder';
  if (!context.capabilities?.drop?.includes('ALL') || context.capabilities.add) yield 'has capabilities';
  if (context.seccompProfile?.type !== 'RuntimeDefault') yield 'has no seccomp profile';
}

function* pod_rules(pod) {
  const names = new Set();
  for (const container of containers_of(pod)) {
    const init = pod.initContainers?.includes(container);
    const rules = [ports(container), hooks(container), mounts(container, pod), resources(container), restricted(container)];
    if (init) rules.push(init_rules(container));
    else if (container.restartPolicy) rules.push(['restartPolicy is for init containers']);
    if (!LABEL.test(container.name)) rules.push(['its name is not a DNS label']);
    if (names.has(container.name)) rules.push(['its name is used twice']);
    if (!container.image) rules.push(['has no image']);
    names.add(container.name);
    for (const rule of rules) for (const fault of rule) yield `container ${container.name}: ${fault}`;
  }
}

// ConfigMaps and Secrets that a pod's volumes name are in the set.
function* references(pod, docs) {
  for (const volume of pod.volumes ?? []) {
    for (const source of volume.projected?.sources ?? [volume]) {
      const names = { ConfigMap: source.configMap?.name, Secret: source.secret?.name ?? source.secret?.secretName };
      for (const [kind, name] of Object.entries(names)) {
        if (name && !docs.some((doc) => doc.kind === kind && doc.metadata.name === name)) yield `there is no ${kind} ${name}`;
      }
    }
  }
}

function* later_fields(value) {
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    if (LATER_THAN_1_29.includes(name)) yield `${name} is not in Kubernetes 1.29`;
    yield* later_fields(inner);
  }
}

function* deployment_rules(doc, docs) {
  const { selector, template } = doc.spec;
  if (!selects(selector.matchLabels, template.metadata?.labels)) yield 'the selector does not match the labels of the pods';
  yield* pod_rules(template.spec);
  yield* references(template.spec, docs);
}

function* service_rules(doc, docs) {
  const pods = of_kind(docs, 'Deployment').filter(({ spec }) => selects(doc.spec.selector, spec.template.metadata.labels));
  if (pods.length === 0) yield 'it selects no pod';
  for (const { port, targetPort = port } of doc.spec.ports) {
    // Before 1.33 a name finds the ports of main containers alone.
    const found = pods.every(({ spec: { template: { spec } } }) => (typeof targetPort === 'string'
      ? spec.containers.some((container) => container.ports?.some(({ name }) => name === targetPort))
      : ports_of(spec).some(({ containerPort }) => containerPort === targetPort)));
    if (!found) yield `there is no port ${targetPort} in its pods`;
  }
}

function* policy_rules(doc, docs) {
  const pods = of_kind(docs, 'Deployment').filter(({ spec }) => (
    selects(doc.spec.podSelector.matchLabels, spec.template.metadata.labels)));
  if (pods.length === 0) yield 'it selects no pod';
  for (const { port } of (doc.spec.ingress ?? []).flatMap((rule) => rule.ports ?? [])) {
    if (typeof port === 'string') yield `names the port ${port}, and not every network finds the names of sidecars' ports`;
  }
}

function* monitor_rules(doc, docs) {
  const pods = of_kind(docs, 'Deployment').filter(({ spec }) => (
    selects(doc.spec.selector.matchLabels, spec.template.metadata.labels)));
  if (pods.length === 0) yield 'it selects no pod';
  for (const { port } of doc.spec.podMetricsEndpoints) {
    const found = pods.every(({ spec }) => ports_of(spec.template.spec).some(({ name }) => name === port));
    if (!found) yield `there is no port ${port} in its pods`;
  }
}

const RULES = { Deployment: deployment_rules, Service: service_rules, NetworkPolicy: policy_rules, PodMonitor: monitor_rules };

// What is wrong with the documents of one set.
export function api_server_faults(docs) {
  const faults = [];
  const seen = new Set();
  for (const doc of docs) {
    const id = `${doc.kind}/${doc.metadata?.name}`;
    if (seen.has(id)) faults.push(`${id}: is there twice`);
    seen.add(id);
    for (const fault of RULES[doc.kind]?.(doc, docs) ?? []) faults.push(`${id}: ${fault}`);
    if (doc.kind !== 'ConfigMap') for (const fault of later_fields(doc.spec)) faults.push(`${id}: ${fault}`);
  }
  return faults;
}
