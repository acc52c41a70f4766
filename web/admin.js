/** The administrator's page: set-up, sign-in, then the desk. */
import { h, button, icon, field, say } from './dom.js';
import { startLanguage, t } from './text.js';
import { languageSwitch } from './language.js';
import { call } from './rest.js';
import { DeskView } from './deskview.js';

const PASSWORD_MIN = 8;
const main = document.getElementById('app');
const code = new URLSearchParams(location.hash.slice(1)).get('setup');
let desk = null;

function page(...children) {
  document.body.className = 'desk';
  main.replaceChildren(
    h(
      'header.brand',
      {},
      h('a', { href: '/admin' }, icon('broadcast'), h('span', { t: 'admin.title' })),
      languageSwitch(),
    ),
    h('main.centre', {}, ...children),
  );
}

/** @param {HTMLElement} wrong @param {import('./rest.js').RestError} error */
function tellWrong(wrong, error, refused) {
  wrong.hidden = false;
  const key =
    error.status === 429
      ? 'admin.too-fast'
      : error.status === 0
        ? 'admin.unreached'
        : error.status >= 500
          ? 'admin.error'
          : refused;
  say(wrong, key);
}

function passwordInput(name, autocomplete) {
  return h('input', { type: 'password', name, autocomplete, required: true, maxLength: 200 });
}

function setup() {
  const first = passwordInput('password', 'new-password');
  const second = passwordInput('again', 'new-password');
  const wrong = h('p.hint.wrong', { role: 'alert', hidden: true });
  const go = h('button.button.main.large', { type: 'submit', t: 'admin.setup.go' });
  page(
    h(
      'form.card.narrow',
      {
        async onsubmit(event) {
          event.preventDefault();
          const password = first.value.normalize('NFC');
          wrong.hidden = true;
          if (password.length < PASSWORD_MIN || password !== second.value.normalize('NFC')) {
            wrong.hidden = false;
            return say(wrong, password.length < PASSWORD_MIN ? 'admin.setup.short' : 'admin.setup.differ');
          }
          go.disabled = true;
          try {
            await call('POST', 'setup', { code, password });
            history.replaceState(null, '', '/admin');
            await enter();
          } catch (error) {
            tellWrong(wrong, error, error.status === 400 ? 'admin.setup.short' : 'admin.setup.used');
          }
          go.disabled = false;
        },
      },
      h('h1', { t: 'admin.setup' }),
      h('p', { t: 'admin.setup.intro' }),
      h('input', { type: 'text', name: 'username', autocomplete: 'username', value: 'admin', hidden: true }),
      field('admin.setup.new', first, h('p.hint', { t: 'admin.setup.rule' })),
      field('admin.setup.again', second),
      wrong,
      go,
      button('button.button.plain', { icon: icon('box-arrow-in-right'), t: 'admin.login', onclick: login }),
    ),
  );
  first.focus();
}

function login() {
  const password = passwordInput('password', 'current-password');
  const wrong = h('p.hint.wrong', { role: 'alert', hidden: true });
  const go = h('button.button.main.large', { type: 'submit', t: 'admin.login' });
  page(
    h(
      'form.card.narrow',
      {
        async onsubmit(event) {
          event.preventDefault();
          wrong.hidden = true;
          go.disabled = true;
          try {
            await call('POST', 'login', { password: password.value.normalize('NFC') });
            await enter();
          } catch (error) {
            tellWrong(wrong, error, error.status === 403 ? 'admin.no-password' : 'admin.wrong');
            password.select();
          }
          go.disabled = false;
        },
      },
      h('h1', { t: 'admin.title' }),
      h('input', { type: 'text', name: 'username', autocomplete: 'username', value: 'admin', hidden: true }),
      field('admin.password', password),
      wrong,
      go,
    ),
  );
  password.focus();
}

async function enter() {
  const { items } = await call('GET', 'rooms');
  desk?.stop();
  desk = new DeskView(items, { out: login });
  document.body.className = 'desk';
  main.replaceChildren(desk.element);
  desk.start();
}

await startLanguage();
document.title = t('admin.title');
if (code) {
  setup();
} else {
  page(h('p.hint', { t: 'admin.loading' }));
  const begin = async () => {
    try {
      await enter();
    } catch (error) {
      if (error.status === 401 || error.status === 403) return login();
      page(h('p.hint', { t: 'admin.unreached', role: 'alert' }));
      setTimeout(begin, 3000);
    }
  };
  await begin();
}
