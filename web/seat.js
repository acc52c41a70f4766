/**
 * The seat's secret, kept over reloads and power cuts: localStorage under the room and the link's token, held by a Web
 * Lock while this window is in the meeting, so that two windows of one browser are two sites. No DOM.
 */
import { kept, keptByTab } from './keep.js';

const WINDOWS_MAX = 8;

/** What a token says, unchecked: only to draw the page and to choose the seat. @returns {{site?: string, name?: string}} */
export function claimsOf(token) {
  try {
    const payload = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}

/** A short name for a token: the secret's key must not hold the token itself. */
export async function shortName(text) {
  if (!text) return 'open';
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...hash.slice(0, 6)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Holds `name` until `release` is called. @returns {Promise<(() => void) | null>} null: held by another window */
function lock(name, locks) {
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    locks
      .request(name, { ifAvailable: true }, (held) => {
        if (!held) return resolve(null);
        return new Promise((release) => resolve(release));
      })
      .catch(() => resolve(() => {}));
  });
}

export class Seat {
  #key;
  #release;
  #storage;

  constructor(key, release, storage) {
    this.#key = key;
    this.#release = release;
    this.#storage = storage;
  }

  /**
   * Takes this window's seat in a room.
   * @returns {Promise<Seat | null>} null: the link is one site's own and another window of this browser sits there
   */
  static async take(room, token, { storage = kept, tab = keptByTab, locks = navigator.locks, here = false } = {}) {
    const base = `diemcau:seat:${room}:${await shortName(token)}`;
    const own = claimsOf(token).site; // such a link is one seat, not one a window
    if (own) {
      // A reload's old page may hold the lock for a moment longer.
      for (let i = 0; i < 3; i++) {
        const release = await lock(base, locks);
        if (release) return new Seat(base, release, storage);
        await new Promise((done) => setTimeout(done, 100));
      }
      return here ? new Seat(base, () => {}, storage) : null;
    }
    const last = Number(tab.getItem(base)) || 0;
    const order = [last, ...Array.from({ length: WINDOWS_MAX }, (_, i) => i).filter((i) => i !== last)];
    for (let i = 0; i < order.length; i++) {
      const key = order[i] ? `${base}:${order[i]}` : base;
      let release = await lock(key, locks);
      if (!release && i === 0 && tab.getItem(base) !== null) {
        await new Promise((done) => setTimeout(done, 150));
        release = await lock(key, locks);
      }
      if (!release) continue;
      tab.setItem(base, String(order[i]));
      return new Seat(key, release, storage);
    }
    return new Seat(`${base}:none`, () => {}, { getItem: () => null, setItem() {}, removeItem() {} });
  }

  get secret() {
    return this.#storage.getItem(this.#key) ?? undefined;
  }

  set secret(secret) {
    this.#storage.setItem(this.#key, secret);
  }

  forget() {
    this.#storage.removeItem(this.#key);
  }

  release() {
    this.#release();
  }
}
