/** Changes of bytes that break parsers: cut, flipped, doubled, spliced from another sample, or grown by what a format knows. */
import { Buffer } from 'node:buffer';

type Random = (below: number) => number;

const edges = [0, 1, 0x7f, 0x80, 0xc0, 0xff, 0x0a, 0x22, 0x5b, 0x7b];

/** What means something in JSON, YAML or MQTT, and what text may hold that nobody expects. */
const tokens = [
  ...['null', '-0', '1e309', '9007199254740993', '"__proto__"', '{"constructor":{"prototype":1}}', '[[[[[[[[', '}}}}'],
  ...['&a [*a]', '<<: *a', '!!js/function', '? [', '%TAG ! x', '\t', '\r\n', '\u2028', '\u202e', '\u0000', '\ufeff'],
  ...['\ud800', '../../', '$share/g/#', '+/#', '\u001b]0;x\u0007', '2026-02-30', 'P1Y', '-1', '1e-400'],
].map((text) => Buffer.from(text));

const steps: ((bytes: Buffer, random: Random, other: Buffer) => Buffer)[] = [
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random(bytes.length + 1)),
  (bytes, random) => change(bytes, random, () => random(256)),
  (bytes, random) => change(bytes, random, (byte) => byte ^ (1 << random(8))),
  (bytes, random) => change(bytes, random, () => edges[random(edges.length)] as number),
  (bytes, random) => insert(bytes, random, tokens[random(tokens.length)] as Buffer),
  (bytes, random) => insert(bytes, random, part(bytes, random)),
  (bytes, random, other) => insert(bytes, random, part(other, random)),
  (bytes, random) => insert(bytes, random, Buffer.alloc(1 + random(2_000), edges[random(edges.length)])),
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
];

/** One to six changes of a sample. The same numbers give the same bytes. */
export function mutate(samples: readonly Buffer[], random: Random): Buffer {
  const one = () => samples[random(samples.length)] as Buffer;
  let bytes = one();
  for (let left = 1 + random(6); left > 0; left--)
    bytes = (steps[random(steps.length)] as (typeof steps)[number])(bytes, random, one());
  return bytes;
}

function span(bytes: Buffer, random: Random): [number, number] {
  const from = random(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random(64))];
}

const part = (bytes: Buffer, random: Random) => bytes.subarray(...span(bytes, random));

function insert(bytes: Buffer, random: Random, more: Buffer): Buffer {
  const at = random(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function change(bytes: Buffer, random: Random, to: (byte: number) => number): Buffer {
  const changed = Buffer.from(bytes);
  for (let left = 1 + random(4); left > 0 && changed.length > 0; left--) {
    const at = random(changed.length);
    changed[at] = to(changed[at] as number);
  }
  return changed;
}
