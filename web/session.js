/**
 * One site in one meeting: joins, offers, returns, and keeps room, call and server of one mind. No DOM.
 *
 * Tells: `joined` {resumed}, `changed` (the room), `call` (a new Call: tracks must be taken anew), `state` (link: open |
 * lost; media: connected | connecting | lost), `retry` {attempt, delay_ms}, `refused` {code, details}, `ended` {code,
 * reason}, `published` (what this site now sends), `chat`, `muted`, `network`, `health`, `draining`, `slots` {map}.
 */
import { Emitter } from './emitter.js';
import { Protocol, ProtocolError, CLOSE } from './protocol.js';
import { Call } from './call.js';
import { Room } from './room.js';
import { packSdp, unpackSdp } from './sdpz.js';
import { changedViews } from './views.js';

const AGAIN_MS = 10_000; // locked or full: ask again by itself

export class Session extends Emitter {
  #join;
  #seat;
  #sent = {};
  #wanted = {};
  #published = null;
  #media = { audio: false, video: false, screen: false };
  #tracks = { microphone: null, camera: null, screen: null };
  #joining = false;
  #again = 0;
  #reason = '';
  #over = false;

  /**
   * @param {{url: string, room: string, name: string, token?: string, pin?: string, slots: {audio: number, video: number},
   *   seat: import('./seat.js').Seat}} options
   */
  constructor({ url, room, name, token, pin, slots, seat }) {
    super();
    this.#join = { room, name, slots, ...(token && { token }), ...(pin && { pin }) };
    this.#seat = seat;
    this.room = new Room();
    /** @type {?Call} */
    this.call = null;
    this.joined = false;
    this.protocol = new Protocol({ url });
    this.protocol.on('open', () => this.#enter());
    this.protocol.on('lost', (lost) => {
      this.emit('state', { link: 'lost' });
      this.emit('retry', lost);
    });
    this.protocol.on('closed', ({ code, reason }) => this.#end(code, reason));
    this.protocol.on('event', (message) => this.#event(message));
  }

  connect() {
    this.protocol.connect();
  }

  /** What to send from now on; before the join it is what the site comes in with. */
  async microphone(track) {
    this.#tracks.microphone = track;
    await this.call?.setMicrophone(track);
    this.#apply(); // it may come after the join, as after a reload: what is on is on from now
  }

  async camera(track) {
    this.#tracks.camera = track;
    await this.call?.setCamera(track);
    this.#apply();
  }

  async screen(track) {
    this.#tracks.screen = track;
    await this.call?.setScreen(track);
    await this.publish({ screen: Boolean(track) });
  }

  /**
   * Says and does what this site sends.
   * @param {{audio?: boolean, video?: boolean, screen?: boolean}} media
   * @returns {Promise<string[]>} kinds the chair has muted: not sent although wished
   */
  async publish(media) {
    Object.assign(this.#media, media);
    this.#apply();
    this.emit('published', this.media);
    return this.#publish();
  }

  get media() {
    return { ...this.#media };
  }

  /** What the slots should carry (wantedViews); only what differs is asked for. */
  async view(wanted) {
    this.#wanted = wanted;
    if (!this.joined || this.protocol.state !== 'open') return;
    const slots = changedViews(this.#sent, wanted).filter(({ slot }) => this.call?.slots.has(slot));
    if (!slots.length) return;
    Object.assign(this.#sent, wanted);
    try {
      await this.protocol.request('view', { slots });
    } catch (error) {
      if (error.code === 'lost' || error.code === 'timeout') return; // sent again after the join
      for (const { slot } of slots) delete this.#sent[slot];
    }
  }

  /** A request of the page: hand, chat, roster, and the chair's. */
  request(type, fields) {
    return this.protocol.request(type, fields);
  }

  /** The Leave button. */
  async leave() {
    this.#over = true;
    this.#seat.forget();
    await this.protocol.leave();
    this.close();
  }

  /** Ends without a word. */
  close() {
    this.#over = true;
    clearTimeout(this.#again);
    this.protocol.close();
    this.call?.close();
    this.#seat.release();
  }

  async #enter() {
    if (this.#joining) return;
    this.#joining = true;
    clearTimeout(this.#again);
    try {
      const resume = this.#seat.secret;
      const keep = this.call && this.call.pc.signalingState !== 'closed';
      const join = this.protocol.request('join', {
        ...this.#join,
        ...(resume && { resume }),
        ...(keep && { media: 'keep' }),
      });
      join.catch(() => {});
      const offered = keep ? null : this.#offer(join);
      offered?.catch(() => {});
      const answer = await join;
      this.#seat.secret = answer.session.secret;
      this.room.joined(answer);
      this.joined = true;
      this.#sent = {};
      this.#published = null;
      this.protocol.settled();
      if (keep && answer.media !== 'kept') await this.#offer(join);
      else await offered;
      this.emit('state', { link: 'open' });
      this.emit('joined', { resumed: Boolean(answer.media) });
      this.emit('changed');
      await Promise.all([this.#publish(), this.view(this.#wanted)]);
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#joining = false;
    }
  }

  /** A new connection with everything this site has; join and offer go out in one go. */
  async #offer(join) {
    const old = this.call;
    const call = new Call(this.#join.slots);
    this.call = call;
    old?.close();
    call.on('state', (media) => call === this.call && this.emit('state', { media }));
    call.on('health', (health) => call === this.call && this.emit('health', health));
    call.on('stuck', () => call === this.call && this.#renew());
    this.room.slots.clear();
    await Promise.all([call.setMicrophone(this.#tracks.microphone), call.setCamera(this.#tracks.camera)]);
    if (this.#tracks.screen) await call.setScreen(this.#tracks.screen);
    this.#apply();
    this.emit('call', call);
    const packed = await packSdp(await call.offer());
    const answer = await this.protocol.request('offer', packed);
    const { iceServers } = await join;
    await call.answer(await unpackSdp(answer), iceServers);
  }

  /** ICE does not come back although the server is there: a new connection, which the daemon takes for a reload. */
  async #renew() {
    if (this.protocol.state !== 'open' || !this.joined || this.#joining) return;
    try {
      await this.#offer(Promise.resolve({ iceServers: [] }));
      this.#sent = {};
      await this.view(this.#wanted);
    } catch (error) {
      console.warn('new connection', error);
    }
  }

  #apply() {
    if (!this.call) return;
    this.call.send('audio', this.#media.audio && Boolean(this.#tracks.microphone));
    this.call.send('camera', this.#media.video && Boolean(this.#tracks.camera));
    this.call.send('screen', this.#media.screen && Boolean(this.#tracks.screen));
  }

  async #publish() {
    if (!this.joined || this.protocol.state !== 'open') return [];
    const media = this.media;
    if (JSON.stringify(media) === JSON.stringify(this.#published)) return [];
    this.#published = media;
    try {
      const { muted = [] } = await this.protocol.request('publish', media);
      for (const kind of muted) this.#media[kind] = false;
      if (muted.length) {
        this.#published = null;
        this.#apply();
      }
      return muted;
    } catch (error) {
      this.#published = null;
      if (error.code !== 'lost' && error.code !== 'timeout') throw error;
      return []; // said again after the join
    }
  }

  #event(message) {
    if (message.type === 'encodings') this.call?.encodings(message);
    else if (message.type === 'kicked') this.#reason = message.reason ?? '';
    if (this.room.apply(message)) {
      if (message.type === 'slots') this.emit('slots', message);
      this.emit('changed', message);
    } else {
      this.emit(message.type, message);
    }
  }

  #refuse(error) {
    if (!(error instanceof ProtocolError)) {
      console.error(error);
      this.emit('refused', { code: 'unsupported', details: { message: String(error) } });
      return this.close();
    }
    if (error.code === 'lost' || error.code === 'timeout') return; // the protocol returns by itself
    if (error.code === 'banned') this.#seat.forget();
    const again = ['room-locked', 'room-full', 'draining', 'too-fast', 'internal'].includes(error.code);
    this.emit('refused', { code: error.code, details: error.details, again });
    if (!again) return this.close();
    this.#again = setTimeout(() => this.protocol.state === 'open' && this.#enter(), AGAIN_MS);
  }

  #end(code, reason) {
    if (code === CLOSE.KICKED || code === CLOSE.ENDED) this.#seat.forget();
    const over = this.#over;
    this.close();
    if (!over) this.emit('ended', { code, reason: this.#reason || reason });
  }
}
