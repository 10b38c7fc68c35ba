/** What the collector says: both readers of the same shapes, the schema and the agent's own, come to the same verdict. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAck, parseAllowed, parseConfig } from '../../agent/orders.ts';
import { Ack, AgentConfig, decode } from '../../shared/report.ts';

const word = fc.constantFrom(
  'epoch',
  'through',
  'also',
  'v',
  'interval_s',
  'checks',
  'cpu',
  'every_s',
  'enabled',
  'CPU',
  '__proto__',
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    'a'.repeat(32),
    'A'.repeat(32),
    0,
    1,
    -1,
    0.5,
    0.4,
    3600,
    3601,
    1e9,
    1.5,
  ),
  fc.integer(),
  fc.string({ maxLength: 3 }),
);
const { any } = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(word, tie('any'), { maxKeys: 4 }),
  ),
}));
const range = fc.oneof(fc.tuple(fc.integer({ min: -1, max: 9 }), fc.integer({ min: -1, max: 9 })), any);
const ack = fc.record(
  {
    epoch: fc.oneof({ weight: 4, arbitrary: fc.constant('0123456789abcdef'.repeat(2)) }, leaf),
    through: fc.oneof({ weight: 2, arbitrary: fc.nat() }, leaf),
    also: fc.oneof({ weight: 2, arbitrary: fc.constant([[1, 9]]) }, fc.array(range, { maxLength: 3 }), any),
    conflict: fc.constantFrom('content', 'shared', 'content', 'shared', 'content', 'other'),
    moved: fc.oneof(
      { weight: 4, arbitrary: fc.constant({ endpoint: 'e123456789', bucket: '0f', name: 'gold' }) },
      fc.record({ endpoint: leaf, bucket: leaf, name: leaf }, { requiredKeys: [] }),
      any,
    ),
    answer: fc.oneof(
      fc.record(
        {
          id: fc.constantFrom<unknown>('0123456789abcdef', '0123456789abcdef', '0123456789ABCDEF', 1),
          ok: fc.constantFrom<unknown>(true, false, 1),
          until: fc.constantFrom<unknown>(null, 0, 1_796_000_000_000, 8.65e15, 0.5),
          text: fc.constantFrom<unknown>('Refused.', '', 'x'.repeat(4001), null),
        },
        { requiredKeys: ['id', 'ok', 'until'] },
      ),
      any,
    ),
    more: leaf,
  },
  { requiredKeys: [] },
);
/** A message has many keys: most of them are good, or hardly one would be good in all. */
const mostly = (good: unknown) => ({ weight: 6, arbitrary: fc.constant(good) });
const list = (words: unknown[]) =>
  fc.oneof(mostly([words[0]]), fc.array(fc.constantFrom(...words, ...words, 1), { maxLength: 2 }), leaf);
const check = fc.record({ enabled: leaf, every_s: leaf }, { requiredKeys: [] });
const order = fc.record(
  {
    id: fc.constantFrom<unknown>('t123456789', 't123456789', 'T', 1),
    kind: fc.constantFrom<unknown>('tcp', 'tcp', 'TCP', null),
    settings: fc.constantFrom<unknown>({ host: '10.0.0.1', port: 22 }, { Host: 'a' }, { host: null }, 'a'),
    interval_s: fc.constantFrom<unknown>(60, 60, 9, 3601, 60.5),
    timeout_s: fc.constantFrom<unknown>(10, 10, 0, 61),
  },
  { requiredKeys: ['id', 'kind', 'settings', 'interval_s'] },
);
const script = fc.record(
  {
    id: fc.oneof(mostly('a'.repeat(32)), leaf),
    token: fc.oneof(mostly('0'.repeat(32)), leaf),
    name: fc.oneof(mostly('free-space'), fc.constantFrom<unknown>('Free', '-x', '../a', 'a'.repeat(49)), leaf),
    sha256: fc.oneof(mostly('f'.repeat(64)), fc.constantFrom<unknown>('F'.repeat(64)), leaf),
    choices: fc.oneof(
      mostly({ days: '7' }),
      fc.dictionary(fc.oneof(word, fc.constantFrom('days', 'a b')), fc.oneof(leaf, fc.constant('x'.repeat(201))), {
        maxKeys: 10,
      }),
      any,
    ),
    persons: fc.oneof(mostly(['mia']), fc.constantFrom<unknown>(['mia', 'mio'], [], [''], ['a', 'b', 'c'], 'mia'), any),
    expires: fc.oneof(mostly(1_796_000_000_000), fc.constantFrom<unknown>(8.65e15, 0.5, -1), leaf),
  },
  { requiredKeys: ['id', 'token', 'name', 'sha256', 'choices', 'persons'] },
);
const config = fc.record(
  {
    scripts: fc.oneof(mostly([]), fc.array(script, { maxLength: 5 }), leaf),
    watch: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(order, { maxLength: 2 }), leaf),
    v: fc.constantFrom(1, 1, 1, 2, '1'),
    may_ask: fc.oneof(
      mostly(['maintenance']),
      fc.constantFrom<unknown>(['maintenance'], ['a', 'b'], ['A'], [1], []),
      leaf,
    ),
    interval_s: fc.oneof(mostly(10), leaf),
    credential: fc.oneof(mostly(2), fc.constantFrom<unknown>(1, 0, 1.5, '1', 1e9 + 1)),
    version: fc.oneof(mostly(118), fc.constantFrom<unknown>(1, 0, 1.5, '1', 2 ** 53)),
    services: list(['nginx', 'MSSQL$A', '-nginx', 'a b', '../a', '']),
    certificates: list(['/etc/ssl/a.pem', 'C:\\ProgramData\\a.crt', 'a.pem', '/etc/../root', '/etc/a\nb', '/']),
    custom: list(['raid', 'raid', '; rm', '-raid']),
    privacy: fc.oneof(
      mostly({ users: false, software: true }),
      fc.dictionary(fc.constantFrom('users', 'software', 'addresses', 'serials', 'usage', 'all'), leaf, { maxKeys: 3 }),
      any,
    ),
    checks: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, fc.dictionary(word, fc.oneof(check, any)), any),
  },
  { requiredKeys: [] },
);

const verdict = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (thrown) {
    const code = (thrown as { code?: string }).code;
    assert.type(code, 'string', `not one of our errors: ${String(thrown)}`);
    return code;
  }
};

/** Without what a newer collector may say besides. */
const known = (schema: { properties: object }, value: object) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(schema.properties, key)));

for (const [name, messages, schema, parse] of [
  ['ack', ack, Ack, parseAck],
  ['config', config, AgentConfig, parseConfig],
] as const) {
  test(`${name}: the agent's reader and the schema agree`, () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(messages, any), (value) => {
        const bytes = Buffer.from(JSON.stringify(value) ?? 'null');
        const ours = verdict(() => parse(bytes));
        if (typeof ours === 'object') accepted += 1;
        assert.equal(
          ours,
          verdict(() => known(schema, decode(schema, bytes))),
        );
      }),
      { numRuns: 20_000 },
    );
    assert.ok(accepted > 20, `only ${accepted} messages were good: the test would not see a reader that refuses all`);
  });
}

test('bytes that are nothing get a coded error', () => {
  const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from([0x1f, 0x8b, 1]),
    Buffer.from('[1'),
    Buffer.from('['.repeat(100_000)),
    bomb,
  ]) {
    for (const parse of [parseAck, parseConfig])
      assert.type(
        verdict(() => parse(bytes)),
        'string',
      );
  }
});

test('an order that this agent cannot follow is left out, and the others hold', () => {
  const good = {
    id: 't123456789',
    kind: 'tcp',
    settings: { host: '10.0.0.1', port: 22 },
    interval_s: 60,
    timeout_s: 10,
  };
  const newer = { ...good, id: 't223456789', kind: 'quic' };
  const faulty = { ...good, id: 't323456789', settings: { host: 'a b', port: 22 } };
  const bytes = Buffer.from(JSON.stringify({ v: 1, watch: [newer, good, faulty] }));
  assert.equal(parseConfig(bytes).watch, [good]);
});

test('only the machine’s own file says where it may look', () => {
  const bytes = Buffer.from(JSON.stringify({ v: 1, targets: { allow: ['10.0.0.0/8'] } }));
  assert.throws(() => parseConfig(bytes), /targets is not known/);
  assert.equal(parseConfig(bytes, 'file'), { v: 1 });
  assert.equal(parseAllowed(bytes), ['10.0.0.0/8']);
  assert.throws(() => parseAllowed(Buffer.from('{"targets":{"allow":["", 1]}}')), /must be a list/);
  assert.throws(() => parseConfig(Buffer.from('{"v":1,"watch":[]}'), 'file'), /watch is not known/);
});

test.run();
