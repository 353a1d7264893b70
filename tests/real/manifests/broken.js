// Manifests with one fault each: [what is wrong, how it is made from the example, what the check says].
import { of_kind } from './api_server.js';

const deployment = (docs) => of_kind(docs, 'Deployment')[0];
const pod = (docs) => deployment(docs).spec.template.spec;
const tollgate = (docs) => pod(docs).initContainers[0];
const service = (docs) => of_kind(docs, 'Service')[0];
const policy = (docs) => of_kind(docs, 'NetworkPolicy')[0];
const monitor = (docs) => of_kind(docs, 'PodMonitor')[0];

function configure(docs, from, to) {
  const { data } = of_kind(docs, 'ConfigMap')[0];
  if (!data['tollgate.yaml'].includes(from)) throw new Error(`tollgate.yaml does not hold ${from}`);
  data['tollgate.yaml'] = data['tollgate.yaml'].replace(from, to);
}

const rename = (object, from, to) => {
  object[to] = object[from];
  delete object[from];
};

const TYPES = [
  ['a misspelt field', (d) => rename(tollgate(d), 'readinessProbe', 'readynessProbe'), /readynessProbe.*does not exist/],
  ['a field in the wrong place', (d) => { pod(d).capabilities = {}; }, /capabilities.*does not exist/],
  ['a misspelt field of a PodMonitor', (d) => rename(monitor(d).spec, 'selector', 'selektor'), /selektor|selector/],
  ['a list that is a text', (d) => { tollgate(d).ports = 'x'; }, /ports/],
  ['a number that is a text', (d) => { pod(d).terminationGracePeriodSeconds = '45'; }, /terminationGracePeriodSeconds|integer/],
  ['a quantity that is none', (d) => { tollgate(d).resources.limits.memory = '1 GB'; }, /format "quantity"/],
  ['a kind that does not exist', (d) => { policy(d).kind = 'NetworkPolice'; }, /there is no kind NetworkPolice/],
];

const API_SERVER = [
  ['a sidecar that restarts on failure', (d) => { tollgate(d).restartPolicy = 'OnFailure'; }, /restartPolicy of an init/],
  ['probes of a plain init container', (d) => { delete tollgate(d).restartPolicy; }, /startupProbe is for sidecars/],
  ['a restartPolicy of a main container', (d) => { pod(d).containers[0].restartPolicy = 'Always'; }, /is for init containers/],
  ['a port above 65535', (d) => { tollgate(d).ports[0].containerPort = 99999; }, /port 99999 is none/],
  ['a long port name', (d) => { tollgate(d).ports[0].name = 'tollgate-metrics'; }, /at most 15/],
  ['a probe of an unknown port', (d) => { tollgate(d).livenessProbe.httpGet.port = 'admin'; }, /names the port admin/],
  ['a probe with two handlers', (d) => { tollgate(d).livenessProbe.exec = { command: ['x'] }; }, /one handler, not 2/],
  ['a mount without volume', (d) => { pod(d).volumes.pop(); }, /mounts the volume tollgate-state, which/],
  ['two mounts at one place', (d) => { tollgate(d).volumeMounts[1].mountPath = '/etc/tollgate'; }, /two volumes at/],
  ['a request above its limit', (d) => { tollgate(d).resources.requests.memory = '1Gi'; }, /requests memory 1Gi/],
  ['a selector of other pods', (d) => { deployment(d).spec.selector.matchLabels = { app: 'x' }; }, /does not match the labels/],
  ['a name that is no label', (d) => { tollgate(d).name = 'Tollgate_1'; }, /not a DNS label/],
  ['a name used twice', (d) => { pod(d).containers[0].name = 'tollgate'; }, /name is used twice/],
  ['no image', (d) => { tollgate(d).image = ''; }, /has no image/],
  ['root', (d) => { tollgate(d).securityContext.runAsNonRoot = false; }, /may run as root/],
  ['privileges', (d) => { delete tollgate(d).securityContext.allowPrivilegeEscalation; }, /may gain privileges/],
  ['a writable root folder', (d) => { tollgate(d).securityContext.readOnlyRootFilesystem = false; }, /may write its root/],
  ['capabilities', (d) => { tollgate(d).securityContext.capabilities.add = ['NET_ADMIN']; }, /has capabilities/],
  ['no seccomp profile', (d) => { delete tollgate(d).securityContext.seccompProfile; }, /no seccomp profile/],
  ['no Secret', (d) => d.splice(d.findIndex(({ kind }) => kind === 'Secret'), 1), /there is no Secret tollgate-keys/],
  ['no ConfigMap', (d) => { of_kind(d, 'ConfigMap')[0].metadata.name = 'x'; }, /there is no ConfigMap tollgate/],
  ['an object twice', (d) => d.push(structuredClone(service(d))), /Service\/orders: is there twice/],
  ['a Service without pods', (d) => { service(d).spec.selector = { app: 'x' }; }, /it selects no pod/],
  ["a sidecar's port by name", (d) => { service(d).spec.ports[0].targetPort = 'tollgate'; }, /there is no port tollgate in/],
  ['a policy of no pod', (d) => { policy(d).spec.podSelector.matchLabels = { a: 'b' }; }, /NetworkPolicy.*selects no pod/],
  ['a policy with a name', (d) => { policy(d).spec.ingress[0].ports[0].port = 'tollgate'; }, /not every network/],
  ['a monitor of no pod', (d) => { monitor(d).spec.selector.matchLabels = { a: 'b' }; }, /PodMonitor.*selects no pod/],
  ['a monitor of no port', (d) => { monitor(d).spec.podMetricsEndpoints[0].port = 'web'; }, /there is no port web/],
  ['a field of 1.30', (d) => { tollgate(d).lifecycle = { preStop: { sleep: { seconds: 5 } } }; }, /sleep is not in/],
];

const WAIT = { preStop: { exec: { command: ['sleep', '5'] } } };
const TOLLGATE = [
  ['no Tollgate', (d) => { tollgate(d).name = 'other'; }, /has no Tollgate/],
  ['another container first', (d) => pod(d).initContainers.unshift({ ...tollgate(d), name: 'a' }), /not start first/],
  ['a preStop of the sidecar', (d) => { tollgate(d).lifecycle = WAIT; }, /no preStop/],
  ['a kill before the drain', (d) => { pod(d).terminationGracePeriodSeconds = 30; }, /30 is too short/],
  ['a drain beyond the kill', (d) => configure(d, '{timeout: 25s}', '{timeout: 60s}'), /45 is too short/],
  ['a plain container without preStop', (d) => {
    pod(d).containers.push(...pod(d).initContainers.splice(0));
    delete pod(d).containers[1].restartPolicy;
  }, /waits in its preStop/],
  ['a service that ends first', (d) => {
    pod(d).containers.push({ ...pod(d).initContainers.shift(), lifecycle: WAIT });
    delete pod(d).containers[1].restartPolicy;
  }, /the service ends before Tollgate/],
  ['a readiness probe of life', (d) => { tollgate(d).readinessProbe.httpGet.path = '/healthz'; }, /readinessProbe does/],
  ['no startup probe', (d) => { delete tollgate(d).startupProbe; }, /startupProbe does not ask/],
  ['another metrics address', (d) => configure(d, '0.0.0.0:9902', '0.0.0.0:9903'), /not those of listen and metrics/],
  ['another user', (d) => { tollgate(d).securityContext.runAsUser = 1000; }, /the image's user/],
  ['a subPath', (d) => { tollgate(d).volumeMounts[0].subPath = 'tollgate.yaml'; }, /subPath mount is never updated/],
  ['little memory', (d) => { tollgate(d).resources.limits.memory = '128Mi'; }, /does not hold connections.max_held_bytes/],
  ['a snapshot in the wrong place', (d) => configure(d, '/var/lib/tollgate/', '/etc/tollgate/'), /not where it can write/],
  ['a Service past Tollgate', (d) => { service(d).spec.ports[0].targetPort = 4000; }, /passes Tollgate by/],
  ['a policy with another way in', (d) => policy(d).spec.ingress.push({ ports: [{ port: 4000 }] }), /another way in/],
  ['no policy', (d) => d.splice(d.findIndex(({ kind }) => kind === 'NetworkPolicy'), 1), /there is no NetworkPolicy/],
];

export const BROKEN = [...TYPES, ...API_SERVER, ...TOLLGATE];
