/**
 * Parsers are total: whatever is cut, flipped, dropped or swapped in a sample, they give a value or unknown, never a
 * throw, and never a zero or an "ok" for which the text has no evidence.
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDropFile } from '../../../agent/checks/backup/drop-schema.ts';
import { products } from '../../../agent/checks/backup/index.ts';
import { strictInstant } from '../../../agent/checks/backup/instants.ts';
import { sizeOf, spanOf, strictJson } from '../../../agent/checks/parse.ts';
import { parsePlist } from '../../../agent/checks/plist.ts';
import { samplesOf } from './load.ts';
import { kinds, type Sample } from './samples.ts';

const test = suite('backup parsers are total');

/** Counted by us, so zero is what we counted. */
const counted = new Set(['unreadableItems', 'events', 'snapshots', 'archives', 'count']);

/** Every claim in a result that needs evidence: an "ok", a true `ok`, a number. */
function claims(value: unknown, key = ''): string[] {
  if (typeof value === 'number') return counted.has(key) ? [] : [`${key} = ${value}`];
  if (value === 'ok' && /status|state|job|result/i.test(key)) return [`${key} is ok`];
  if (value === true && key === 'ok') return ['ok is true'];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => claims(item, Array.isArray(value) ? key : name));
}

const change = (sample: Sample, edit: (text: string) => string): Sample => ({
  // Without an exit code: it would be evidence of its own.
  code: null,
  files: Object.fromEntries(Object.entries(sample.files).map(([role, text]) => [role, edit(text)])),
});

type Edit = (text: string) => string;
const place = fc.double({ min: 0, max: 1, noNaN: true, noDefaultInfinity: true });
const at = (text: string, where: number) => Math.floor(where * text.length);
const edits: fc.Arbitrary<Edit> = fc.oneof(
  place.map((where) => (text: string) => text.slice(0, at(text, where))),
  place.map((where) => (text: string) => text.slice(at(text, where))),
  fc.tuple(place, fc.constantFrom('\0', '0', '{', '"', '<', ' ', '\n', '\uFFFD', '9', '-', ')', '\\')).map(
    ([where, char]) =>
      (text: string) =>
        text.slice(0, at(text, where)) + char + text.slice(at(text, where) + 1),
  ),
  fc.tuple(place, place).map(([from, to]) => (text: string) => {
    const lines = text.split('\n');
    const [a, b] = [Math.floor(from * (lines.length - 1)), Math.floor(to * (lines.length - 1))];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
    return lines.join('\n');
  }),
  place.map((where) => (text: string) => {
    const lines = text.split('\n');
    lines.splice(Math.floor(where * lines.length), 1);
    return lines.join('\n');
  }),
);

for (const [kind, read] of Object.entries(kinds)) {
  const samples = samplesOf(kind).map(({ sample }) => sample);

  test(`${kind}: nothing in, nothing claimed`, () => {
    for (const text of ['', ' ', '\n\n', '\0', '{}', '[', 'null', '<', 'Access is denied.', 'permission denied\n']) {
      const found = claims(read({ code: null, files: { stdout: text, stderr: text, status: text } }));
      assert.equal(found, [], `from ${JSON.stringify(text)}`);
    }
  });

  if (samples.length === 0) continue;

  test(`${kind}: numbers come from digits`, () => {
    for (const sample of samples) {
      // The one number written as a word.
      if (/no errors were found/.test(sample.files.stdout ?? '')) continue;
      assert.equal(
        claims(read(change(sample, (text) => text.replace(/\d/g, '')))).filter((claim) => claim.includes('=')),
        [],
      );
    }
  });

  test(`${kind}: no mutation makes it throw`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(edits, { minLength: 1, maxLength: 4 }), (sample, list) => {
        read(change(sample, (text) => list.reduce((changed, edit) => edit(changed), text)));
      }),
      { numRuns: 150 },
    );
  });

  test(`${kind}: a cut-off JSON document claims nothing`, () => {
    for (const sample of samples) {
      const text = sample.files.stdout ?? '';
      if (!/^\s*[{[]/.test(text) || text.trim().includes('}\n{')) continue;
      for (let end = 0; end < text.trimEnd().length; end += Math.ceil(text.length / 60)) {
        assert.equal(claims(read({ code: null, files: { stdout: text.slice(0, end) } })), [], `${kind} cut at ${end}`);
      }
    }
  });
}

test('any text at all goes through every reader', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      for (const value of [strictInstant(text), sizeOf(text), spanOf(text)])
        assert.ok(value === null || Number.isFinite(value));
      strictJson(text);
      parsePlist(text);
      parseDropFile(text);
      for (const product of products) {
        for (const job of product.report?.(text) ?? []) assert.is.not(job.result, 'ok');
        const outcome = product.outcome?.({ code: 7, signal: null, stdout: text, stderr: text });
        if (outcome && product.name !== 'robocopy') assert.is(outcome.result, 'failed', product.name);
      }
    }),
  );
});

test.run();
