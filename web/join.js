/** Choosing a room, and the join page: name, camera and microphone seen and heard before anybody else does. */
import { h, button, icon, field, say } from './dom.js';
import { clean, roomId, t } from './text.js';
import { kept } from './keep.js';
import { Meter, chime } from './media.js';

const BARS = 12;
const ROOM_ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/;

/** `/`: which room. @param {(room: string) => void} go */
export function homeView(go) {
  const input = h('input', {
    type: 'text',
    name: 'room',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: false,
    enterKeyHint: 'go',
  });
  const hint = h('p.hint', { t: 'home.hint', id: 'home-hint' });
  input.setAttribute('aria-describedby', 'home-hint');
  const form = h(
    'form.card.narrow',
    {
      onsubmit(event) {
        event.preventDefault();
        const typed = clean(input.value);
        const room = ROOM_ID.test(typed) ? typed : roomId(typed);
        if (room) return go(room);
        hint.classList.add('wrong');
        say(hint, 'home.empty');
        input.focus();
      },
    },
    h('h1', { t: 'home.title' }),
    field('home.room', input, hint),
    button('button.button.main.large', { type: 'submit', icon: icon('box-arrow-in-right'), t: 'home.go' }),
  );
  const recent = recentRooms();
  if (recent.length) {
    form.append(
      h('h2', { t: 'home.recent' }),
      h(
        'ul.recent',
        {},
        recent.map((room) => h('li', {}, h('a', { href: `/r/${encodeURIComponent(room)}` }, icon('people'), room))),
      ),
    );
  }
  requestAnimationFrame(() => input.focus());
  return form;
}

export function recentRooms() {
  try {
    return JSON.parse(kept.getItem('diemcau:rooms') ?? '[]').filter((room) => typeof room === 'string');
  } catch {
    return [];
  }
}

export function rememberRoom(room) {
  kept.setItem('diemcau:rooms', JSON.stringify([room, ...recentRooms().filter((other) => other !== room)].slice(0, 5)));
}

/** One sentence for what fails both in the same way. */
export function troubles({ camera, microphone }) {
  const cause = (key) => key?.replace(/\.(camera|microphone)$/, '');
  if (camera && cause(camera) === cause(microphone) && camera !== microphone) return [`${cause(camera)}.both`];
  return [...new Set([camera, microphone].filter(Boolean))];
}

/** The three selects of camera, microphone and speaker; the join page and the meeting's panel share them. */
export function deviceFields(devices, { test = true } = {}) {
  const selects = {};
  for (const kind of ['camera', 'microphone', 'speaker']) {
    selects[kind] = h('select', {
      data: { device: kind },
      onchange: ({ target }) => devices.choose(kind, target.value === 'none' ? null : target.value),
    });
  }
  const tester = button('button.button', {
    icon: icon('volume-up'),
    t: 'join.speaker.test',
    async onclick() {
      const words = tester.querySelector('span');
      tester.disabled = true;
      say(words, 'join.speaker.playing');
      await chime(devices.wanted.speaker);
      tester.disabled = false;
      say(words, 'join.speaker.test');
    },
  });
  const speaker = field('join.speaker', selects.speaker);
  const element = h(
    'div.devices',
    {},
    field('join.camera', selects.camera),
    field('join.microphone', selects.microphone),
    test ? h('div.with-button', {}, speaker, tester) : speaker,
  );
  const update = () => {
    for (const [kind, select] of Object.entries(selects)) {
      const list = devices.lists[kind];
      const options = [];
      if (!list.some(({ deviceId }) => deviceId === devices.wanted[kind]))
        options.push(h('option', { value: '', t: 'join.default' }));
      list.forEach(({ deviceId, label }, i) => {
        const option = h('option', { value: deviceId }, label.replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/, ''));
        if (!label) say(option, 'join.device', { n: i + 1 });
        options.push(option);
      });
      if (kind !== 'speaker') options.push(h('option', { value: 'none', t: `join.none.${kind}` }));
      select.replaceChildren(...options);
      select.value =
        devices.wanted[kind] === null
          ? 'none'
          : list.some(({ deviceId }) => deviceId === devices.wanted[kind])
            ? devices.wanted[kind]
            : '';
      if (kind === 'speaker') speaker.hidden = !('setSinkId' in HTMLMediaElement.prototype) || !list.length;
    }
  };
  update();
  const off = devices.on('changed', update);
  return { element, off };
}

/**
 * `/r/ROOM` before the meeting.
 * @param {{room: string, devices: import('./media.js').Devices, pin?: 'need'|'wrong', name: string, given: boolean,
 *   enter: (choice: {name: string, pin: string, audio: boolean}) => void}} options
 * @returns {{element: HTMLElement, stop: () => void}}
 */
export function joinView({ room, devices, pin, name, given, enter }) {
  const meter = new Meter();
  const video = h('video', { muted: true, playsInline: true, autoplay: true });
  const cover = h('p.cover', {}, icon('camera-video-off'), h('span', { t: 'join.preview.asking' }));
  const ticks = Array.from({ length: BARS }, () => h('i'));
  const level = h(
    'div.level',
    { role: 'meter', label: 'join.level', 'aria-valuemin': 0, 'aria-valuemax': 100 },
    icon('mic'),
    h('div.ticks', {}, ticks),
  );
  const levelHint = h('p.hint', { t: 'join.level.say' });
  const input = h('input', {
    type: 'text',
    name: 'site',
    value: name,
    readOnly: given,
    maxLength: 80,
    autocomplete: 'organization',
    placeholder: 'join.name.example',
    enterKeyHint: 'go',
  });
  const pinInput = h('input', { type: 'text', name: 'pin', inputMode: 'numeric', autocomplete: 'off', maxLength: 32 });
  const micOn = h('input', { type: 'checkbox', name: 'mic-on', checked: kept.getItem('diemcau:mic-on') === 'yes' });
  const wrong = h('p.hint.wrong', { role: 'alert', hidden: true });
  const go = button('button.button.main.large', { type: 'submit', icon: icon('box-arrow-in-right'), t: 'join.go' });
  const trouble = h('div.troubles');
  const checks = h('ul.checks');
  let server = null;

  const form = h(
    'form.join-form',
    {
      onsubmit(event) {
        event.preventDefault();
        const typed = clean(input.value);
        if (!typed) {
          wrong.hidden = false;
          say(wrong, 'join.name.empty');
          return input.focus();
        }
        go.disabled = true;
        say(go.querySelector('span'), 'join.going');
        kept.setItem('diemcau:mic-on', micOn.checked ? 'yes' : 'no');
        enter({ name: typed, pin: clean(pinInput.value), audio: micOn.checked });
      },
    },
    field('join.name', input),
    pin && field('join.pin', pinInput),
    wrong,
    go,
    h('label.check', {}, micOn, h('span', { t: 'join.mic.on' })),
  );
  if (pin) {
    wrong.hidden = false;
    say(wrong, `join.pin.${pin}`);
  }
  const selects = deviceFields(devices);
  const element = h(
    'div.card.join',
    {},
    h('h1', { t: ['join.room', { room }] }),
    h('div.preview', {}, h('div.frame', { label: 'join.preview', role: 'img' }, video, cover), level, levelHint),
    h('div.side', {}, form, trouble, checks, selects.element),
  );

  const update = () => {
    const { camera, microphone } = devices.tracks;
    if (video.srcObject?.getTracks()[0] !== (camera ?? undefined))
      video.srcObject = camera ? new MediaStream([camera]) : null;
    if (camera) video.play().catch(() => {});
    cover.hidden = Boolean(camera);
    if (meter.track !== microphone) {
      meter.track = microphone;
      meter.start(microphone);
    }
    level.classList.toggle('none', !microphone);
    levelHint.hidden = !microphone;
    const failures = ['camera', 'microphone'].filter((kind) => devices.failures[kind]);
    const keys = troubles(devices.failures);
    if (!devices.able) keys.push('join.insecure');
    trouble.replaceChildren(
      ...keys.map((key) =>
        h(
          `div.bar.bar-${key.startsWith('device.none') || key === 'join.insecure' ? 'info' : 'warn'}`,
          { role: 'alert' },
          icon('exclamation-triangle'),
          h('span.bar-text', { t: key }),
          key !== 'join.insecure' &&
            h('button.button', { type: 'button', t: 'retry', onclick: () => devices.openBoth() }),
        ),
      ),
    );
    const settled = failures.length > 0 || camera || microphone || !devices.able || devices.wanted.camera === null;
    if (settled) say(cover.querySelector('span'), 'join.preview.off');
    const check = (ok, yes, no) =>
      h(ok ? 'li.ok' : 'li.no', {}, ok ? icon('check-lg') : icon('dash-circle'), h('span', { t: ok ? yes : no }));
    checks.replaceChildren(
      ...(settled
        ? [
            check(camera, 'join.ok.camera', 'join.no.camera'),
            check(microphone, 'join.ok.microphone', 'join.no.microphone'),
          ]
        : []),
      ...(server === null ? [] : [check(server, 'join.ok.server', 'join.no.server')]),
    );
  };
  const off = devices.on('changed', update);
  update();
  if (!devices.tracks.camera || !devices.tracks.microphone) devices.openBoth();

  let running = true;
  const ask = async () => {
    const good = await fetch('/healthz', { cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (!running) return;
    server = good;
    update();
    if (!good) setTimeout(ask, 3000);
  };
  ask();
  const draw = () => {
    if (!running) return;
    const now = meter.level();
    ticks.forEach((tick, i) => tick.classList.toggle('on', now * BARS > i + 0.5));
    level.setAttribute('aria-valuenow', Math.round(now * 100));
    say(levelHint, meter.asleep ? 'join.level.click' : 'join.level.say');
    setTimeout(draw, 80);
  };
  draw();
  requestAnimationFrame(() => (pin ? pinInput : name ? go : input).focus({ preventScroll: true }));
  document.title = t('join.room', { room });
  return {
    element,
    stop() {
      running = false;
      off();
      selects.off();
      meter.stop();
      video.srcObject = null;
    },
  };
}
