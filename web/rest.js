/** The administrator's REST calls and the stream of what changes. No DOM. */
import { Emitter } from './emitter.js';
import { backoff } from './protocol.js';

const BASE = '/api/v1/';

/** A problem document (RFC 9457), or status 0: the server was not reached. */
export class RestError extends Error {
  constructor(status, { code = '', detail = '' } = {}) {
    super(detail || code || String(status));
    this.status = status;
    this.code = code;
  }
}

/** @param {string} method @param {string} path below /api/v1/ @param {object} [body] */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(BASE + path, {
      method,
      cache: 'no-store',
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch {
    throw new RestError(0);
  }
  const text = await response.text();
  let json = {};
  try {
    json = text ? JSON.parse(text) : {};
  } catch {
    // no body of ours
  }
  if (!response.ok) throw new RestError(response.status, json);
  return json;
}

/** Parts of a path, each as one. */
export const path = (...parts) => parts.map(encodeURIComponent).join('/');

/** Server-sent events that come back by themselves. Tells `room`, `site`, `gone`, `open`, `lost`. */
export class Stream extends Emitter {
  #source = null;
  #attempt = 0;
  #timer = 0;
  #closed = false;

  open() {
    this.#source = new EventSource(`${BASE}events`);
    this.#source.onopen = () => {
      this.#attempt = 0;
      this.emit('open');
    };
    for (const type of ['room', 'site', 'gone'])
      this.#source.addEventListener(type, ({ data }) => this.emit(type, JSON.parse(data)));
    this.#source.onerror = () => {
      this.#source.close();
      if (this.#closed) return;
      this.emit('lost');
      this.#timer = setTimeout(() => this.open(), backoff(this.#attempt++));
    };
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.close();
  }
}
