/** Payloads that are refused as a whole. */
import { gzipSync } from 'node:zlib';
import { maxInflatedBytes, type Report } from '../../shared/report.ts';
import { makeReport } from './station.ts';

const text = (report: Report, change: (json: string) => string) => Buffer.from(change(JSON.stringify(report)));

/** What no report is, of this epoch. @returns name, bytes, code of the refusal, whether the number can be read */
export const poisonsOf = (epoch: string): [name: string, payload: Buffer, code: string, keepsItsPlace: boolean][] => [
  ['half a JSON', text(makeReport(epoch, 1), (json) => json.slice(0, -30)), 'NOT_JSON', true],
  ['noise', Buffer.from([0xff, 0x00, 0x13, 0x37]), 'NOT_JSON', false],
  ['nothing', Buffer.alloc(0), 'NOT_JSON', false],
  ['broken gzip', Buffer.concat([gzipSync('{}').subarray(0, 12), Buffer.alloc(50, 7)]), 'BAD_GZIP', false],
  ['a gzip bomb', gzipSync(Buffer.alloc(maxInflatedBytes * 4)), 'BAD_GZIP', false],
  ['too many bytes', Buffer.alloc(300 * 1024, 0x20), 'TOO_LARGE', false],
  ['deep nesting', Buffer.from('['.repeat(200_000)), 'BAD_SHAPE', false],
  [
    'deep nesting that ends',
    text(makeReport(epoch, 1), (json) =>
      json.replace('"metrics":[', `"metrics":[${'['.repeat(50_000)}${']'.repeat(50_000)},`),
    ),
    'BAD_SHAPE',
    true,
  ],
  [
    '__proto__',
    text(makeReport(epoch, 1), (json) => json.replace('"fields":{', '"fields":{"__proto__":1,')),
    'BAD_SHAPE',
    true,
  ],
  [
    '__proto__ on top',
    text(makeReport(epoch, 1), (json) => `{"__proto__":{"v":1},${json.slice(1)}`),
    'BAD_SHAPE',
    true,
  ],
  ['a word for a number', text(makeReport(epoch, 1), (json) => json.replace('12.5', '"12.5"')), 'BAD_SHAPE', true],
  ['NaN', text(makeReport(epoch, 1), (json) => json.replace('12.5', 'NaN')), 'NOT_JSON', true],
  ['an infinite number', text(makeReport(epoch, 1), (json) => json.replace('12.5', '1e999')), 'BAD_SHAPE', true],
  [
    'a sequence number of 0',
    text(makeReport(epoch, 1), (json) => json.replace('"seq":1', '"seq":0')),
    'BAD_SHAPE',
    false,
  ],
];
