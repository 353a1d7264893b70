// A mounted ConfigMap or Secret without a kubelet: files are links through "..data", which is moved over to a new folder in one
// step; the folder of before is gone after it.
import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Volume {
  #changes = 0;

  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  path(name) {
    return join(this.folder, name);
  }

  // `files` are { name: text }, the same names each time.
  publish(files) {
    this.prepare(files)();
  }

  // Writes the new folder; what comes back is the one step that is left.
  prepare(files) {
    const target = `..${++this.#changes}`;
    mkdirSync(this.path(target));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.path(target), name), text);
      if (this.#changes === 1) symlinkSync(`..data/${name}`, this.path(name));
    }
    symlinkSync(target, this.path('..data_tmp'));
    return () => {
      const before = existsSync(this.path('..data')) && readlinkSync(this.path('..data'));
      renameSync(this.path('..data_tmp'), this.path('..data'));
      if (before) rmSync(this.path(before), { recursive: true });
    };
  }
}
