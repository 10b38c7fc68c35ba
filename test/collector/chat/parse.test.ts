/** What is typed in a room as a command, in both languages; what is none, and what is nearly one. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCommand } from '../../../collector/chat/parse.ts';

const test = suite('commands of chat');
const h = 3_600_000;

const forms: [said: string, command: object][] = [
  ['help', { does: 'help' }],
  ['ヘルプ', { does: 'help' }],
  ['', { does: 'help' }],
  ['who is on call', { does: 'on-call' }],
  ['Who is on call?', { does: 'on-call' }],
  ['当番は誰', { does: 'on-call' }],
  ['当番', { does: 'on-call' }],
  ['how is files-0002', { does: 'how', endpoint: 'files-0002' }],
  ['how is files-0002?', { does: 'how', endpoint: 'files-0002' }],
  ['status of web 1', { does: 'how', endpoint: 'web 1' }],
  ['状態 files-0002', { does: 'how', endpoint: 'files-0002' }],
  ['files-0002 の状態は?', { does: 'how', endpoint: 'files-0002' }],
  ['files-0002はどう?', { does: 'how', endpoint: 'files-0002' }],
  ['ack 12', { does: 'acknowledge', of: { ticket: 12 }, note: null }],
  ['acknowledge #12 on it', { does: 'acknowledge', of: { ticket: 12 }, note: 'on it' }],
  ['acknowledge "12"', { does: 'acknowledge', of: { endpoint: '12' }, note: null }],
  ['acknowledge web 1: on it', { does: 'acknowledge', of: { endpoint: 'web 1' }, note: 'on it' }],
  [
    'acknowledge alert:0123456789abcdef0123',
    { does: 'acknowledge', of: { alert: '0123456789abcdef0123' }, note: null },
  ],
  ['確認 12', { does: 'acknowledge', of: { ticket: 12 }, note: null }],
  ['12 を確認して', { does: 'acknowledge', of: { ticket: 12 }, note: null }],
  ['files-0002 を確認しました', { does: 'acknowledge', of: { endpoint: 'files-0002' }, note: null }],
  ['take 12', { does: 'take', ticket: 12 }],
  ['引き受け 12', { does: 'take', ticket: 12 }],
  ['12を担当します', { does: 'take', ticket: 12 }],
  ['assign 12 bob', { does: 'assign', ticket: 12, to: 'bob' }],
  ['assign 12 to bob', { does: 'assign', ticket: 12, to: 'bob' }],
  ['12 を bob に割り当てて', { does: 'assign', ticket: 12, to: 'bob' }],
  ['comment 12 two\nlines', { does: 'comment', ticket: 12, text: 'two\nlines' }],
  ['コメント 12 様子を見る', { does: 'comment', ticket: 12, text: '様子を見る' }],
  ['resolve 12', { does: 'resolve', ticket: 12, text: null }],
  ['resolve 12: disk replaced', { does: 'resolve', ticket: 12, text: 'disk replaced' }],
  ['解決 12', { does: 'resolve', ticket: 12, text: null }],
  [
    'silence files-0002 for 2h new disk',
    { does: 'silence', of: { endpoint: 'files-0002' }, ms: 2 * h, reason: 'new disk' },
  ],
  ['silence web 1 30m', { does: 'silence', of: { endpoint: 'web 1' }, ms: h / 2, reason: null }],
  ['silence "web 2h" 1d', { does: 'silence', of: { endpoint: 'web 2h' }, ms: 24 * h, reason: null }],
  ['silence 12 1h', { does: 'silence', of: { ticket: 12 }, ms: h, reason: null }],
  ['サイレンス files-0002 2時間', { does: 'silence', of: { endpoint: 'files-0002' }, ms: 2 * h, reason: null }],
  ['files-0002 を 30分 サイレンス', { does: 'silence', of: { endpoint: 'files-0002' }, ms: h / 2, reason: null }],
  ['link ABCD-efgh-2345', { does: 'link', code: 'abcdefgh2345' }],
  ['連携 abcd-efgh-2345', { does: 'link', code: 'abcdefgh2345' }],
  ['unlink', { does: 'unlink' }],
];
for (const [said, command] of forms) test(said, () => assert.equal(parseCommand(said), { command }));

test('what is not complete names the form that was meant', () => {
  for (const [said, verb] of [
    ...[
      ['silence files-0002', 'silence'],
      ['silence 2h', 'silence'],
      ['silence files-0002 31d', 'silence'],
    ],
    ...[
      ['silence files-0002 10s', 'silence'],
      ['comment 12', 'comment'],
      ['comment files-0002 text', 'comment'],
    ],
    ...[
      ['take files-0002', 'take'],
      ['take 12 now', 'take'],
      ['assign 12', 'assign'],
      ['how is', 'how'],
    ],
    ...[
      ['who is on call in Osaka', 'on-call'],
      ['resolve files-0002', 'resolve'],
      ['link', 'link'],
    ],
  ] as const)
    assert.equal(parseCommand(said), { unknown: said, verb }, said);
});

test('what is none is not guessed', () => {
  for (const said of [
    'resolv 12',
    'please resolve 12',
    'statusbar',
    'do not acknowledge 12',
    '12',
    'taken 12',
    'helper',
  ])
    assert.equal(parseCommand(said), { unknown: said, verb: null }, said);
});

test('whatever is typed is a command or none, and a name stays within its bound', () => {
  const any = fc.oneof(fc.string({ maxLength: 200, unit: 'binary' }), fc.constantFrom(...forms.map(([said]) => said)));
  fc.assert(
    fc.property(any, any, (a, b) => {
      const parsed = parseCommand(`${a} ${b}`);
      if ('unknown' in parsed) return assert.ok(parsed.unknown.length <= 80);
      const { command } = parsed;
      if ('endpoint' in command) assert.ok(command.endpoint.length <= 128);
      if ('ticket' in command) assert.ok(Number.isSafeInteger(command.ticket));
    }),
    { numRuns: 500 },
  );
  assert.equal(parseCommand('x'.repeat(5000)), { unknown: 'x'.repeat(80), verb: null });
});

test.run();
