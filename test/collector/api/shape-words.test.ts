/** Whatever the schema of a route refuses is said in Japanese to whoever reads Japanese: what was given, and what can stand there. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Reason } from '../../../shared/reason.ts';
import { faultsOf } from '../../../shared/shape.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('refusals of schemas in Japanese');
let collector: InProcess;
test.before(async () => {
  collector = await openCollector();
});
test.after(() => collector.close());

interface Part {
  type?: string;
  properties?: Record<string, Part>;
  required?: string[];
  [keyword: string]: unknown;
}

/** Each part of a document that is a schema. */
function schemasIn(part: unknown): Part[] {
  if (typeof part !== 'object' || part === null) return [];
  const inner = Object.values(part).flatMap(schemasIn);
  const { type, anyOf } = part as Part;
  return typeof type === 'string' || Array.isArray(anyOf) ? [part as Part, ...inner] : inner;
}

/** What stands in these marks is what was given or can be chosen, and examples have to be written as they stand. */
const given = /"[^"]*"|`[^`]*`|「[^」]*」|候補[はの:].*|ください:.*|次のいずれか:.*|\([^)]*\)/g;
const examples =
  /\d{4}-[-WQT:\d]+|\b(30s|5m|24h)\b|-?\/[a-z/]+(\.pem)?|-?\b(nginx|raid|disk=C:)|\b\w+:(ops|ann|primary|servers)\b|\w+@example\.org|\b[A-Z][a-z]+\/[A-Z][a-z]+|\b(https|base64url|de|ja|true|false|null|ID)\b/g;
const englishIn = (text: string) =>
  text
    .replace(given, '')
    .replace(examples, '')
    .match(/[A-Za-z]{2,}/g) ?? [];

test('everything that a route takes has Japanese words for what is wanted', async () => {
  const { text } = await collector.call('/openapi.json', { as: 'admin' });
  const routes = JSON.parse(text) as {
    paths: Record<string, Record<string, { parameters?: unknown; requestBody?: unknown }>>;
  };
  const taken = Object.values(routes.paths)
    .flatMap(Object.values)
    .flatMap(({ parameters, requestBody }) => schemasIn([parameters, requestBody]));
  assert.ok(taken.length > 1000, `${taken.length}`);
  const said = new Set<string>();
  for (const schema of taken)
    for (const sent of [[['x']], {}, { odd_key: 1 }, -1.5, 'x'.repeat(30_000)])
      for (const { why } of faultsOf(schema, sent, ['field'])) {
        assert.ok(why, JSON.stringify(schema));
        said.add(formatReasons('ja', [why as Reason]));
      }
  assert.ok(said.size > 100, `${said.size}`);
  assert.equal(
    [...said].filter((one) => englishIn(one).length > 0),
    [],
  );
});

test('a list of choices names the one that was meant; a secret is not repeated', async () => {
  const refused = async (path: string, body: object) => {
    const { body: answer } = await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body });
    return (answer as { faults: { at: string; why: Reason }[] }).faults.map(({ at, why }) =>
      `${at}: ${formatReasons('ja', [why])}`.replaceAll('\u00a0', ' '),
    );
  };
  assert.equal(await refused('users', { name: 'v!/', password: 5, role: 'vewer' }), [
    'name: "v!/" は使えません。使える値: 英数字で始まり、英数字、空白、. _ @ - からなる 1–64 文字の名前',
    'password: 使えません。使える値: 1024 文字以下のテキスト',
    'role: "vewer" は選べません。「viewer」のことですか。候補: viewer, operator, manager, admin',
  ]);
  assert.equal(await refused('tickets', { titel: 'x', impact: 4 }), [
    'the body: 「title」がありません。必要な値: 見える文字からなる 1–200 文字の 1 行のテキスト',
    'the body: 項目 "titel" は使えません。「title」のことですか。候補: title, text, endpoint, impact, urgency, requester, channel, category, tags',
    'impact: 4 は選べません。候補: 1, 2, 3',
  ]);
});

test.run();
