/**
 * The site's one PeerConnection: one offer and one answer for the whole meeting. No DOM, no signalling.
 *
 * Lines, in the contract's order: microphone, the same again at 12 kbit/s, camera (l m h), screen (l h), then the slots
 * a0… and v0…. What is sent changes by replaceTrack and sender parameters only; who is seen changes in the daemon.
 *
 * Tells: `state` (connected | connecting | lost), `health` (each second, see #measure), `stuck` (ICE does not come back
 * by itself; the owner offers anew).
 */
import { Emitter } from './emitter.js';
import {
  CAMERA,
  SCREEN,
  AUDIO_BITRATE,
  AUDIO_LOW_BITRATE,
  ParameterQueue,
  cameraLayers,
  wishFor,
} from './encodings.js';

const EXTENSIONS = [
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
];
const VOICES = ['audio', 'audio-low'];
const RETURN_MS = 1000;
const STUCK_MS = 30_000;

/** The codecs of one line, best first. */
export function preferred(kind, codecs) {
  const rank = ({ mimeType, sdpFmtpLine = '' }) => {
    const name = mimeType.toLowerCase();
    if (kind === 'audio') return ['audio/opus', 'audio/red'].indexOf(name);
    if (name === 'video/vp8') return 0;
    if (name === 'video/h264' && /profile-level-id=42e0/i.test(sdpFmtpLine) && /packetization-mode=1/.test(sdpFmtpLine))
      return 1;
    if (name === 'video/rtx') return 2;
    return -1;
  };
  return codecs.filter((codec) => rank(codec) >= 0).sort((a, b) => rank(a) - rank(b));
}

function trim(transceiver, kind, sending) {
  const end = sending ? RTCRtpSender : RTCRtpReceiver;
  try {
    transceiver.setCodecPreferences(preferred(kind, end.getCapabilities(kind).codecs));
  } catch {
    // an offer with more codecs works too
  }
  if (!transceiver.setHeaderExtensionsToNegotiate) return;
  try {
    const wanted = transceiver.getHeaderExtensionsToNegotiate().map((extension) => ({
      ...extension,
      direction:
        EXTENSIONS.includes(extension.uri) && extension.direction !== 'stopped' ? extension.direction : 'stopped',
    }));
    transceiver.setHeaderExtensionsToNegotiate(wanted);
  } catch {
    // likewise
  }
}

export class Call extends Emitter {
  #answer = null;
  #asked = {}; // kind -> the last `encodings` event
  #local = { camera: { on: false, height: 720 }, screen: { on: false }, audio: { on: false } };
  #senders = {};
  #clones = { audio: null, 'audio-low': null };
  #queue = new ParameterQueue();
  #returning = 0;
  #lost_ms = 0;
  #meter = 0;
  #last = new Map();
  #closed = false;

  /** @param {{audio: number, video: number}} slots how many to offer */
  constructor(slots) {
    super();
    /** Offers made with signalling: 1 for the whole life. Restarts of ICE alone are counted apart. */
    this.offers = 0;
    this.iceRestarts = 0;
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    this.pc.oniceconnectionstatechange = () => this.#state();
    const send = (kind, key, sendEncodings) => {
      const transceiver = this.pc.addTransceiver(kind, { direction: 'sendonly', sendEncodings });
      trim(transceiver, kind, true);
      this.#senders[key] = transceiver.sender;
    };
    send('audio', 'audio', [{ active: false, maxBitrate: AUDIO_BITRATE }]);
    send('audio', 'audio-low', [{ active: false, maxBitrate: AUDIO_LOW_BITRATE }]);
    send(
      'video',
      'camera',
      CAMERA.map(({ rid }, i) => ({ ...cameraLayers(720)[i], rid, active: false })),
    );
    send(
      'video',
      'screen',
      SCREEN.map((layer) => ({ ...layer, active: false })),
    );
    /** Slot name -> transceiver. @type {Map<string, RTCRtpTransceiver>} */
    this.slots = new Map();
    for (const [kind, letter] of [
      ['audio', 'a'],
      ['video', 'v'],
    ]) {
      for (let i = 0; i < slots[kind]; i++) {
        const transceiver = this.pc.addTransceiver(kind, { direction: 'recvonly' });
        trim(transceiver, kind, false);
        this.slots.set(letter + i, transceiver);
      }
    }
  }

  /** @returns {MediaStreamTrack} of a slot, for the life of the connection */
  track(slot) {
    return this.slots.get(slot)?.receiver.track;
  }

  /** @returns {Promise<string>} the one offer */
  async offer() {
    this.offers++;
    await this.pc.setLocalDescription(await this.pc.createOffer());
    return this.pc.localDescription.sdp;
  }

  /** @param {string} sdp @param {RTCIceServer[]} [iceServers] */
  async answer(sdp, iceServers = []) {
    if (iceServers.length) this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers });
    this.#answer = sdp;
    await this.#applyAnswer();
    this.#meter ||= setInterval(() => this.#measure(), 1000);
    if (iceServers.length) await this.#restartIce();
  }

  /** The microphone, or null. Sent are clones: one a sender, muted without muting the owner's meter. */
  async setMicrophone(track) {
    this.#stopClones();
    for (const kind of VOICES) {
      this.#clones[kind] = track?.clone() ?? null;
      if (track) this.#clones[kind].enabled = this.#local.audio.on;
      this.#wish(kind);
    }
  }

  /** The camera, or null. */
  async setCamera(track) {
    if (track) {
      track.contentHint = 'motion';
      this.#local.camera.height = track.getSettings().height;
    }
    await this.#senders.camera.replaceTrack(track);
    this.#wish('camera');
  }

  /** The shared screen, or null. */
  async setScreen(track) {
    if (track) track.contentHint = 'detail';
    await this.#senders.screen.replaceTrack(track);
    this.send('screen', Boolean(track));
  }

  /** Whether this site sends a kind. A mute is an inactive encoding: a muted track would still send 50 packets a second. */
  send(kind, on) {
    this.#local[kind].on = on;
    this.#mutes();
    this.#wish(kind);
    if (kind === 'audio') this.#wish('audio-low');
  }

  /** An `encodings` event. */
  encodings({ kind, encodings }) {
    this.#asked[kind] = encodings;
    this.#wish(kind);
  }

  /** Whose packets come, by CSRC: slot -> csrc. */
  csrcs() {
    const found = {};
    for (const [slot, { receiver }] of this.slots) {
      const newest = receiver.getContributingSources?.().sort((a, b) => b.timestamp - a.timestamp)[0];
      if (newest && performance.timeOrigin + performance.now() - newest.timestamp < 3000) found[slot] = newest.source;
    }
    return found;
  }

  close() {
    this.#closed = true;
    clearInterval(this.#meter);
    clearTimeout(this.#returning);
    this.#queue.clear();
    this.#stopClones();
    this.pc.close();
  }

  #stopClones() {
    for (const kind of VOICES) this.#clones[kind]?.stop();
  }

  /** At once, before the encoder hears of it: no word leaves after the button was pressed. */
  #mutes() {
    for (const kind of VOICES) if (this.#clones[kind]) this.#clones[kind].enabled = this.#local.audio.on;
  }

  #wish(kind) {
    const sender = this.#senders[kind];
    if (!sender) return;
    const wish = wishFor(kind, this.#local[kind === 'audio-low' ? 'audio' : kind], this.#asked[kind]);
    this.#queue.wish(sender, wish);
    if (!VOICES.includes(kind)) return;
    // Firefox 153 sends audio on although its encoding is inactive: without a track it does not.
    const track = wish[0].active ? this.#clones[kind] : null;
    if (sender.track !== track) sender.replaceTrack(track).catch(() => {});
  }

  #state() {
    const state = this.pc.iceConnectionState;
    if (state === 'connected' || state === 'completed') {
      clearTimeout(this.#returning);
      this.#returning = 0;
      this.#lost_ms = 0;
      this.emit('state', 'connected');
    } else if ((state === 'disconnected' || state === 'failed') && !this.#returning) {
      this.#lost_ms = performance.now();
      this.emit('state', 'lost');
      this.#returning = setTimeout(() => this.#return(), 0);
    } else if (state === 'checking' && !this.#returning) {
      this.emit('state', 'connecting');
    }
  }

  /** Each second until connected: restart ICE alone, without signalling. */
  async #return() {
    if (this.#closed) return;
    try {
      await this.#restartIce();
    } catch (error) {
      console.warn('ICE restart', error);
    }
    if (!this.#returning) return; // connected meanwhile
    if (performance.now() - this.#lost_ms > STUCK_MS) {
      this.#lost_ms = performance.now();
      this.emit('stuck');
    }
    this.#returning = setTimeout(() => this.#return(), RETURN_MS);
  }

  async #restartIce() {
    if (!this.#answer || this.pc.signalingState === 'closed') return;
    if (this.pc.signalingState === 'stable') {
      this.iceRestarts++;
      await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }));
    }
    await this.#applyAnswer();
  }

  /** An answer with rids sets every layer active again (seen in Chromium 156): what is wished is said anew. */
  async #applyAnswer() {
    await this.pc.setRemoteDescription({ type: 'answer', sdp: this.#answer });
    for (const kind of Object.keys(this.#senders)) this.#wish(kind);
  }

  /**
   * `health`: {slots: {v0: {age_ms, fps, width, height, frozen}}, up: {cpu, starved}, down: {loss, rtt_ms}, level}.
   * age_ms: since the last frame; loss: share of the last second's packets; level: of the microphone, 0…1.
   */
  async #measure() {
    const report = await this.pc.getStats().catch(() => null);
    if (!report || this.#closed) return;
    const now = performance.now();
    const mids = new Map([...this.slots].map(([slot, { mid }]) => [mid, slot]));
    const health = { slots: {}, up: { cpu: false, starved: false }, down: { loss: 0, rtt_ms: null }, level: 0 };
    let lost = 0;
    let received = 0;
    for (const entry of report.values()) {
      if (entry.type === 'inbound-rtp') {
        const slot = mids.get(entry.mid);
        const last = this.#last.get(entry.id) ?? { frames: 0, lost: 0, received: 0, frame_ms: -Infinity, freezes: 0 };
        const frames = entry.framesDecoded ?? 0;
        if (frames > last.frames) last.frame_ms = now;
        lost += Math.max(0, (entry.packetsLost ?? 0) - last.lost);
        received += Math.max(0, (entry.packetsReceived ?? 0) - last.received);
        if (slot && entry.kind === 'video') {
          health.slots[slot] = {
            age_ms: now - last.frame_ms,
            fps: Math.max(0, frames - last.frames),
            width: entry.frameWidth ?? 0,
            height: entry.frameHeight ?? 0,
            frozen: (entry.freezeCount ?? 0) > last.freezes,
          };
        }
        Object.assign(last, {
          frames,
          lost: entry.packetsLost ?? 0,
          received: entry.packetsReceived ?? 0,
          freezes: entry.freezeCount ?? 0,
        });
        this.#last.set(entry.id, last);
      } else if (entry.type === 'outbound-rtp' && entry.kind === 'video' && entry.active !== false) {
        if (entry.qualityLimitationReason === 'cpu') health.up.cpu = true;
        if (entry.qualityLimitationReason === 'bandwidth') health.up.starved = true;
      } else if (entry.type === 'media-source' && entry.kind === 'audio') {
        health.level = Math.max(health.level, entry.audioLevel ?? 0);
      } else if (entry.type === 'candidate-pair' && entry.nominated && entry.currentRoundTripTime !== undefined) {
        health.down.rtt_ms = entry.currentRoundTripTime * 1000;
      }
    }
    if (lost + received > 0) health.down.loss = lost / (lost + received);
    this.emit('health', health);
  }
}
