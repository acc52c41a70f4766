// One measurement: a relay is started afresh, the synthetic sites join it, the record they print comes back.
import { spawn } from 'node:child_process';
import { mind } from './children.mjs';
import { starters } from './relays.mjs';

export class Bench {
  constructor({ build, cores, seconds, warmup, say }) {
    Object.assign(this, { build, cores, seconds, warmup, say });
  }

  // The record of `load` with `args` against a relay of this name; throws where it says no record.
  async once(name, args, start = {}) {
    if (name === 'janus') args = { ...args, 'joins-per-s': 30, warmup: 5 }; // it is slow with many who come at once
    const relay = await starters[name]({ build: this.build, core: this.cores.relay, rooms: args.rooms, publishers: args.speakers + 1, ...start });
    let record, last;
    try {
      record = await this.load(relay, args);
    } finally {
      last = await relay.stop();
    }
    return { ...record, ...last, relay: name };
  }

  async load(relay, args, cores = this.cores.load) {
    const all = { relay: relay.name, [relay.name === 'floor' ? 'address' : 'url']: relay.address, pid: relay.pid, seconds: this.seconds, warmup: this.warmup, ...args };
    const words = ['-c', String(cores), `${this.build}/tests/load`, ...Object.entries(all).flatMap(([key, value]) => [`--${key}`, String(value)]), '--json'];
    const limit = (Number(all.seconds) + Number(all.warmup) + 90) * 1000;
    const child = mind(spawn('taskset', words, { stdio: ['ignore', 'pipe', 'pipe'] }));
    let out = '', err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    const code = await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    const line = out.trim().split('\n').findLast((text) => text.startsWith('{'));
    if (code !== 0 || !line) throw new Error(`${err.trim().split('\n').at(-1).slice(-300) || `exit ${code}`}\n  ${words.slice(2).join(' ')}`);
    return JSON.parse(line);
  }

  // A B A B …: `rounds` records of each of `variants`, { key: { relay, load, start, rounds } }; fewer where a variant says so.
  // What gave no record is told in its place.
  async interleaved(title, variants, rounds) {
    const records = Object.fromEntries(Object.keys(variants).map((key) => [key, []]));
    for (let i = 0; i < rounds; i++) {
      for (const [key, { relay, load, start, rounds: own = rounds }] of Object.entries(variants)) {
        if (i >= own) continue;
        this.say(`${title}: ${key} ${i + 1}/${own}`);
        const record = await this.once(relay, load, start).catch((error) => ({ relay, failed: String(error.message) }));
        if (record.failed) this.say(`  failed: ${record.failed}`);
        records[key].push(record);
      }
    }
    return records;
  }
}
