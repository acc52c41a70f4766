import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import en from '../../web/en.js';
import vi from '../../web/vi.js';
import { byName, clean, plain, roomId } from '../../web/text.js';
import { claimsOf } from '../../web/seat.js';
import { failureOf } from '../../web/media.js';

const web = new URL('../../web/', import.meta.url);
const scripts = readdirSync(web).filter((name) => name.endsWith('.js') && !['vi.js', 'en.js'].includes(name));
const code = scripts.map((name) => readFileSync(new URL(name, web), 'utf8')).join('\n');
const names = (text) =>
  [...text.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name)
    .sort()
    .join();

test('every text is there in both languages, with the same values', () => {
  for (const key of Object.keys(vi)) assert.ok(key in en, `en lacks ${key}`);
  for (const key of Object.keys(en)) assert.ok(key.replace(/\.one$/, '') in vi, `vi lacks ${key}`);
  for (const key of Object.keys(vi)) assert.equal(names(en[key]), names(vi[key]), key);
  for (const [key, text] of [...Object.entries(vi), ...Object.entries(en)]) {
    assert.equal(text, text.normalize('NFC'), key);
    assert.ok(text.trim() === text && text, key);
  }
});

test('every key the scripts name is there', () => {
  for (const [, key] of code.matchAll(
    /(?:t: \[?|label: \[?|placeholder: \[?|say\([^,()]+(?:\([^()]*\))?[^,()]*, |words: \[?|field\()'([a-z][\w-]*(?:\.[\w-]+)+)'/g,
  ))
    assert.ok(key in vi, key);
});

test('every text is used', () => {
  const parts = [...code.matchAll(/`([a-z][\w.-]*\.)\$\{/g)].map(([, start]) => start);
  for (const key of Object.keys(vi)) {
    assert.ok(
      code.includes(`'${key}'`) || parts.some((start) => key.startsWith(start)) || /^(device|mic|camera)\./.test(key),
      `${key} is not used`,
    );
  }
});

test('Vietnamese: normalised, found without marks, sorted by its own order', () => {
  assert.equal(clean('  Đồng   Văn '.normalize('NFD')), 'Đồng Văn'.normalize('NFC'));
  assert.equal(plain('Đồng Văn'), 'dong van');
  assert.equal(plain('ĐỒNG VĂN'.normalize('NFD')), plain('dong van'));
  assert.equal(roomId('  Giao ban tháng 11 – Đợt 2 '), 'giao-ban-thang-11-dot-2');
  assert.equal(roomId('???'), '');
  assert.ok(roomId('x'.repeat(31) + ' yz').length <= 32 && !roomId('x'.repeat(31) + ' yz').endsWith('-'));
  const sorted = ['Đồng Văn', 'Ô Quy Hồ', 'Dào San', 'Oai', 'Xã 10', 'Xã 9']
    .map((name) => ({ name }))
    .sort(byName)
    .map(({ name }) => name);
  assert.deepEqual(sorted, ['Dào San', 'Đồng Văn', 'Oai', 'Ô Quy Hồ', 'Xã 9', 'Xã 10']);
});

test('a token that names its site is one seat; anything else is not', () => {
  const token = (claims) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
  assert.equal(claimsOf(token({ room: 'r', site: 's1' })).site, 's1');
  assert.deepEqual(claimsOf(token({ room: 'r', name: 'Xã Đồng Văn' })), { room: 'r', name: 'Xã Đồng Văn' });
  for (const broken of ['', 'a', 'a.b', 'a.!!.c', undefined]) assert.equal(claimsOf(broken).site, undefined);
});

test('every failure of a camera or microphone has its sentence', () => {
  for (const kind of ['camera', 'microphone']) {
    for (const name of [
      'NotAllowedError',
      'SecurityError',
      'NotFoundError',
      'NotReadableError',
      'AbortError',
      'OverconstrainedError',
      'TypeError',
      undefined,
    ])
      assert.ok(failureOf(kind, { name }) in vi, `${kind} ${name}`);
  }
  for (const cause of ['busy', 'none', 'gone', 'failed']) assert.ok(`device.${cause}.both` in vi);
});

test('each page names all its modules, so that a slow line asks for them in one go', () => {
  for (const [page, root] of [['index.html', 'app.js'], ['admin.html', 'admin.js']]) {
    const html = readFileSync(new URL(page, web), 'utf8');
    const named = [...html.matchAll(/modulepreload" href="\/s\/@VERSION@\/([\w.]+)"/g)].map(([, name]) => name);
    const needed = new Set();
    const follow = (name) => {
      if (needed.has(name)) return;
      needed.add(name);
      const text = readFileSync(new URL(name, web), 'utf8');
      for (const [, next] of text.matchAll(/from '\.\/([\w.]+)'/g)) follow(next);
    };
    follow(root);
    needed.delete(root);
    assert.deepEqual(named, [...needed].sort(), page);
  }
});
