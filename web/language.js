/** VI | EN, the same switch on every page. */
import { h } from './dom.js';
import { currentLanguage, useLanguage } from './text.js';

export function languageSwitch() {
  const element = h('div.language', { role: 'group', label: 'language' });
  for (const [code, name, title] of [
    ['vi', 'VI', 'Tiếng Việt'],
    ['en', 'EN', 'English'],
  ]) {
    const choice = h('button.button.plain.small', { type: 'button', lang: code, title, 'aria-label': title }, name);
    choice.setAttribute('aria-pressed', String(currentLanguage() === code));
    choice.addEventListener('click', async () => {
      await useLanguage(code);
      for (const other of element.children) other.setAttribute('aria-pressed', String(other === choice));
    });
    element.append(choice);
  }
  return element;
}
