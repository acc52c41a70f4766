/** Words, numbers and names in the reader's language. Vietnamese first; English is loaded when asked for. */
import vi from './vi.js';
import { kept } from './keep.js';

const LANGUAGES = { vi, en: null };
const ZONE = 'Asia/Ho_Chi_Minh';
let language = 'vi';

export const currentLanguage = () => language;

/** The language kept from last time, before anything is drawn. */
export async function startLanguage() {
  if (kept.getItem('diemcau:language') === 'en') await useLanguage('en');
  document.documentElement.lang = language;
}

export async function useLanguage(next) {
  LANGUAGES[next] ??= (await import(`./${next}.js`)).default;
  language = next;
  kept.setItem('diemcau:language', next);
  document.documentElement.lang = next;
  translate(document);
}

/** @param {string} key @param {Record<string, string|number>} [values] for {names} in the text; n = 1 takes `key.one` */
export function t(key, values = {}) {
  const words = LANGUAGES[language];
  const text = (values.n === 1 && words[`${key}.one`]) || words[key];
  if (text === undefined) throw new Error(`no text ${key} in ${language}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? '';
    return typeof value === 'number' ? number(value) : value;
  });
}

/** Everything of the page that carries a key: `data-t` its text, `data-t-ATTRIBUTE` an attribute. */
export function translate(root) {
  for (const attribute of ['', 'aria-label', 'placeholder', 'title']) {
    const name = attribute ? `data-t-${attribute}` : 'data-t';
    for (const element of root.querySelectorAll(`[${name}]`)) {
      const [key, values] = JSON.parse(element.getAttribute(name));
      if (attribute) element.setAttribute(attribute, t(key, values));
      else element.textContent = t(key, values);
    }
  }
  for (const element of root.querySelectorAll('[data-time]')) element.textContent = clock(Number(element.dataset.time));
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
/** bit/s as kbit/s. */
export const kbits = (bps) => number((bps ?? 0) / 1000);
export const clock = (ms) =>
  new Intl.DateTimeFormat('vi', { hour: '2-digit', minute: '2-digit', timeZone: ZONE }).format(ms);
export const dayAndClock = (ms) => {
  const day = new Intl.DateTimeFormat('vi', {
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    timeZone: ZONE,
  }).format(ms);
  return `${day} ${clock(ms)}`;
};

/** Typed text as it is kept and sent: NFC, no doubled spaces. */
export const clean = (text) => text.normalize('NFC').replace(/\s+/g, ' ').trim();
/** For comparing and searching: without marks and case, "Đồng Văn" and "dong van" are the same. */
export const plain = (text) => clean(text).normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
/** A room's id out of what somebody typed: "Giao ban tháng 11" is giao-ban-thang-11. */
export const roomId = (text) =>
  plain(text)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 32)
    .replace(/-+$/, '');

const collator = new Intl.Collator('vi', { numeric: true });
export const byName = (a, b) => collator.compare(a.name ?? '', b.name ?? '');
