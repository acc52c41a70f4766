/** What this site sends: microphone, camera, screen; with the chair's mutes above it, and a bar where it fails. */
import { openScreen, Meter } from './media.js';

const LOUD = 0.55; // of the meter, well above a quiet room
const LOUD_TICKS = 6;

export class Own {
  #session;
  #devices;
  #bars;
  #act;
  #draw;
  #has = { camera: null, microphone: null };
  #blocked = { audio: false, video: false };
  #screen = null;
  #meter = new Meter();
  #loud = 0;

  /**
   * @param {import('./session.js').Session} session @param {import('./media.js').Devices} devices
   * @param {{bars: import('./bars.js').Bars, act: (work: () => Promise<any>) => Promise<void>, draw: () => void}} page
   */
  constructor(session, devices, { bars, act, draw }) {
    this.#session = session;
    this.#devices = devices;
    this.#bars = bars;
    this.#act = act;
    this.#draw = draw;
  }

  /** @returns {'on'|'off'|'blocked'|'none'} */
  get mic() {
    if (this.#blocked.audio) return 'blocked';
    if (!this.#devices.tracks.microphone) return this.#devices.failures.microphone ? 'none' : 'off';
    return this.#session.media.audio ? 'on' : 'off';
  }

  /** @returns {'on'|'off'|'blocked'|'none'} */
  get cam() {
    if (this.#blocked.video) return 'blocked';
    return this.#session.media.video && this.#devices.tracks.camera ? 'on' : 'off';
  }

  get sharing() {
    return Boolean(this.#screen);
  }

  /** The chair's mutes, as one's own row has them after a join. */
  joined(muted = []) {
    this.#blocked = { audio: muted.includes('audio'), video: muted.includes('video') };
  }

  /** The session carries the tracks the devices have. @returns {?MediaStreamTrack} the camera */
  sync() {
    const { camera, microphone } = this.#devices.tracks;
    if (this.#has.microphone !== microphone) {
      this.#has.microphone = microphone;
      this.#session.microphone(microphone);
      this.#meter.start(microphone);
    }
    if (this.#has.camera !== camera) {
      this.#has.camera = camera;
      this.#session.camera(camera);
    }
    return camera;
  }

  async microphone() {
    if (this.mic === 'on') return void (await this.#session.publish({ audio: false }));
    if (!this.#devices.tracks.microphone) {
      this.#devices.wanted.microphone ??= '';
      if (!(await this.#devices.open('microphone'))) return this.trouble('microphone');
      this.sync();
    }
    this.#bars.hide('device-microphone');
    const refused = await this.#session.publish({ audio: true });
    if (refused.includes('audio')) return this.muted('audio');
    this.#blocked.audio = false;
    for (const id of ['muted-audio', 'floor', 'talking']) this.#bars.hide(id);
  }

  async camera() {
    if (this.cam === 'on') {
      await this.#session.publish({ video: false });
      return this.#devices.shut('camera');
    }
    this.#devices.wanted.camera ??= '';
    if (!this.#devices.tracks.camera && !(await this.#devices.open('camera'))) return this.trouble('camera');
    this.sync();
    this.#bars.hide('device-camera');
    const refused = await this.#session.publish({ video: true });
    if (refused.includes('video')) return this.muted('video');
    this.#blocked.video = false;
    this.#bars.hide('muted-video');
  }

  async share() {
    if (this.#screen) return this.#stopShare();
    let track;
    try {
      track = await openScreen();
    } catch {
      return this.#bars.show('share', { tone: 'warn', t: 'bar.share.failed', for_ms: 8000, close: true });
    }
    if (!track) return;
    this.#screen = track;
    track.onended = () => this.#act(() => this.#stopShare());
    await this.#session.screen(track);
    const stop = () => this.#act(() => this.#stopShare());
    this.#bars.show('sharing', { tone: 'stage', t: 'bar.sharing', actions: [{ t: 'share.on', onclick: stop }] });
  }

  async #stopShare() {
    this.#screen?.stop();
    this.#screen = null;
    this.#bars.hide('sharing');
    await this.#session.screen(null);
  }

  /** A device that is not there, or has gone. */
  trouble(kind) {
    const key = this.#devices.failures[kind];
    if (!key) return;
    const again = () => this.#act(() => (kind === 'camera' ? this.camera() : this.microphone()));
    this.#bars.show(`device-${kind}`, { tone: 'warn', t: key, close: true, actions: [{ t: 'retry', onclick: again }] });
    const media = kind === 'camera' ? 'video' : 'audio';
    if (this.#session.media[media]) this.#session.publish({ [media]: false }).catch(() => {});
  }

  /** The chair has muted this site: it stays so until the chair lifts it. @param {'audio'|'video'} kind */
  muted(kind) {
    this.#blocked[kind] = true;
    this.#session.publish({ [kind]: false }).catch(() => {});
    if (kind === 'audio') {
      const ask = () => this.#act(() => this.#session.request('hand', { up: true }));
      const actions = this.#session.room.leads ? [] : [{ t: 'hand.off', onclick: ask, main: true }];
      this.#bars.show('muted-audio', { tone: 'warn', t: 'bar.muted', close: true, actions });
    } else {
      this.#devices.shut('camera');
      this.#bars.show('muted-video', { tone: 'warn', t: 'bar.muted.camera', close: true });
    }
    this.#draw();
  }

  /** The chair has lifted it: the person decides when to speak. */
  allowed(kind) {
    this.#blocked[kind] = false;
    this.#bars.hide(`muted-${kind}`);
    if (kind === 'audio' && !this.#bars.has('floor')) {
      const speak = () => this.#act(() => this.microphone());
      this.#bars.show('muted-audio', {
        tone: 'stage',
        t: 'bar.allowed',
        close: true,
        for_ms: 30_000,
        actions: [{ t: 'mic.off', main: true, onclick: speak }],
      });
    }
    this.#draw();
  }

  /** Twice a second: does somebody talk into a closed microphone? */
  tick() {
    const talks = this.mic === 'off' && this.#session.joined && this.#meter.level() > LOUD;
    this.#loud = talks ? this.#loud + 1 : Math.max(0, this.#loud - 1);
    if (this.#loud <= LOUD_TICKS) return;
    this.#loud = 0;
    const speak = () => this.#act(() => this.microphone());
    this.#bars.show('talking', {
      tone: 'warn',
      t: 'bar.talking',
      for_ms: 8000,
      close: true,
      actions: [{ t: 'mic.off', onclick: speak }],
    });
  }

  stop() {
    this.#meter.stop();
    this.#screen?.stop();
    for (const kind of ['camera', 'microphone']) this.#devices.shut(kind);
  }
}
