/** Markdown of people at its worst: what it costs is counted in characters looked at, and nothing of the text is lost. */
import { type Token, Tokenizer } from 'marked';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { plainTextOf } from '../../collector/knowledge/plain-text.ts';
import { markdownTokens } from '../../shared/markdown.ts';

const test = suite('hostile Markdown');
const length = 65_536;
const full = (piece: string, of = length) => piece.repeat(Math.ceil(of / piece.length)).slice(0, of);

/** All that steps of its reader were given to look at, in characters. */
function looked(text: string): number {
  let count = 0;
  const given = Tokenizer.prototype;
  const steps = [
    'emStrong',
    'codespan',
    'link',
    'reflink',
    'del',
    'autolink',
    'url',
    'tag',
    'list',
    'blockquote',
  ] as const;
  const kept = steps.map((step) => [step, given[step]] as const);
  for (const [step, work] of kept)
    Object.assign(given, {
      [step](this: Tokenizer, ...of: [string, ...never[]]) {
        count += of[0].length;
        return (work as (...all: unknown[]) => unknown).apply(this, of);
      },
    });
  try {
    markdownTokens(text);
  } finally {
    for (const [step, work] of kept) Object.assign(given, { [step]: work });
  }
  return count;
}

const pieces = [
  ...[
    '*',
    '[',
    '`',
    '_',
    '_a*',
    'a_',
    '**a ',
    '*a **b ',
    '***a',
    '~~a ',
    '`a``b```c',
    '![',
    '[a](',
    '[](',
    '[a][',
    '[[a]',
    '<',
    '<a ',
  ],
  ...[
    '> ',
    '>a\n',
    ' - ',
    '- a\n',
    '* \n',
    '- a\n  - b\n',
    '1. ',
    '1. a\n',
    '| a ',
    '|a|\n',
    '|-',
    '- [ ] a\n\n',
    '```\n',
    '[a]: b\n',
    '# ',
    '\\',
    '&',
  ],
  ...[
    '_a*'.repeat(65) + '\n\n',
    `|${'_a*'.repeat(65)}|\n|-|\n`,
    `${'*a **b '.repeat(33)}${'x '.repeat(15_000)}${'** b* '.repeat(33)}\n\n`,
  ],
];

test('64 KB of any mark costs as many steps as its length, times a bound', () => {
  const costs = pieces.map((piece) => [piece.slice(0, 12), Math.round(looked(full(piece)) / length)] as const);
  assert.equal(
    costs.filter(([, times]) => times > 1500),
    [],
  );
});

const rawOf = (tokens: readonly Token[]) => tokens.map(({ raw }) => raw).join('');

test('what is too much for elements is there as it was typed', () => {
  const many = full('_a*', 3000);
  const [one] = markdownTokens(many) ?? [];
  assert.equal(one?.type, 'paragraph');
  assert.equal((one as { tokens: Token[] }).tokens, [{ type: 'text', raw: many, text: many, escaped: false }]);
  for (const deep of [full('> ', 4000), full('- ', 4000), full('1. ', 4000), `${' '.repeat(70)}- a`])
    assert.is(markdownTokens(`# A\n\n${deep}x`), null, deep.slice(0, 8));
});

test('what people write is elements: rules and drawings of dashes, blank lines, long tables', () => {
  for (const plain of [
    '-'.repeat(80),
    `Head\n${'-'.repeat(80)}`,
    `a${'\n'.repeat(90)}b`,
    '* '.repeat(40),
    '*'.repeat(80),
  ]) {
    const tokens = markdownTokens(`**a**\n\n${plain}\n`);
    assert.ok(tokens, JSON.stringify(plain));
    assert.is(rawOf(tokens), `**a**\n\n${plain}\n`);
  }
  const table = `| a | b |\n|---|---|\n${'| `log_file_name` | [x](https://example.org/a_b) |\n'.repeat(500)}`;
  const [found] = markdownTokens(table) ?? [];
  const cells = (found as { rows?: { tokens: Token[] }[][] }).rows?.at(-1)?.map(({ tokens }) => tokens[0]?.type);
  assert.equal(cells, ['codespan', 'link']);
});

for (const [markdown, shown] of [
  ['See [the page](https://example.org/Disk_(full)) now', 'See the page now'],
  ['[a](<https://example.org/a b> "Title (one)") b', 'a b'],
  ["[a](/knowledge/x 'It (is)') b", 'a b'],
  ['[![a picture](x.png)](https://example.org/(bad)) b', 'a picture b'],
  ['[see [1]](https://example.org/a(b)c) b', 'see [1] b'],
  ['ssh <user>@<host>, then <b>wait</b>', 'ssh <user>@<host>, then <b>wait</b>'],
  ['<https://example.org/a> and &lt;x&gt; &amp; y', 'https://example.org/a and <x> & y'],
  ['f(a)[1](2', 'f(a)[1](2'],
  ['# Steps\n\n1. **Stop** it\n2. `rm x`\n\n> quoted', 'Steps Stop it rm x quoted'],
] as const)
  test(`a search shows of ${markdown}`, () => assert.is(plainTextOf(markdown), shown));

test('64 KB of any mark is plain text, however its links end', () => {
  for (const piece of pieces) assert.type(plainTextOf(full(piece)), 'string');
  assert.is(plainTextOf(full('[a](b) ', 7000)), full('a ', 2000).trim());
});

test.run();
