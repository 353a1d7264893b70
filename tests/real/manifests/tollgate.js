// What must hold of a protected pod: its objects and the tollgate.yaml of its ConfigMap fit together.
import yaml from 'js-yaml';
import { containers_of, of_kind, quantity } from './api_server.js';

const SLACK_S = 5; // between the last thing that must end and the kill
const BASE_MEMORY = 64 << 20; // of a busy process, beside the bodies that it holds
const DEFAULTS = { held: '256MiB', drain: '25s' };

const port_of = (address) => Number(String(address).split(':').at(-1));
const seconds = (text) => Number(/^(\d+)s$/.exec(text)?.[1]);
const bytes = (text) => quantity(String(text).replace('iB', 'i'));
const is_protected = ({ metadata }) => metadata.labels?.tollgate !== 'none';
const wait_of = (container) => Number(container?.lifecycle?.preStop?.exec?.command?.at(-1) ?? 0);

// The files of the folder that the pod mounts at /etc/tollgate, as { name: text }.
export function mounted_files(deployment, docs) {
  const pod = deployment.spec.template.spec;
  const tollgate = containers_of(pod).find(({ name }) => name === 'tollgate');
  const mount = tollgate.volumeMounts.find(({ mountPath }) => mountPath === '/etc/tollgate');
  const files = {};
  for (const { configMap, secret } of pod.volumes.find(({ name }) => name === mount.name).projected.sources) {
    const kind = configMap ? 'ConfigMap' : 'Secret';
    const source = of_kind(docs, kind).find((doc) => doc.metadata.name === (configMap ?? secret).name);
    for (const [name, text] of Object.entries(source?.data ?? {})) {
      files[name] = kind === 'Secret' ? Buffer.from(text, 'base64').toString() : text;
    }
  }
  return files;
}

function* probe_rules(container, metrics_port) {
  const paths = { startupProbe: '/readyz', readinessProbe: '/readyz', livenessProbe: '/healthz' };
  for (const [name, path] of Object.entries(paths)) {
    const get = container[name]?.httpGet;
    const port = container.ports.find((one) => one.name === get?.port)?.containerPort ?? get?.port;
    if (get?.path !== path || port !== metrics_port) yield `${name} does not ask for ${path} at metrics.address`;
  }
}

function* end_rules(pod, container, drain) {
  const native = container.restartPolicy === 'Always';
  const grace = pod.terminationGracePeriodSeconds ?? 30;
  const service_wait = Math.max(...pod.containers.filter((one) => one !== container).map(wait_of));
  const own_wait = wait_of(container);
  if (native && container.lifecycle) yield 'a sidecar is told to stop after the service, and has no preStop';
  if (!native && own_wait === 0) yield 'a plain container waits in its preStop until calls go elsewhere';
  if (!native && service_wait < own_wait + drain) yield 'the service ends before Tollgate has finished what it runs';
  if (grace < (native ? service_wait : own_wait) + drain + SLACK_S) {
    yield `terminationGracePeriodSeconds ${grace} is too short for the preStop and drain.timeout ${drain} s`;
  }
}

function* container_rules(pod, container, config) {
  const numbers = (container.ports ?? []).map((port) => port.containerPort);
  const [listen, metrics] = [port_of(config.listen?.[0]?.address), port_of(config.metrics?.address)];
  if (!numbers.includes(listen) || !numbers.includes(metrics)) yield 'its ports are not those of listen and metrics';
  if (container.volumeMounts.some((mount) => mount.subPath || mount.subPathExpr)) yield 'a subPath mount is never updated';
  if (container.securityContext?.runAsUser !== 65532) yield "does not run as the image's user";
  const memory = quantity(container.resources?.limits?.memory);
  if (!(memory >= bytes(config.connections?.max_held_bytes ?? DEFAULTS.held) + BASE_MEMORY)) {
    yield 'its memory does not hold connections.max_held_bytes';
  }
  const snapshot = config.limits?.store?.snapshot;
  const writable = container.volumeMounts.filter((mount) => !mount.readOnly).map((mount) => `${mount.mountPath}/`);
  if (snapshot && !writable.some((path) => snapshot.startsWith(path))) yield `${snapshot} is not where it can write`;
  yield* probe_rules(container, metrics);
  yield* end_rules(pod, container, seconds(config.drain?.timeout ?? DEFAULTS.drain));
}

function* way_in(docs, config) {
  const listen = port_of(config.listen?.[0]?.address);
  const allowed = new Set([listen, port_of(config.metrics?.address)]);
  for (const { metadata, spec } of of_kind(docs, 'Service').filter(is_protected)) {
    if (spec.ports[0].targetPort !== listen) yield `Service ${metadata.name} passes Tollgate by`;
  }
  const policies = of_kind(docs, 'NetworkPolicy');
  if (policies.length === 0) yield 'there is no NetworkPolicy';
  for (const rule of policies.flatMap((doc) => doc.spec.ingress)) {
    if (!rule.ports?.length || rule.ports.some(({ port }) => !allowed.has(port))) yield 'a NetworkPolicy opens another way in';
  }
}

// What is wrong with the set; each Deployment that is not labelled "tollgate: none" is protected.
export function tollgate_faults(docs) {
  const faults = [];
  for (const deployment of of_kind(docs, 'Deployment').filter(is_protected)) {
    const pod = deployment.spec.template.spec;
    const container = containers_of(pod).find(({ name }) => name === 'tollgate');
    if (!container) {
      faults.push(`Deployment/${deployment.metadata.name}: has no Tollgate`);
      continue;
    }
    if (pod.initContainers?.indexOf(container) > 0) faults.push('Tollgate does not start first');
    const config = yaml.load(mounted_files(deployment, docs)['tollgate.yaml'] ?? '') ?? {};
    faults.push(...container_rules(pod, container, config), ...way_in(docs, config));
  }
  return faults;
}
