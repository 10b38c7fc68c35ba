import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { calendarText } from '../../../collector/on-call/ical.ts';

interface Component {
  name: string;
  properties: Map<string, string>;
  parts: Component[];
}

/** As RFC 5545 has it, and no more lenient: octets per line, CRLF, folds, escapes, nesting, what must be there once. */
function parse(calendar: string): Component {
  assert.ok(calendar.endsWith('\r\n') && !/[^\r]\n|\r[^\n]/.test(calendar), 'every line ends with CRLF');
  for (const line of calendar.split('\r\n'))
    assert.ok(Buffer.byteLength(line) <= 75, `${Buffer.byteLength(line)} octets`);
  assert.not.match(calendar, /\ufffd/);
  const lines = calendar
    .replace(/\r\n[ \t]/g, '')
    .trimEnd()
    .split('\r\n');
  const root: Component = { name: '', properties: new Map(), parts: [] };
  const open = [root];
  for (const line of lines) {
    const [, name, value = ''] = /^([A-Z-]+)(?:;[A-Z-]+=[^:;]+)*:(.*)$/.exec(line) ?? [];
    assert.ok(name, line);
    const here = open.at(-1) as Component;
    if (name === 'BEGIN') {
      const part: Component = { name: value, properties: new Map(), parts: [] };
      here.parts.push(part);
      open.push(part);
    } else if (name === 'END') {
      assert.is(here.name, value);
      open.pop();
    } else {
      assert.not(here.properties.has(name as string), `${name} twice`);
      here.properties.set(name as string, value);
    }
  }
  assert.is(open.length, 1);
  const [found, ...more] = root.parts;
  assert.is(more.length, 0);
  assert.is(found?.name, 'VCALENDAR');
  for (const needed of ['VERSION', 'PRODID']) assert.ok(found?.properties.has(needed), needed);
  for (const { properties } of found?.parts ?? []) {
    for (const needed of ['UID', 'DTSTAMP', 'DTSTART']) assert.ok(properties.has(needed), needed);
    for (const time of ['DTSTAMP', 'DTSTART', 'DTEND']) assert.match(properties.get(time) ?? '', /^\d{8}T\d{6}Z$/);
    for (const text of ['SUMMARY', 'DESCRIPTION', 'UID'])
      assert.match(properties.get(text) ?? '', /^(?:[^\\;,]|\\[\\;,nN])*$/, text);
  }
  return found as Component;
}

const plain = (text = '') => text.replace(/\\([\\;,nN])/g, (_, one: string) => (/n/i.test(one) ? '\n' : one));
const at = Date.parse('2026-03-29T00:59:59.500Z');

test('a strict parser reads back what was written, whatever is in it', () => {
  const title = `On call: a, b; c\\d\n"東京の当番表${'長い名前'.repeat(20)}" 😀`;
  const events = [
    { uid: '1@evenkeel', start: at, end: at + 3_600_000, title, description: 'x'.repeat(300) },
    { uid: '2@evenkeel', start: at, end: at + 1000, title: 'BEGIN:VEVENT', description: 'a\r\nEND:VCALENDAR\u0007' },
  ];
  const { properties, parts } = parse(calendarText('Ann, 東京', events, at));
  assert.is(plain(properties.get('X-WR-CALNAME')), 'Ann, 東京');
  assert.is(parts.length, 2);
  assert.is(plain(parts[0]?.properties.get('SUMMARY')), title);
  assert.is(parts[0]?.properties.get('DTSTART'), '20260329T005959Z');
  assert.is(parts[0]?.properties.get('DTEND'), '20260329T015959Z');
  assert.is(parts[0]?.properties.get('DESCRIPTION')?.length, 300);
  assert.is(plain(parts[1]?.properties.get('DESCRIPTION')), 'a\nEND:VCALENDAR ');
});

test('without any shift it is a calendar as well', () => {
  assert.is(parse(calendarText('x', [], at)).parts.length, 0);
});

test.run();
