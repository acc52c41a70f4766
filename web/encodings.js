/**
 * What each sender should send, and the one queue that tells the browser so.
 *
 * Guarantee: sender parameters change one at a time over all senders; of several wishes for one sender made meanwhile
 * only the last is carried out; what was wished last is what holds in the end, or is reported as failed.
 */

/** Layers of the camera, lowest first: rid, lines of a 720-line camera, bit/s at most. */
export const CAMERA = [
  { rid: 'l', lines: 180, maxBitrate: 150_000 },
  { rid: 'm', lines: 360, maxBitrate: 500_000 },
  { rid: 'h', lines: 720, maxBitrate: 1_700_000 },
];
/** Layers of the shared screen: a readable small one for thin links, and full size. */
export const SCREEN = [
  { rid: 'l', scaleResolutionDownBy: 2, maxBitrate: 200_000, maxFramerate: 5 },
  { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_500_000, maxFramerate: 15 },
];
export const AUDIO_BITRATE = 32_000;
export const AUDIO_LOW_BITRATE = 12_000;

/**
 * The camera's own layers for a picture of `height` lines. Chromium gives three layers only from 540 lines on, two from
 * 270, and drops the largest ones: so a smaller camera fills the lower rids and leaves the upper ones off.
 * @param {number} height of the captured picture; 0 or undefined: not known, taken as 720
 */
export function cameraLayers(height) {
  const count = !height || height >= 540 ? 3 : height >= 270 ? 2 : 1;
  return CAMERA.map(({ rid, maxBitrate }, i) => ({
    rid,
    active: i < count,
    maxBitrate,
    scaleResolutionDownBy: i < count ? 2 ** (count - 1 - i) : 1,
  }));
}

/**
 * The whole wish for one sender.
 * @param {'camera'|'screen'|'audio'|'audio-low'} kind
 * @param {{on: boolean, height?: number}} local `on`: this site wants to send (not muted, camera on, screen shared)
 * @param {Array<{rid?: string, active: boolean, maxBitrate?: number, maxFramerate?: number}>} [server] the last `encodings`
 * event of this kind; before the first one everything this site wants goes out, save the low voice
 */
export function wishFor(kind, local, server) {
  let base;
  if (kind === 'camera') base = cameraLayers(local.height);
  else if (kind === 'screen') base = SCREEN.map((layer) => ({ ...layer, active: true }));
  else
    base = [
      { active: kind === 'audio' || Boolean(server), maxBitrate: kind === 'audio' ? AUDIO_BITRATE : AUDIO_LOW_BITRATE },
    ];
  return base.map((layer) => {
    const asked = server?.find((entry) => (entry.rid ?? '') === (layer.rid ?? ''));
    const wish = { ...layer, active: layer.active && local.on && (asked ? asked.active : true) };
    if (asked?.maxBitrate > 0) wish.maxBitrate = Math.min(wish.maxBitrate, asked.maxBitrate);
    if (asked?.maxFramerate > 0) wish.maxFramerate = Math.min(wish.maxFramerate ?? Infinity, asked.maxFramerate);
    return wish;
  });
}

/** Writes a wish into what getParameters gave. @returns {boolean} whether anything differs */
export function merge(parameters, wish) {
  let changed = false;
  parameters.encodings.forEach((encoding, i) => {
    const layer = encoding.rid ? wish.find((entry) => entry.rid === encoding.rid) : wish[i];
    if (!layer) return;
    for (const key of ['active', 'maxBitrate', 'maxFramerate', 'scaleResolutionDownBy']) {
      if (layer[key] === encoding[key]) continue;
      if (layer[key] === undefined) delete encoding[key];
      else encoding[key] = layer[key];
      changed = true;
    }
  });
  return changed;
}

export class ParameterQueue {
  #wishes = new Map();
  #running = null;
  #tries;
  #wait;

  /** @param {{tries?: number, wait?: (ms: number) => Promise<void>}} [options] */
  constructor({ tries = 4, wait = (ms) => new Promise((done) => setTimeout(done, ms)) } = {}) {
    this.#tries = tries;
    this.#wait = wait;
  }

  /** @param {RTCRtpSender} sender @param {object[]} wish as of wishFor @returns {Promise<void>} when all is quiet */
  wish(sender, wish) {
    this.#wishes.delete(sender); // to the end of the line
    this.#wishes.set(sender, wish);
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return this.#running;
  }

  /** Forgets what has not begun: the senders belong to a connection that is closed. */
  clear() {
    this.#wishes.clear();
  }

  async #run() {
    await null; // wishes made in one task are one wish
    for (let failures = 0; this.#wishes.size;) {
      const [sender, wish] = this.#wishes.entries().next().value;
      this.#wishes.delete(sender);
      try {
        const parameters = sender.getParameters(); // the same task as setParameters: the browser insists
        if (parameters.encodings?.length && merge(parameters, wish)) await sender.setParameters(parameters);
        failures = 0;
      } catch (error) {
        if (this.#wishes.has(sender)) continue; // a newer wish is there already
        if (++failures >= this.#tries) {
          console.warn('sender parameters refused', error);
          failures = 0;
          continue;
        }
        await this.#wait(100 * 2 ** failures);
        if (!this.#wishes.has(sender)) this.#wishes.set(sender, wish);
      }
    }
  }
}
