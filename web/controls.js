/** The bar of buttons under the stage: four always, the rest too where there is room, else under "Thêm". */
import { h, icon, setIcon, say } from './dom.js';

const MIC = {
  on: { icon: 'mic-fill' },
  off: { icon: 'mic-mute' },
  blocked: { icon: 'mic-mute' },
  none: { icon: 'mic-mute' },
};
const CAMERA = {
  on: { icon: 'camera-video-fill' },
  off: { icon: 'camera-video-off' },
  blocked: { icon: 'camera-video-off' },
  none: { icon: 'camera-video-off' },
};

function control(name, svg, key, onclick) {
  const element = h(
    'button.control',
    { type: 'button', data: { control: name }, onclick },
    svg,
    h('span.control-word', { t: key }),
  );
  return element;
}

export class Controls {
  /**
   * @param {{microphone, camera, share, hand, people, chat, devices, leave, end: () => void}} does what each button does;
   * `leave` and `end` are called after the person has confirmed
   */
  constructor(does) {
    this.mic = control('microphone', icon('mic-mute'), 'mic.off', does.microphone);
    this.mic.append(h('span.lock', { hidden: true }, icon('lock-fill')));
    this.camera = control('camera', icon('camera-video-off'), 'camera.off', does.camera);
    this.camera.append(h('span.lock', { hidden: true }, icon('lock-fill')));
    this.share = control('share', icon('display'), 'share.off', does.share);
    this.hand = control('hand', icon('hand-index-thumb'), 'hand.off', does.hand);
    this.people = control('people', icon('people'), 'people.open', does.people);
    this.chat = control('chat', icon('chat-dots'), 'chat.open', does.chat);
    this.devices = control('devices', icon('gear'), 'devices.open', does.devices);
    for (const element of [this.people, this.chat]) element.append(h('span.badge', { hidden: true }));
    this.leave = control('leave', icon('box-arrow-right'), 'leave', () => this.#ask('leave'));
    this.leave.classList.add('leave');
    this.more = control('more', icon('three-dots'), 'more', () => this.#more());
    this.more.setAttribute('aria-expanded', 'false');
    this.rest = h('div.rest', {}, this.share, this.people, this.chat, this.devices);
    this.rest.addEventListener('click', () => this.#more(false));
    this.buttons = h('div.control-row', {}, this.mic, this.camera, this.hand, this.rest, this.more, this.leave);
    this.ask = h('div.control-row.asking', {
      hidden: true,
      onkeydown: (event) => event.key === 'Escape' && this.#back(),
    });
    this.element = h('div.controls', { label: 'meeting.controls', role: 'toolbar' }, this.buttons, this.ask);
    this.does = does;
    this.leads = false;
    this.total = 0;
    this.share.hidden = !navigator.mediaDevices?.getDisplayMedia;
  }

  /** @param {{mic, camera: 'on'|'off'|'blocked'|'none', sharing: boolean, hand: ?number, panel: ?string, unread: number, hands: number}} now */
  update(now) {
    for (const [element, kind, name, icons] of [
      [this.mic, 'mic', now.mic, MIC],
      [this.camera, 'camera', now.camera, CAMERA],
    ]) {
      setIcon(element.firstChild, icons[name].icon);
      say(element.querySelector('.control-word'), `${kind}.${name}`);
      element.dataset.state = name;
      element.setAttribute('aria-pressed', String(name === 'on'));
      element.lastChild.hidden = name !== 'blocked';
    }
    say(this.share.querySelector('.control-word'), now.sharing ? 'share.on' : 'share.off');
    this.share.dataset.state = now.sharing ? 'on' : 'idle';
    say(this.hand.querySelector('.control-word'), ...(now.hand === null ? ['hand.off'] : ['hand.on', { n: now.hand }]));
    this.hand.dataset.state = now.hand === null ? 'idle' : 'up';
    this.hand.hidden = this.leads;
    for (const name of ['people', 'chat', 'devices'])
      this[name].setAttribute('aria-expanded', String(now.panel === name));
    badge(this.people, now.hands);
    badge(this.chat, now.unread);
    badge(this.more, 0);
  }

  #more(open = this.more.getAttribute('aria-expanded') !== 'true') {
    this.more.setAttribute('aria-expanded', String(open));
    this.element.classList.toggle('more-open', open);
  }

  #ask(what) {
    const yes = h('button.button.danger.large', {
      type: 'button',
      data: { confirm: what },
      t: what === 'end' ? 'end.yes' : 'leave',
      onclick: () => this.does[what](),
    });
    const choices = [yes];
    if (what === 'leave' && this.leads) {
      choices.push(
        h('button.button.danger-text.large', {
          type: 'button',
          data: { control: 'end' },
          t: 'end',
          onclick: () => this.#ask('end'),
        }),
      );
    }
    choices.push(h('button.button.large', { type: 'button', t: 'leave.stay', onclick: () => this.#back() }));
    const words = what === 'end' ? ['end.ask', { n: this.total }] : ['leave.ask'];
    this.ask.replaceChildren(h('p', { t: words, role: 'alert' }), h('div.row', {}, choices));
    this.buttons.hidden = true;
    this.ask.hidden = false;
    yes.focus();
  }

  #back() {
    this.ask.hidden = true;
    this.buttons.hidden = false;
    this.leave.focus();
  }
}

function badge(element, n) {
  const mark = element.querySelector('.badge');
  if (!mark) return;
  mark.hidden = !n;
  mark.textContent = n > 99 ? '99+' : String(n);
}
