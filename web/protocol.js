/**
 * Signalling client of the contract diemcau.v1: one WebSocket, requests answered by id, events, return by itself. No DOM.
 *
 * Guarantee: after `connect` there is exactly one of: a connection, an attempt at one, a planned attempt, or the end told
 * by `closed`. After close codes 4001 to 4003 it never comes back by itself.
 *
 * Tells: `open` (each time; the owner joins now), `lost` {attempt, delay_ms, code}, `closed` {code, reason} (for good),
 * `event` (a message of the server), and each event under its own type as `on:<type>`.
 */
import { Emitter } from './emitter.js';

export const CLOSE = { NORMAL: 1000, DRAINING: 1012, KICKED: 4001, TAKEN_OVER: 4002, ENDED: 4003, PROTOCOL: 4004 };
const FINAL = [CLOSE.KICKED, CLOSE.TAKEN_OVER, CLOSE.ENDED];

const REQUEST_MS = 12_000;
const OPEN_MS = 12_000;
const QUIET_MS = 15_000; // nothing heard for so long: ask something small
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];

/** An `error` answer (code of the contract), or `timeout` and `lost`, which are ours. */
export class ProtocolError extends Error {
  constructor(code, message, details = {}) {
    super(message ?? code);
    this.code = code;
    this.details = details;
  }
}

/** How long to wait before an attempt; spread, so that 218 sites do not return in one moment. */
export function backoff(attempt, random = Math.random) {
  const base = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)];
  return Math.round(base * (0.6 + 0.8 * random()));
}

export class Protocol extends Emitter {
  #url;
  #WebSocket;
  #random;
  #socket = null;
  #state = 'idle'; // idle, connecting, open, waiting, closed
  #attempt = 0;
  #id = 0;
  #pending = new Map();
  #timer = 0;
  #heard = 0;
  #leaving = false;

  constructor({ url, WebSocket = globalThis.WebSocket, random = Math.random }) {
    super();
    this.#url = url;
    this.#WebSocket = WebSocket;
    this.#random = random;
  }

  get state() {
    return this.#state;
  }

  connect() {
    if (this.#state === 'open' || this.#state === 'connecting') return;
    clearTimeout(this.#timer);
    this.#state = 'connecting';
    this.#leaving = false;
    const socket = new this.#WebSocket(this.#url, 'diemcau.v1');
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#end(socket, 0, ''), OPEN_MS);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#state = 'open';
      this.#heard = Date.now();
      this.#watch();
      this.emit('open');
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#message(data);
    socket.onclose = ({ code, reason }) => this.#end(socket, code, reason);
  }

  /** The network is back, or the page is looked at again: not wait out the backoff. */
  hurry() {
    if (this.#state === 'waiting') this.connect();
  }

  /** The owner has joined: the next loss begins with a short wait again. */
  settled() {
    this.#attempt = 0;
  }

  /**
   * @param {string} type @param {object} [fields] @returns {Promise<object>} the answer; rejects with ProtocolError
   */
  request(type, fields = {}, timeout_ms = REQUEST_MS) {
    if (this.#state !== 'open') return Promise.reject(new ProtocolError('lost'));
    const id = ++this.#id;
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new ProtocolError('timeout'));
        this.#end(socket, 0, ''); // a connection that does not answer is none
      }, timeout_ms);
      this.#pending.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ type, id, ...fields }));
    });
  }

  /** Says goodbye, so that the others read `left`, and stays away. */
  async leave() {
    this.#leaving = true;
    try {
      await this.request('leave', {}, 1500);
    } catch {
      // gone anyway
    }
    this.close();
  }

  /** Ends without a word: the seat stays. */
  close() {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#state = 'closed';
    this.#socket = null;
    this.#fail();
    socket?.close(1000);
  }

  #message(data) {
    this.#heard = Date.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message.type === 'ok' || message.type === 'error') {
      const pending = this.#pending.get(message.id);
      if (!pending) return;
      this.#pending.delete(message.id);
      clearTimeout(pending.timer);
      if (message.type === 'ok') pending.resolve(message);
      else pending.reject(new ProtocolError(message.code, message.message, message));
      return;
    }
    this.emit('event', message);
    this.emit(`on:${message.type}`, message);
  }

  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#state !== 'open') return;
      if (Date.now() - this.#heard >= QUIET_MS && !this.#pending.size) {
        this.request('view', { slots: [] }).catch(() => {}); // changes nothing; unanswered, it ends the connection
      }
      this.#watch();
    }, QUIET_MS / 3);
  }

  #fail() {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new ProtocolError('lost'));
    }
    this.#pending.clear();
  }

  #end(socket, code, reason) {
    if (socket !== this.#socket) return;
    clearTimeout(this.#timer);
    this.#socket = null;
    socket.onclose = null;
    socket.close();
    this.#fail();
    if (this.#leaving || FINAL.includes(code)) {
      this.#state = 'closed';
      this.emit('closed', { code, reason });
      return;
    }
    const delay_ms =
      code === CLOSE.DRAINING ? 1000 + backoff(this.#attempt, this.#random) : backoff(this.#attempt, this.#random);
    const attempt = ++this.#attempt;
    this.#state = 'waiting';
    this.#timer = setTimeout(() => this.connect(), delay_ms);
    this.emit('lost', { attempt, delay_ms, code });
  }
}
