// One pod without a cluster: the example upstream and Tollgate as processes, started from the objects that were applied, with
// the volume laid out and changed as kubelet does it. What cannot hold here is put in its place: ports, paths, 0.0.0.0.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXAMPLE_SERVER, free_port, start } from '../support.js';
import { containers_of, of_kind } from './api_server.js';
import { mounted_files } from './tollgate.js';
import { Volume } from './volume.js';

export class Pod {
  static async create() {
    const pod = new Pod();
    pod.folder = mkdtempSync(join(tmpdir(), 'tollgate-pod-'));
    pod.ports = { 8080: await free_port(), 9902: await free_port(), 4000: await free_port() };
    pod.admin = await free_port();
    pod.volume = new Volume(join(pod.folder, 'etc'));
    return pod;
  }

  // Takes what was applied; comes back when the pod is ready.
  async apply(docs) {
    const [deployment] = of_kind(docs, 'Deployment');
    const containers = containers_of(deployment.spec.template.spec);
    const tollgate = containers.find(({ name }) => name === 'tollgate');
    if (tollgate) this.#mount(mounted_files(deployment, docs));
    if (tollgate && !this.tollgate) await this.#start_tollgate(tollgate);
    if (!this.service) await this.#start_service(containers.find(({ name }) => name !== 'tollgate'));
  }

  async #start_tollgate(container) {
    const { path } = container.startupProbe.httpGet;
    this.tollgate = start(process.env.TOLLGATE_PROGRAM, ['run', '-c', this.volume.path('tollgate.yaml')], {},
      `http://127.0.0.1:${this.ports[9902]}${path}`);
    await this.tollgate.ready;
  }

  async #start_service(container) {
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, this.#here(value)]));
    const { path, port } = container.readinessProbe.httpGet;
    this.service = start('node', [EXAMPLE_SERVER], { ...env, PORT: this.ports[env.PORT] },
      `http://127.0.0.1:${this.ports[port]}${path}`);
    await this.service.ready;
  }

  #mount(files) {
    const config = `${this.#here(files['tollgate.yaml'])}\nadmin: {address: 127.0.0.1:${this.admin}}\n`;
    this.volume.publish({ ...files, 'tollgate.yaml': config });
  }

  #here(text) {
    return text.replaceAll('0.0.0.0', '127.0.0.1').replaceAll('/var/lib/tollgate', this.folder)
      .replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${this.ports[port]}`);
  }

  // Ends what runs, as kubelet ends a pod with a sidecar: the service first. The exit status is Tollgate's, if it ran.
  async stop() {
    for (const started of [this.service, this.tollgate]) {
      started?.child.kill('SIGTERM');
      await started?.exit;
    }
    rmSync(this.folder, { recursive: true, force: true });
    return this.tollgate?.exit;
  }
}
