// Put into every page before its own scripts: counts what the page does, and measures what it shows and plays.
// globalThis.probeSite = {color, tone} beforehand replaces camera and microphone by a drawn picture and an oscillator.
(() => {
  const probe = (globalThis.probe = { offers: 0, iceRestarts: 0, locals: 0, connections: [], sockets: 0 });

  if (globalThis.RTCPeerConnection) {
    const Native = RTCPeerConnection;
    globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
      constructor(...words) {
        super(...words);
        probe.connections.push(this);
      }
      createOffer(options, ...more) {
        if (options?.iceRestart) probe.iceRestarts++;
        else probe.offers++;
        return super.createOffer(options, ...more);
      }
      setLocalDescription(...words) {
        probe.locals++;
        return super.setLocalDescription(...words);
      }
    };
  }
  const NativeSocket = WebSocket;
  globalThis.WebSocket = class WebSocket extends NativeSocket {
    constructor(...words) {
      super(...words);
      probe.sockets++;
    }
  };

  // Tones are no voice: a browser's noise suppression would take them away.
  const devices = navigator.mediaDevices;
  if (devices) {
    const native = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (wanted) => {
      if (globalThis.probeSite) return Promise.resolve(drawn(wanted));
      const audio = wanted.audio && { ...wanted.audio, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      return native({ ...wanted, ...(audio && { audio }) });
    };
  }
  function drawn({ audio, video }) {
    const { color, tone, width = 640, height = 360 } = globalThis.probeSite;
    const stream = new MediaStream();
    if (video) {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const paint = canvas.getContext('2d');
      let at = 0;
      setInterval(() => {
        paint.fillStyle = color;
        paint.fillRect(0, 0, width, height);
        paint.fillStyle = 'black';
        paint.fillRect((at = (at + 15) % width), 0, 30, height);
      }, 66);
      stream.addTrack(canvas.captureStream(15).getVideoTracks()[0]);
    }
    if (audio) {
      const context = new AudioContext();
      const out = context.createMediaStreamDestination();
      const source = new OscillatorNode(context, { frequency: tone });
      source.connect(new GainNode(context, { gain: 0.5 })).connect(out);
      source.start();
      stream.addTrack(out.stream.getAudioTracks()[0]);
    }
    return stream;
  }

  const session = () => globalThis.diemcau?.session;
  const tile = (slot) => document.querySelector(`[data-slot="${slot}"] video`);

  /** Who is in which slot, as the daemon told. */
  probe.slots = () => Object.fromEntries(session()?.room.slots ?? []);
  probe.self = () => session()?.room.self;
  probe.sites = () => [...(session()?.room.sites.values() ?? [])];
  /** What a person sees: the tiles that are shown. */
  probe.tiles = () =>
    [...document.querySelectorAll('.tile[data-slot]')].filter((one) => !one.hidden && one.dataset.site).map((one) => ({ ...one.dataset }));

  /** The colour most of a picture has: the median of each channel over a grid. Null: no picture. */
  const canvas = document.createElement('canvas');
  probe.color = (slot) => {
    const video = tile(slot);
    if (!video?.videoWidth) return null;
    canvas.width = 32;
    canvas.height = 18;
    const paint = canvas.getContext('2d', { willReadFrequently: true });
    paint.drawImage(video, 0, 0, 32, 18);
    const { data } = paint.getImageData(0, 0, 32, 18);
    return [0, 1, 2].map((channel) => {
      const values = [];
      for (let i = channel; i < data.length; i += 4) values.push(data[i]);
      return values.sort((a, b) => a - b)[values.length >> 1];
    });
  };

  /** The tone of an audio slot: {hz, db} of the highest peak, and `clear`, its height over the rest. Null: silence. */
  const ears = new Map();
  let context;
  probe.tone = (slot) => {
    const track = session()?.call?.track(slot);
    if (!track) return null;
    let ear = ears.get(track);
    if (!ear) {
      context ??= new AudioContext();
      context.resume();
      const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
      const source = context.createMediaStreamSource(new MediaStream([track]));
      source.connect(analyser);
      ears.set(track, (ear = { source, analyser, bins: new Float32Array(4096) }));
      return null; // nothing heard yet
    }
    ear.analyser.getFloatFrequencyData(ear.bins);
    let best = 5;
    for (let i = 5; i < 1000; i++) if (ear.bins[i] > ear.bins[best]) best = i;
    let rest = -200;
    for (let i = 5; i < 1000; i++) if (Math.abs(i - best) > 12) rest = Math.max(rest, ear.bins[i]);
    if (!(ear.bins[best] > -60)) return null;
    return { hz: (best * context.sampleRate) / 8192, db: ear.bins[best], clear: ear.bins[best] - rest };
  };

  /** Everything of a page at once. */
  probe.look = () => {
    const slots = probe.slots();
    return {
      self: probe.self(),
      slots,
      tiles: probe.tiles().map((one) => ({ ...one, color: probe.color(one.slot) })),
      tones: Object.fromEntries(Object.keys(slots).filter((slot) => slot.startsWith('a')).map((slot) => [slot, probe.tone(slot)])),
      sites: probe.sites(),
    };
  };

  /** Slot -> its inbound-rtp statistics. */
  probe.stats = async () => {
    const { call } = session();
    const mids = new Map([...call.slots].map(([slot, { mid }]) => [mid, slot]));
    const found = {};
    for (const entry of (await call.pc.getStats()).values())
      if (entry.type === 'inbound-rtp' && mids.has(entry.mid)) found[mids.get(entry.mid)] = entry;
    return found;
  };
  /** rid (or audio) -> outbound-rtp statistics. */
  probe.sent = async () => {
    const found = {};
    for (const entry of (await session().call.pc.getStats()).values())
      if (entry.type === 'outbound-rtp' && entry.bytesSent > 0) found[`${entry.kind}${entry.mid}${entry.rid ?? ''}`] = entry;
    return found;
  };

  /** Watches the frames of a video slot: probe.frames[slot] = [{at, media, height}], at and media in ms. */
  probe.frames = {};
  probe.watch = (slot) => {
    const video = tile(slot);
    const list = (probe.frames[slot] = []);
    const next = (now, { height, presentationTime }) => {
      if (probe.frames[slot] !== list) return;
      list.push({ at: presentationTime, height });
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  };
})();
