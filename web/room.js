/**
 * What this page knows of the room: the daemon's events applied to one model. Pure.
 *
 * Up to 16 sites the rows are all there; above, a guest has only the rows that matter and `total`.
 */
export class Room {
  constructor() {
    this.id = '';
    this.name = '';
    this.locked = false;
    this.stage = null;
    this.chair = null;
    this.self = { id: '', csrc: 0, role: 'guest' };
    this.total = 0;
    /** @type {Map<string, object>} id -> row of `sites` */
    this.sites = new Map();
    /** Slot -> {site, csrc, kind, layer, reason}; empty ones are absent. @type {Map<string, object>} */
    this.slots = new Map();
    this.speaking = [];
  }

  /** The answer to `join`. */
  joined({ session, role, room, sites, total }) {
    this.self = { id: session.id, csrc: session.csrc, role };
    this.#room(room ?? {});
    this.sites = new Map();
    this.slots = new Map();
    this.speaking = [];
    for (const row of sites ?? []) this.#row(row);
    this.total = total ?? this.sites.size;
  }

  /** A page of `roster`. */
  page({ sites, total }) {
    for (const row of sites ?? []) this.#row(row);
    if (total !== undefined) this.total = total;
  }

  /** @returns {boolean} whether the message was one of the room's */
  apply(message) {
    switch (message.type) {
      case 'site-joined':
        this.#join(message.site);
        break;
      case 'site-left':
        this.#leave(message.site);
        break;
      case 'site-changed':
        this.#change(message);
        break;
      case 'sites-changed':
        for (const row of message.joined ?? []) this.#join(row);
        for (const { site } of message.left ?? []) this.#leave(site);
        for (const change of message.changed ?? []) this.#change(change);
        break;
      case 'room-changed':
        this.#room(message.room ?? message);
        break;
      case 'speaking':
        this.speaking = message.sites ?? [];
        break;
      case 'slots':
        for (const [slot, entry] of Object.entries(message.map ?? {})) {
          if (entry?.site) this.slots.set(slot, entry);
          else this.slots.delete(slot);
        }
        break;
      default:
        return false;
    }
    if (message.total !== undefined) this.total = message.total;
    return true;
  }

  get me() {
    return this.sites.get(this.self.id);
  }

  /** Whether this site may lead: the chair, and the operator in every room. */
  get leads() {
    return this.self.role !== 'guest' || this.chair === this.self.id;
  }

  /** Raised hands, first come first. */
  get hands() {
    return [...this.sites.values()]
      .filter((row) => row.hand !== null && row.hand !== undefined)
      .sort((a, b) => a.hand - b.hand);
  }

  get waiting() {
    return [...this.sites.values()].filter((row) => row.state === 'waiting');
  }

  /** The newest share, if anybody shares. */
  get sharing() {
    return [...this.sites.values()].some((row) => row.screen && row.state !== 'lost' && row.id !== this.self.id);
  }

  #row(row) {
    if (typeof row?.id !== 'string') return; // counts by unit
    this.sites.set(row.id, { ...this.sites.get(row.id), ...row });
  }

  #join(row) {
    if (!this.sites.has(row.id)) this.total++;
    this.#row(row);
  }

  #leave(id) {
    this.sites.delete(id);
    this.total = Math.max(this.total - 1, 0);
    this.speaking = this.speaking.filter((site) => site !== id);
  }

  #change({ site, ...fields }) {
    delete fields.type;
    const id = site ?? fields.id;
    if (this.sites.has(id)) this.sites.set(id, { ...this.sites.get(id), ...fields });
    else if (fields.name) this.#row({ ...fields, id });
    if (id === this.self.id && fields.role) this.self.role = fields.role;
  }

  #room(fields) {
    for (const key of ['id', 'name', 'locked', 'stage', 'chair'])
      if (fields[key] !== undefined) this[key] = fields[key];
  }
}
