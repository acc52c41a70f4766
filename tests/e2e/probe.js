// Put into every page before its own scripts: counts what the page does, and measures what it shows and plays.
// globalThis.probeSite = {color, tone} beforehand replaces camera and microphone by a drawn picture and an oscillator;
// with `flash` both blink together, twice a second. `deaf`: this browser runs no AudioContext (Firefox without a sound
// card): the microphone stays its own, and tones are read from recordings.
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
      if (globalThis.probeSite) return drawn(wanted, native);
      const audio = wanted.audio && { ...wanted.audio, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      return native({ ...wanted, ...(audio && { audio }) });
    };
  }
  async function drawn({ audio, video }, native) {
    const { color, tone, flash = false, width = 640, height = 360, fps = 15, deaf } = globalThis.probeSite;
    const stream = new MediaStream();
    const context = new AudioContext();
    const lit = (time) => time % 0.5 < 0.1;
    if (video) {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const paint = canvas.getContext('2d');
      let at = 0;
      setInterval(() => {
        paint.fillStyle = flash ? (lit(context.currentTime) ? 'white' : 'black') : color;
        paint.fillRect(0, 0, width, height);
        paint.fillStyle = flash ? color : 'black';
        paint.fillRect((at = (at + 15) % width), 0, 30, height);
      }, 1000 / fps);
      stream.addTrack(canvas.captureStream(fps).getVideoTracks()[0]);
    }
    if (audio && deaf) {
      stream.addTrack((await native({ audio: true })).getAudioTracks()[0]);
    } else if (audio) {
      const out = context.createMediaStreamDestination();
      const source = new OscillatorNode(context, { frequency: tone });
      const gain = new GainNode(context, { gain: flash ? 0 : 0.5 });
      for (let time = 0; flash && time < 300; time += 0.5) {
        gain.gain.setValueAtTime(0.5, time);
        gain.gain.setValueAtTime(0, time + 0.1);
      }
      source.connect(gain).connect(out);
      source.start();
      stream.addTrack(out.stream.getAudioTracks()[0]);
    }
    return (probe.stream = stream);
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
  /** The highest peak of a spectrum. */
  const peak = (bins, rate) => {
    let best = 5;
    for (let i = 5; i < 1000; i++) if (bins[i] > bins[best]) best = i;
    let rest = -200;
    for (let i = 5; i < 1000; i++) if (Math.abs(i - best) > 12) rest = Math.max(rest, bins[i]);
    return bins[best] > -60 ? { hz: (best * rate) / 8192, db: bins[best], clear: bins[best] - rest } : null;
  };
  /** Records again and again, and keeps the last tone. */
  const record = async (track, ear) => {
    for (;;) {
      const recorder = new MediaRecorder(new MediaStream([track]));
      const parts = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      const stopped = new Promise((done) => (recorder.onstop = done));
      recorder.start();
      await new Promise((done) => setTimeout(done, 600));
      recorder.stop();
      await stopped;
      try {
        const buffer = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(await new Blob(parts).arrayBuffer());
        const offline = new OfflineAudioContext(1, buffer.length, 48000);
        const source = new AudioBufferSourceNode(offline, { buffer });
        const analyser = new AnalyserNode(offline, { fftSize: 8192, smoothingTimeConstant: 0 });
        const bins = new Float32Array(4096);
        source.connect(analyser).connect(offline.destination);
        source.start();
        await offline.startRendering();
        analyser.getFloatFrequencyData(bins);
        ear.tone = peak(bins, 48000);
      } catch {
        ear.tone = null; // nothing came
      }
    }
  };
  probe.tone = (slot) => {
    const track = session()?.call?.track(slot);
    if (!track) return null;
    if (globalThis.probeSite?.deaf) {
      if (!ears.has(track)) {
        ears.set(track, { tone: null });
        record(track, ears.get(track));
      }
      return ears.get(track).tone;
    }
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
    return peak(ear.bins, context.sampleRate);
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

  /**
   * How far the sound of a pair of tracks is ahead of its picture, in ms, by flashes and beeps over `ms`: one number a
   * flash. Negative: the sound is late. The same instrument at the source tells what it adds itself.
   */
  probe.lips = async (videoTrack, audioTrack, ms) => {
    context ??= new AudioContext();
    await context.resume();
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([videoTrack]) });
    await video.play();
    const flashes = [], beeps = [];
    let light = null, quiet = 0, stop = false;
    const small = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
    const paint = small.getContext('2d', { willReadFrequently: true });
    const next = (now, { presentationTime, expectedDisplayTime }) => {
      if (stop) return;
      paint.drawImage(video, 0, 0, 8, 8);
      const { data } = paint.getImageData(0, 0, 8, 8);
      let bright = 0;
      for (let i = 1; i < data.length; i += 4) bright += data[i] > 128;
      const lit = bright > 32;
      if (lit && light === false) flashes.push(expectedDisplayTime ?? presentationTime);
      light = lit;
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    const source = context.createMediaStreamSource(new MediaStream([audioTrack]));
    const listener = context.createScriptProcessor(256, 1, 1);
    listener.onaudioprocess = ({ inputBuffer, playbackTime }) => {
      const samples = inputBuffer.getChannelData(0);
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      for (let i = 0; i < samples.length; i++) {
        if (Math.abs(samples[i]) < 0.05) {
          quiet++;
          continue;
        }
        if (quiet > 0.2 * context.sampleRate) beeps.push(performanceTime + (playbackTime - contextTime + i / context.sampleRate) * 1000);
        quiet = 0;
      }
    };
    source.connect(listener).connect(context.destination);
    await new Promise((done) => setTimeout(done, ms));
    stop = true;
    source.disconnect();
    listener.disconnect();
    video.srcObject = null;
    return flashes
      .map((flash) => beeps.map((beep) => flash - beep).sort((a, b) => Math.abs(a) - Math.abs(b))[0])
      .filter((ahead) => Math.abs(ahead) < 250);
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
