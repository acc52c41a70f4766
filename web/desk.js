/** What the administrator's page knows: rooms and their sites, as REST and events tell. Pure. */
import { byName, plain } from './text.js';

export class Desk {
  /** @type {Map<string, object>} room id -> room */
  rooms = new Map();
  /** @type {Map<string, Map<string, object>>} room id -> site id -> site */
  sites = new Map();

  /** Everything anew: what is not told again is gone. */
  fill(rooms, sites) {
    this.rooms = new Map(rooms.map((room) => [room.id, room]));
    this.sites = new Map();
    for (const [room, items] of Object.entries(sites)) for (const site of items) this.site({ room, ...site });
  }

  room(room) {
    this.rooms.set(room.id, { ...this.rooms.get(room.id), ...room });
  }

  site(site) {
    const sites = this.sites.get(site.room) ?? new Map();
    this.sites.set(site.room, sites.set(site.id, { ...sites.get(site.id), ...site, muted: site.muted ?? [] }));
  }

  gone({ room, site }) {
    if (site !== undefined) return void this.sites.get(room)?.delete(site);
    this.rooms.delete(room);
    this.sites.delete(room);
  }

  sitesOf(room) {
    return [...(this.sites.get(room)?.values() ?? [])];
  }

  /** How many need a look. @returns {{lost: number, hands: number}} */
  attention(room) {
    const sites = this.sitesOf(room);
    return {
      lost: sites.filter(({ state }) => state === 'lost').length,
      hands: sites.filter(({ hand }) => Number.isInteger(hand)).length,
    };
  }

  /** How many are there, and how many of them live. */
  count(room) {
    const sites = this.sites.get(room);
    if (!sites) return { live: this.rooms.get(room)?.count ?? 0, all: this.rooms.get(room)?.count ?? 0 };
    return { live: this.sitesOf(room).filter(({ state }) => state === 'live').length, all: sites.size };
  }

  /**
   * Rooms and sites of a search, without marks: a room by its own name keeps all its sites, else those that match.
   * @returns {Array<{room: object, sites: object[], open: boolean}>} `open`: because a site was found
   */
  find(text) {
    const sought = plain(text);
    const found = [];
    for (const room of [...this.rooms.values()].sort((a, b) => (b.count > 0) - (a.count > 0) || byName(a, b))) {
      const sites = this.sitesOf(room.id).sort((a, b) => (a.state === 'live') - (b.state === 'live') || byName(a, b));
      if (!sought || plain(`${room.name} ${room.id}`).includes(sought)) {
        found.push({ room, sites, open: false });
        continue;
      }
      const some = sites.filter((site) => plain(`${site.name} ${site.unit ?? ''}`).includes(sought));
      if (some.length) found.push({ room, sites: some, open: true });
    }
    return found;
  }
}
