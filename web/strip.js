/** The thumbnails beside the stage: slots v1…, names of sites without a picture in the places left over, and oneself. */
import { h } from './dom.js';
import { byName } from './text.js';
import { Tile } from './tile.js';

const GAP = 8; // as in the style sheet
const KEEP_MS = 4000;

export class Strip {
  #tiles = [];
  #names = new Map();
  #asked = { thumbs: 0, since: 0 };
  #pin;
  #floor;

  /** @param {{pin: (site: string) => void, floor: (site: string) => void}} does what a thumbnail's buttons do */
  constructor({ pin, floor }) {
    this.#pin = pin;
    this.#floor = floor;
    /** How many thumbnails have room. */
    this.capacity = 3;
    this.self = new Tile({ self: true });
    this.element = h('aside.strip', { label: 'meeting.strip' }, this.self.element);
  }

  get tiles() {
    return [...this.#tiles, ...this.#names.values(), this.self];
  }

  /** A slot's track, for the life of the connection. */
  take(slot, track) {
    const i = Number(slot.slice(1)) - 1;
    this.#tiles[i] ??= this.#make(slot);
    this.#tiles[i].track(track);
  }

  #make(slot) {
    const act = (words, does, tag = 'button.button.small') =>
      h(tag, { type: 'button', t: words, onclick: () => tile.site && does(tile.site.id) });
    const actions = [act('meeting.pin', this.#pin), act('chair.floor', this.#floor, 'button.button.small.lead-only')];
    const tile = new Tile({ slot, actions });
    tile.element.hidden = true;
    this.element.insertBefore(tile.element, this.self.element);
    return tile;
  }

  /** The window, a bar or a panel has changed. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const tile = this.self.element;
    if (!width || !height) {
      this.capacity = 0;
      return;
    }
    const columns = Math.max(1, Math.floor((width + GAP) / (tile.clientWidth + GAP)));
    const rows = Math.floor((height + GAP) / (tile.clientHeight + GAP));
    this.capacity = Math.max(0, columns * rows - 1);
  }

  /**
   * How many slots to ask pictures for: what shrinks for a moment (a bar, a question) keeps them.
   * @param {(ms: number) => void} again is called where the answer will be another one later
   */
  wanted(again) {
    const now = performance.now();
    if (this.capacity >= this.#asked.thumbs || (this.#asked.since && now - this.#asked.since >= KEEP_MS)) {
      this.#asked = { thumbs: this.capacity, since: 0 };
    } else if (!this.#asked.since) {
      this.#asked.since = now;
      again(KEEP_MS);
    }
    return this.#asked.thumbs;
  }

  /**
   * @param {import('./room.js').Room} room @param {?string} stage the site shown there
   * @param {(id: string) => object} row of a site, also of one not told of yet
   */
  draw(room, stage, row) {
    const shown = new Set([room.self.id, stage]);
    let last = 0;
    this.#tiles.forEach((tile, i) => {
      const entry = i < this.capacity ? room.slots.get(tile.slot) : null;
      tile.set(entry ? row(entry.site) : null, entry ?? null);
      if (!entry) return;
      last = i + 1;
      shown.add(entry.site);
    });
    // An empty place among filled ones keeps its room, so that nothing jumps.
    this.#tiles.forEach((tile, i) => (tile.element.hidden = i >= last));
    this.#fill(room, shown, this.capacity - last);
  }

  #fill(room, shown, places) {
    const rest = [...room.sites.values()].filter(
      (site) => !shown.has(site.id) && site.state !== 'waiting' && site.name,
    );
    const kept = rest.filter((site) => this.#names.has(site.id));
    const fresh = rest.filter((site) => !this.#names.has(site.id)).sort(byName);
    const chosen = new Map([...kept, ...fresh].slice(0, Math.max(places, 0)).map((site) => [site.id, site]));
    for (const [id, tile] of this.#names) {
      if (chosen.has(id)) continue;
      tile.element.remove();
      this.#names.delete(id);
    }
    for (const [id, site] of chosen) {
      let tile = this.#names.get(id);
      if (!tile) {
        tile = new Tile({});
        this.#names.set(id, tile);
        this.element.insertBefore(tile.element, this.self.element);
      }
      tile.set(site, null);
    }
  }

  /** Age of the pictures, each second. */
  health(slots) {
    for (const tile of this.#tiles) if (slots[tile.slot]) tile.frame(slots[tile.slot].age_ms);
  }
}
