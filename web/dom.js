/** Elements in one call, with their words bound to the language. */
import { t } from './text.js';

const sprite = new URL('icons.svg', import.meta.url).pathname;

/** @param {string} name of a bootstrap icon; the build collects them from calls like this one */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'use'));
  setIcon(svg, name);
  return svg;
}

export function setIcon(svg, name) {
  const href = `${sprite}#${name}`;
  if (svg.firstChild.getAttribute('href') !== href) svg.firstChild.setAttribute('href', href);
}

/** A text by key: as the element's text, or as an attribute of it. Stays right when the language changes. */
export function say(element, key, values, attribute) {
  const name = attribute ? `data-t-${attribute}` : 'data-t';
  const bound = JSON.stringify([key, values ?? {}]);
  if (element.getAttribute(name) === bound) return element;
  element.setAttribute(name, bound);
  if (attribute) element.setAttribute(attribute, t(key, values));
  else element.textContent = t(key, values);
  return element;
}

/** Words as they are: a site's name, a message. */
export function write(element, text) {
  element.removeAttribute('data-t');
  if (element.textContent !== text) element.textContent = text;
  return element;
}

/**
 * @param {string} tag `name.class.class`
 * @param {object} [props] `t`, `label`, `placeholder`: text keys or [key, values]; `on…`: listeners; `data`: dataset; else
 * properties where the element has them, attributes where not
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 't') say(element, ...[value].flat());
    else if (key === 'label') say(element, ...pair(value), 'aria-label');
    else if (key === 'placeholder') say(element, ...pair(value), 'placeholder');
    else if (key === 'data') Object.assign(element.dataset, value);
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== 'list' && key !== 'form') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const pair = (value) => (Array.isArray(value) ? value : [value, undefined]);

/** A button with an icon and a word. */
export function button(tag, { icon: svg, t: words, ...props }, ...more) {
  return h(tag, { type: 'button', ...props }, svg, h('span', { t: words }), ...more);
}

export function field(label, control, ...after) {
  control.id ||= `f${Math.random().toString(36).slice(2, 9)}`;
  return h('div.field', {}, h('label', { t: label, htmlFor: control.id }), control, ...after);
}
