// A real Alertmanager that mails each alert by itself, in the form that it has by default.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, free_port } from '../support.js';

const READY_WITHIN_MS = 20_000;

const config_for = (smtp) => `global: {smtp_smarthost: '${smtp}', smtp_from: alerts@shop.test, smtp_require_tls: false}
route: {receiver: mail, group_by: ['...'], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: mail, email_configs: [{to: on-call@shop.test}]}]
`;

export class Alertmanager {
  // `smtp`: the mail server's address.
  static async start(smtp) {
    const alertmanager = new Alertmanager();
    alertmanager.folder = mkdtempSync(join(tmpdir(), 'tollgate-alertmanager-'));
    const { folder } = alertmanager;
    writeFileSync(join(folder, 'alertmanager.yml'), config_for(smtp));
    const address = `127.0.0.1:${await free_port()}`;
    alertmanager.url = `http://${address}`;
    alertmanager.child = spawn('prometheus-alertmanager', [`--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`, `--web.listen-address=${address}`, '--cluster.listen-address=', '--log.level=warn'],
    { stdio: ['ignore', 'inherit', 'inherit'] });
    alertmanager.ended = new Promise((resolve) => { alertmanager.child.on('exit', resolve); });
    await eventually(async () => assert.ok((await fetch(`${alertmanager.url}/-/ready`)).ok), READY_WITHIN_MS);
    return alertmanager;
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.ended;
    rmSync(this.folder, { recursive: true });
  }
}
