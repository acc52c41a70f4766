/** Camera, microphone, screen and speaker of this computer; every failure becomes a text key. */
import { Emitter } from './emitter.js';
import { kept } from './keep.js';

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const KIND = { camera: 'videoinput', microphone: 'audioinput', speaker: 'audiooutput' };

/** @param {'camera'|'microphone'} kind @returns {string} the text key of what getUserMedia threw */
export function failureOf(kind, error) {
  switch (error?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'device.denied';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
      return `device.none.${kind}`;
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return `device.busy.${kind}`;
    default:
      return `device.failed.${kind}`;
  }
}

/**
 * The devices in use. Tells `changed` (tracks, failures or lists), `ended` {kind} (unplugged).
 * `wanted`: device id, '' for the default, null for none; kept for the next meeting.
 */
export class Devices extends Emitter {
  constructor() {
    super();
    this.able = Boolean(navigator.mediaDevices?.getUserMedia);
    this.tracks = { camera: null, microphone: null };
    this.failures = { camera: null, microphone: null };
    this.lists = { camera: [], microphone: [], speaker: [] };
    this.wanted = {
      camera: this.#kept('camera'),
      microphone: this.#kept('microphone'),
      speaker: this.#kept('speaker'),
    };
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.list());
  }

  #kept(kind) {
    const value = kept.getItem(`diemcau:${kind}`);
    return value === 'none' ? null : (value ?? '');
  }

  /** Both in one question to the person; what fails alone is asked alone. */
  async openBoth() {
    const kinds = ['camera', 'microphone'].filter((kind) => this.wanted[kind] !== null && !this.tracks[kind]);
    if (kinds.length === 2 && this.able) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia({
          video: this.#constraints('camera'),
          audio: this.#constraints('microphone'),
        });
        this.#take('camera', stream.getVideoTracks()[0]);
        this.#take('microphone', stream.getAudioTracks()[0]);
        return this.list();
      } catch (error) {
        if (error?.name === 'NotAllowedError') {
          for (const kind of kinds) this.failures[kind] = 'device.denied';
          // One of the two may be refused alone.
        }
      }
    }
    for (const kind of kinds) await this.open(kind);
    await this.list();
  }

  /** @returns {Promise<?MediaStreamTrack>} null: `failures` says why */
  async open(kind) {
    if (!this.able) return null;
    const ask = (constraints) =>
      navigator.mediaDevices.getUserMedia(kind === 'camera' ? { video: constraints } : { audio: constraints });
    try {
      let stream;
      try {
        stream = await ask(this.#constraints(kind));
      } catch (error) {
        if (error?.name !== 'OverconstrainedError' && !(error?.name === 'NotFoundError' && this.wanted[kind]))
          throw error;
        this.wanted[kind] = ''; // the device chosen last time is not there
        stream = await ask(this.#constraints(kind));
      }
      this.#take(kind, stream.getTracks()[0]);
    } catch (error) {
      this.failures[kind] = failureOf(kind, error);
      this.emit('changed');
    }
    return this.tracks[kind];
  }

  /** Another device, or null for none. */
  async choose(kind, id) {
    this.wanted[kind] = id;
    kept.setItem(`diemcau:${kind}`, id === null ? 'none' : id);
    if (kind === 'speaker') return this.emit('changed');
    this.shut(kind);
    if (id !== null) await this.open(kind);
    this.emit('changed');
  }

  /** The light goes out. */
  shut(kind) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.failures[kind] = null;
    this.emit('changed');
  }

  async list() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    for (const [kind, type] of Object.entries(KIND)) {
      this.lists[kind] = all.filter(
        (device) =>
          device.kind === type &&
          device.deviceId &&
          device.deviceId !== 'default' &&
          device.deviceId !== 'communications',
      );
    }
    this.emit('changed');
  }

  #constraints(kind) {
    const id = this.wanted[kind];
    return { ...(kind === 'camera' ? VIDEO : AUDIO), ...(id && { deviceId: { exact: id } }) };
  }

  #take(kind, track) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = track;
    this.failures[kind] = null;
    track.onended = () => {
      if (this.tracks[kind] !== track) return;
      this.tracks[kind] = null;
      this.failures[kind] = `device.gone.${kind}`;
      this.emit('ended', { kind });
      this.emit('changed');
    };
    this.emit('changed');
  }
}

/** @returns {Promise<?MediaStreamTrack>} null: the person chose nothing */
export async function openScreen() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    return stream.getVideoTracks()[0];
  } catch (error) {
    if (error?.name === 'NotAllowedError') return null;
    throw error;
  }
}

/** The level of a track, 0…1, as long as it is drawn. Browsers keep it asleep until the first click or key. */
export class Meter {
  #context = null;
  #source = null;
  #analyser;
  #samples;
  #wake = () => this.#context?.resume();

  start(track) {
    this.stop();
    if (!track || !globalThis.AudioContext) return;
    this.#context = new AudioContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(1024);
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
    for (const type of ['pointerdown', 'keydown']) document.addEventListener(type, this.#wake);
  }

  get asleep() {
    return this.#context?.state === 'suspended';
  }

  level() {
    if (!this.#context) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const decibel = 10 * Math.log10(sum / this.#samples.length + 1e-10);
    return Math.min(1, Math.max(0, (decibel + 60) / 50));
  }

  stop() {
    for (const type of ['pointerdown', 'keydown']) document.removeEventListener(type, this.#wake);
    this.#source?.disconnect();
    this.#context?.close();
    this.#context = this.#source = null;
  }
}

/** Three chimes on the chosen speaker. @returns {Promise<void>} when they have been played */
export async function chime(speaker) {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = out.stream;
  if (speaker && element.setSinkId) await element.setSinkId(speaker).catch(() => {});
  [523.25, 659.25, 783.99].forEach((frequency, i) => {
    const tone = context.createOscillator();
    const gain = context.createGain();
    const from = context.currentTime + 0.1 + i * 0.45;
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(0.3, from + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, from + 0.9);
    tone.connect(gain).connect(out);
    tone.start(from);
    tone.stop(from + 1);
  });
  await element.play().catch(() => {});
  await new Promise((done) => setTimeout(done, 2200));
  element.srcObject = null;
  await context.close();
}
