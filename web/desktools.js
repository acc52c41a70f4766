/** What an operator does with a whole room: join, invite, lock, end, delete; each asked in place. */
import { h, button, icon, field, say } from './dom.js';
import { clean } from './text.js';
import { call, path } from './rest.js';

const HOURS = [8, 24, 168, 720];

/** @param {string} id of the room @param {import('./deskview.js').DeskView} view */
export function roomTools(id, view) {
  const rest = path('rooms', id);
  const place = h('div.place');
  let room = { id, name: id };
  let count = 0;
  const close = () => place.replaceChildren();
  const ask = (words, yes, work) => {
    const go = h('button.button.danger', {
      type: 'button',
      t: yes,
      onclick: async () => {
        if ((await view.act(work)) !== null) close();
      },
    });
    place.replaceChildren(
      h(
        'div.ask',
        {},
        h('p', { t: words }),
        h('div.row', {}, go, h('button.button', { type: 'button', t: 'cancel', onclick: close })),
      ),
    );
    go.focus();
  };
  const lock = button('button.button.small', {
    icon: icon('lock'),
    t: 'chair.lock',
    onclick: () => view.act(() => call('PATCH', rest, { locked: !room.locked })),
  });
  const end = h('button.button.small.danger-text', {
    type: 'button',
    t: 'admin.end',
    onclick: () => ask(['admin.end.ask', { room: room.name, n: count }], 'end.yes', () => call('POST', `${rest}/end`)),
  });
  const element = h(
    'div.room-tools',
    {},
    h(
      'div.row',
      {},
      h(
        'a.button.small',
        { href: `/r/${encodeURIComponent(id)}`, target: '_blank' },
        icon('box-arrow-in-right'),
        h('span', { t: 'admin.open' }),
      ),
      button('button.button.small', {
        icon: icon('link-45deg'),
        t: 'admin.link',
        onclick: () => place.replaceChildren(linkForm(id, view, close)),
      }),
      button('button.button.small', {
        icon: icon('mic-mute'),
        t: 'chair.mute.all',
        onclick: () =>
          view.act(() => call('POST', `${rest}/mute`, { kind: 'audio', on: true }), ['chair.done.mute.all']),
      }),
      lock,
      end,
      h('button.button.small.danger-text', {
        type: 'button',
        t: 'admin.delete',
        onclick: () => ask(['admin.delete.ask', { room: room.name }], 'admin.delete.yes', () => call('DELETE', rest)),
      }),
    ),
    place,
  );
  return {
    element,
    update(now, sites) {
      room = now;
      count = sites;
      end.hidden = !sites;
      say(lock.querySelector('span'), now.locked ? 'chair.unlock' : 'chair.lock');
    },
  };
}

/** A link of one's own for a site: role, name, how long. */
function linkForm(room, view, close) {
  const role = h(
    'select',
    {},
    ['guest', 'chair', 'operator'].map((name) => h('option', { value: name, t: `admin.link.${name}` })),
  );
  const name = h('input', { type: 'text', maxLength: 80, placeholder: 'join.name.example', autocomplete: 'off' });
  const hours = h(
    'select',
    {},
    HOURS.map((n) =>
      h('option', { value: String(n), t: n < 48 ? ['admin.hours', { n }] : ['admin.days', { n: n / 24 }] }),
    ),
  );
  const result = h('div.with-button', { hidden: true });
  const form = h(
    'form.ask.calm',
    {
      onkeydown: (event) => event.key === 'Escape' && close(),
      async onsubmit(event) {
        event.preventDefault();
        const wanted = { room, role: role.value, name: clean(name.value), expires_s: Number(hours.value) * 3600 };
        const made = await view.act(() => call('POST', 'tokens', wanted));
        if (!made) return;
        const url = h('input', { type: 'text', readOnly: true, value: made.url, label: 'admin.link' });
        const copy = button('button.button', {
          icon: icon('clipboard'),
          t: 'admin.link.copy',
          async onclick() {
            url.select();
            await navigator.clipboard?.writeText(made.url).catch(() => document.execCommand('copy'));
            say(copy.querySelector('span'), 'admin.link.copied');
          },
        });
        result.replaceChildren(url, copy);
        result.hidden = false;
        url.select();
      },
    },
    h(
      'div.inline',
      {},
      field('admin.link.name', name),
      field('admin.link.role', role),
      field('admin.link.hours', hours),
      h(
        'div.row',
        {},
        h('button.button.main', { type: 'submit', t: 'admin.link.make' }),
        h('button.button', { type: 'button', t: 'close', onclick: close }),
      ),
    ),
    result,
  );
  requestAnimationFrame(() => name.focus());
  return form;
}
