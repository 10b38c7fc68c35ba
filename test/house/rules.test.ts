/** Each rule of the house, on a small house in which it is broken. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as rules from './rules.ts';
import { homonyms, houseOf } from './tree.ts';

/** Two rooms in which nothing is wrong; a file given here takes the place of the one of that name, or is added. */
function house(changed: Record<string, string> = {}) {
  const sound: Record<string, string> = {
    'agent/README.md': '# agent\n\n**May import:** `shared`.\n\nTo add one: see `main.ts`.\n',
    'agent/main.ts': "import { one } from '../shared/one.ts';\n\nexport const two = one + one;\n",
    'shared/README.md': '# shared\n\n**May import:** nothing.\n\nOne more number: a file such as `one.ts`.\n',
    'shared/one.ts': 'export const one = 1;\n',
    'test/agent/main.test.ts': "import { two } from '../../agent/main.ts';\n\nconsole.log(two);\n",
  };
  return houseOf(Object.entries({ ...sound, ...changed }).filter(([, text]) => text !== ''));
}

/** The one fault that a rule finds, which must name all these. */
function finds(faults: readonly string[], ...named: string[]) {
  assert.is(faults.length, 1, faults.join('\n'));
  for (const name of named) assert.ok(faults[0]?.includes(name), `${faults[0]}\ndoes not name ${name}`);
}

const limits = { fileLines: 10, functionLines: 5, exceptions: {}, isTable: () => false };
const long = `export function two() {\n${'  one();\n'.repeat(5)}}\n`;

test('a house in order has no faults', () => {
  const sound = house({ 'agent/main.ts': "import { one } from '../shared/one.ts';\n\nconsole.log(one);\n" });
  const found = [
    ...[rules.importFaults, rules.crossingFaults, rules.nameFaults, rules.addingFaults, rules.circleFaults].flatMap(
      (rule) => rule(sound),
    ),
    ...rules.sizeFaults(sound, limits),
    ...rules.stateFaults(sound, new Set()),
    ...rules.deadFaults(sound),
    ...rules.untestedFaults(sound, () => false),
  ];
  assert.equal(found, []);
});

test('an import that no README declares, and a declared one that is not there', () => {
  const readme = (line: string) => ({ 'agent/README.md': `# agent\n\n${line}\n` });
  const of = (changed: Record<string, string>) => rules.importFaults(house(changed));
  finds(of(readme('Imports what it likes.')), 'agent/README.md', '**May import:**');
  finds(
    of(readme('**May import:** nothing.')),
    'agent/main.ts imports shared/one.ts',
    'add `shared`',
    'agent/README.md',
  );
  finds(of(readme('**May import:** nothing; types only: `shared`.')), 'agent/main.ts imports shared/one.ts');
  finds(of({ 'agent/main.ts': 'export const two = 2;\n' }), 'agent/README.md', '`shared`', 'take it from the line');
});

test('types are declared as types', () => {
  const types = {
    'agent/main.ts': "import type { One } from '../shared/one.ts';\n\nexport const two: One[] = [];\n",
    'shared/one.ts': 'export type One = 1;\n',
  };
  finds(rules.importFaults(house(types)), 'agent/README.md', 'only types', '`shared`');
  const readme = '# agent\n\n**May import:** nothing; types only: `shared`.\n';
  assert.equal(rules.importFaults(house({ ...types, 'agent/README.md': readme })), []);
  finds(rules.importFaults(house({ ...types, 'agent/README.md': '**May import:** nothing.' })), 'after "types only:"');
});

test('an import at run time counts; a process that is started by its address does not', () => {
  const starts = "export const two = () => fork(new URL('../shared/one.ts', import.meta.url));\n";
  finds(rules.importFaults(house({ 'agent/main.ts': starts })), 'take it from the line');
  const loads = "export const two = () => import('../shared/one.ts');\n";
  assert.equal(rules.importFaults(house({ 'agent/main.ts': loads })), []);
});

test('what crosses the network, whatever a README says', () => {
  const collector = "export { two } from '../agent/main.ts';\n";
  finds(
    rules.crossingFaults(house({ 'collector/main.ts': collector })),
    'collector/main.ts > agent/main.ts',
    'shared/',
  );
  const up = "import type { two } from '../agent/main.ts';\n\nexport type One = typeof two;\n";
  finds(rules.crossingFaults(house({ 'shared/one.ts': up })), 'shared/one.ts > agent/main.ts');
});

test('names of files and folders that are not there', () => {
  const comment = (text: string) =>
    rules.nameFaults(house({ 'agent/main.ts': `/** ${text} */\nexport const two = 2;\n` }));
  finds(comment('Held by test/agent/other.test.ts.'), 'agent/main.ts:1', 'test/agent/other.test.ts');
  finds(comment('See one.ts, which is in another room.'), 'one.ts');
  finds(comment('See ../agent/one.ts.'), '../agent/one.ts');
  finds(comment('One file each in agent/checks/disk.'), 'agent/checks/disk');
  assert.equal(comment('See ../shared/one.ts, shared/one.ts, main.ts, main.test.ts, test/agent and NAME.ts.'), []);
  finds(rules.nameFaults(house({ 'shared/README.md': 'One more: `zero.ts`.\n' })), 'shared/README.md', 'zero.ts');
});

test('a room that does not say how to add one more', () => {
  finds(rules.addingFaults(house({ 'shared/README.md': '# shared\n' })), 'shared/README.md', 'One more');
});

test('files that import each other, but not types of each other', () => {
  const back = (type: string) => ({
    'shared/one.ts': `import ${type}{ two } from '../agent/main.ts';\n\nexport const one = 1;\n`,
  });
  finds(rules.circleFaults(house(back(''))), 'agent/main.ts and shared/one.ts');
  assert.equal(rules.circleFaults(house(back('type '))), []);
});

test('long files and functions, and exceptions that are none any more', () => {
  const of = (text: string, exceptions: Record<string, number> = {}) =>
    rules.sizeFaults(house({ 'agent/main.ts': text }), { ...limits, exceptions });
  finds(of('one();\n'.repeat(11)), 'agent/main.ts has 11 lines', '10');
  finds(of(long), 'agent/main.ts two has 7 lines', '5');
  assert.equal(of(long, { 'agent/main.ts two': 7 }), []);
  finds(of(long, { 'agent/main.ts two': 6 }), '7 lines, of 6');
  finds(of('one();\n', { 'agent/main.ts two': 7 }), 'agent/main.ts two', 'exceptions');
});

test('state of a module', () => {
  const of = (text: string, known: string[] = []) =>
    rules.stateFaults(house({ 'agent/main.ts': text }), new Set(known));
  finds(of('let last = 0;\nexport const two = () => last++;\n'), 'agent/main.ts last');
  finds(of('const seen = new Map();\nexport const two = (n) => seen.set(n, n);\n'), 'agent/main.ts seen');
  assert.equal(of('const known = new Map([[1, 2]]);\nexport const two = (n) => known.get(n);\n'), []);
  finds(of('export const two = 2;\n', ['agent/main.ts last']), 'take it from the list');
});

test('what only tests call, what no one calls, and what need not be exported', () => {
  const of = (text: string) => rules.deadFaults(house({ 'agent/main.ts': text, 'shared/one.ts': '' }));
  finds(of('/** two */\nexport const two = () => two;\n'), 'agent/main.ts two', 'tests alone', 'with its tests');
  finds(of('export interface Two {\n  two: Two;\n}\n'), 'agent/main.ts Two', 'by nobody');
  finds(of('export const half = 1;\nconsole.log(half);\n'), 'agent/main.ts half', '"export"');
  assert.equal(of('export const two = 2;\nconsole.log([...two]);\n'), []);
  assert.equal(rules.deadFaults(house(), new Set(['agent/main.ts two'])), []);
  const both = new Set(['agent/main.ts two', 'shared/one.ts one']);
  finds(rules.deadFaults(house(), both), 'shared/one.ts one', 'take it from the list');
});

test('a file that no test reaches', () => {
  const added = { 'agent/lone.ts': 'console.log(1);\n' };
  finds(
    rules.untestedFaults(house(added), () => false),
    'agent/lone.ts',
  );
  assert.equal(
    rules.untestedFaults(house(added), (path) => path === 'agent/lone.ts'),
    [],
  );
});

test('type names with several meanings', () => {
  const row = 'interface Row {}\n';
  const { sources } = house({ 'agent/main.ts': row, 'shared/one.ts': `export ${row}` });
  assert.equal(homonyms([...sources.values()]), [['Row', ['agent/main.ts', 'shared/one.ts']]]);
});

test.run();
