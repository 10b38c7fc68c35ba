/** What holds in this house. Pure: each rule takes the house and gives its faults, each with what to do about it. */
import { dirname, posix } from 'node:path';
import { circles, type House, type Import, reachedFrom, roots, type SourceFile } from './tree.ts';

/** A room is a folder of the product with a README, and the folders below it that have none. Innermost first. */
export function roomsOf({ readmes }: House): string[] {
  const rooms = [...readmes.keys()].filter((path) => path.endsWith('/README.md')).map((path) => dirname(path));
  const ofProduct = rooms.filter((room) => roots.some((root) => room === root || room.startsWith(`${root}/`)));
  return ofProduct.sort((a, b) => b.length - a.length);
}

const roomOf = (rooms: readonly string[], path: string) => rooms.find((room) => path.startsWith(`${room}/`));

/** The product without its tests. */
export const productOf = ({ sources }: House): SourceFile[] =>
  [...sources.values()].filter(({ path }) => !path.startsWith('test/'));

const importForm = '**May import:** `room`, `room`; types only: `room`.';

/** @returns whether a room may be imported with its values, by name; null without such a line */
function declaredIn(readme: string): Map<string, boolean> | null {
  const line = /^\*\*May import:\*\* (.+)$/m.exec(readme)?.[1];
  if (line === undefined) return null;
  const [values = '', types = ''] = line.split('types only:');
  const named = (text: string, isValue: boolean) =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, room]) => [room as string, isValue] as const);
  return new Map([...named(values, true), ...named(types, false)]);
}

/** What a room imports is what the line **May import:** of its README names, no less and no more. */
export function importFaults(house: House): string[] {
  const rooms = roomsOf(house);
  return rooms.flatMap((room) => {
    const readme = `${room}/README.md`;
    const declared = declaredIn(house.readmes.get(readme) ?? '');
    if (!declared) return [`${readme} does not say what the room imports: add the line "${importForm}"`];
    const met = importsOf(house, rooms, room);
    const undeclared = [...met].flatMap(([other, { isValue, first }]) => {
      if (declared.get(other) === true || (declared.has(other) && !isValue)) return [];
      const where = isValue ? '' : ' after "types only:"';
      return [`${first}: do without it, or add \`${other}\`${where} to the line "May import" of ${readme}`];
    });
    const unused = [...declared].flatMap(([other, isValue]) => {
      if (!met.has(other))
        return [`${readme} says that the room imports \`${other}\`, and it does not: take it from the line`];
      return isValue && !met.get(other)?.isValue
        ? [`${readme}: only types are imported from \`${other}\`: move it behind "types only:"`]
        : [];
    });
    return [...undeclared, ...unused];
  });
}

/** Rooms that a room imports, each with the first import, one of values before one of types. */
function importsOf(house: House, rooms: readonly string[], room: string) {
  const met = new Map<string, { isValue: boolean; first: string }>();
  const inside = productOf(house).filter(({ path }) => roomOf(rooms, path) === room);
  for (const { path, imports } of inside)
    for (const { to, kind } of imports) {
      const other = roomOf(rooms, to);
      if (kind === 'start' || other === undefined || other === room) continue;
      const isValue = kind === 'value';
      if (!met.has(other) || (isValue && !met.get(other)?.isValue))
        met.set(other, { isValue, first: `${path} imports ${to}` });
    }
  return met;
}

/** Never, whatever a README says: what crosses the network is in `shared`. */
const crossing =
  /^(agent\/.* > (collector|dashboards)|collector\/.* > (agent|dashboards)|dashboards\/.* > (agent|collector)|shared\/.* > (agent|collector|dashboards))\//;

export function crossingFaults(house: House): string[] {
  const pairs = productOf(house).flatMap(({ path, imports }) =>
    imports.filter(({ kind }) => kind !== 'start').map(({ to }) => `${path} > ${to}`),
  );
  return pairs.filter((pair) => crossing.test(pair)).map((pair) => `${pair}: what both sides need belongs in shared/`);
}

/** Examples of files to be added. */
const examples = /(^|\/)(NAME|pt(-br)?)\.ts$/;

/**
 * A file or folder that a README or a comment names is there: relative to it, from the top, or somewhere in the room or
 * in the folder under test/ that mirrors the room.
 */
export function nameFaults(house: House): string[] {
  const rooms = roomsOf(house);
  const isThere = (name: string, from: string) => {
    if (name.startsWith('.')) return house.files.includes(posix.join(dirname(from), name));
    if (house.files.some((file) => file === name || file.startsWith(`${name}/`) || file.startsWith(`${name}.`)))
      return true;
    const inProduct = from.replace(/^test\//, '');
    const room = roomOf(rooms, inProduct) ?? dirname(from);
    const around = [`${room}/`, `test/${room}/`, `${dirname(from)}/`];
    return house.files.some((file) => file.endsWith(`/${name}`) && around.some((folder) => file.startsWith(folder)));
  };
  const check = (text: string, from: string, line: string) =>
    namesIn(text)
      .filter((name) => !examples.test(name) && !isThere(name, from))
      .map(
        (name) =>
          `${from}${line} names ${name}, which is not there: correct it, or write its path from the top (agent/…)`,
      );
  const ofReadmes = [...house.readmes].flatMap(([path, text]) => check(text, path, ''));
  const ofComments = [...house.sources.values()].flatMap(({ path, comments }) =>
    comments.flatMap(({ line, text }) => check(text, path, `:${line}`)),
  );
  return [...ofReadmes, ...ofComments];
}

/** Source files by their ending; folders by their slash, where they begin at the top of the tree. */
function namesIn(text: string): string[] {
  const files = text.matchAll(
    /(?<![\w*<….-])(?<![\w>]\/)((?:\.{1,2}\/)*[\w-]+(?:\/[\w-]+)*(?:\.test)?\.(?:tsx?|css))\b/g,
  );
  const folders = text.matchAll(
    /(?<![\w*<…./-])((?:agent|collector|shared|dashboards|test)(?:\/[\w-]+)+)(?![\w*<{-]|\.\w|\/[\w<*{])/g,
  );
  return [...files, ...folders].map(([, name]) => name as string);
}

/** A newcomer adds one more of what is there: how is the first question. */
export function addingFaults(house: House): string[] {
  return roomsOf(house)
    .map((room) => `${room}/README.md`)
    .filter((readme) => !/one more|to add/i.test(house.readmes.get(readme) ?? ''))
    .map((readme) => `${readme} does not say how to add one more: add a line that begins with "**One more …:**"`);
}

/** Types are gone when a program runs, so circles of types alone do no harm. */
export const isRunning = ({ kind }: Import) => kind === 'value';

export function circleFaults({ sources }: House): string[] {
  return circles(sources, isRunning).map(
    (circle) => `${circle.join(' and ')} import each other: move what both need into a file of its own`,
  );
}

export interface Limits {
  fileLines: number;
  functionLines: number;
  /** What was longer when the limit was set, and how long it may still be. */
  exceptions: Readonly<Record<string, number>>;
  /** Tables: a row for each thing there is, however many there are. */
  isTable: (path: string) => boolean;
}

export function sizeFaults(house: House, { fileLines, functionLines, exceptions, isTable }: Limits): string[] {
  const sizes = productOf(house).flatMap((file) => [
    ...(isTable(file.path) ? [] : [{ name: file.path, lines: file.lines, limit: fileLines }]),
    ...file.functions.map(({ name, lines }) => ({ name: `${file.path} ${name}`, lines, limit: functionLines })),
  ]);
  const faults = sizes
    .filter(({ name, lines, limit }) => lines > (exceptions[name] ?? limit))
    .map(({ name, lines, limit }) => `${name} has ${lines} lines, of ${exceptions[name] ?? limit} at most: divide it`);
  const idle = Object.keys(exceptions).filter(
    (one) => !sizes.some(({ name, lines, limit }) => name === one && lines > limit),
  );
  return [...faults, ...idle.map((name) => `${name} is short or gone: take it from the exceptions`)];
}

/** Variables of a module live as long as the process: two collectors, or two tests, in one process share them. */
export function stateFaults(house: House, known: ReadonlySet<string>): string[] {
  const found = productOf(house).flatMap(({ path, mutable }) => mutable.map((name) => `${path} ${name}`));
  const unknown = found.filter((one) => !known.has(one));
  const gone = [...known].filter((one) => !found.includes(one));
  return [
    ...unknown.map((one) => `${one} is state of a module: make it inside the function that uses it, or hand it in`),
    ...gone.map((one) => `${one} is no longer there: take it from the list`),
  ];
}

/**
 * What is exported is imported, or at least used at home and tried by a test. What only tests call is dead.
 * @param awaited names that get their user later, and leave the list then
 */
export function deadFaults({ sources }: House, awaited: ReadonlySet<string> = new Set()): string[] {
  const used = { product: new Map<string, Set<string>>(), tests: new Map<string, Set<string>>() };
  for (const { path, imports } of sources.values())
    for (const { to, names } of imports) {
      const by = path.startsWith('test/') ? used.tests : used.product;
      by.set(to, new Set([...(by.get(to) ?? []), ...names]));
    }
  const isUsed = (by: Map<string, Set<string>>, path: string, name: string) =>
    by.get(path)?.has(name) || by.get(path)?.has('*') || false;
  const waiting = new Set(awaited);
  const faults = [...sources.values()].flatMap(({ path, exports }) => {
    if (path.startsWith('test/')) return [];
    return exports.flatMap(({ name, isValue, isUsedHere }) => {
      if (name === 'default' || isUsed(used.product, path, name)) return [];
      const isTested = isUsed(used.tests, path, name);
      if (isTested && waiting.delete(`${path} ${name}`)) return [];
      if (!isUsedHere)
        return [
          `${path} ${name} is used by ${isTested ? 'tests alone' : 'nobody'}: remove it${isTested ? ' with its tests' : ''}`,
        ];
      return isValue && !isTested ? [`${path} ${name} is used in its own file only: take away "export"`] : [];
    });
  });
  return [...faults, ...[...waiting].map((one) => `${one} has a user, or no test: take it from the list`)];
}

/** What no test reaches, not even by way of others, never runs before a user runs it. */
export function untestedFaults(house: House, isTriedElsewhere: (path: string) => boolean): string[] {
  const tests = [...house.sources.values()].filter(({ path }) => path.endsWith('.test.ts'));
  const reached = reachedFrom(house.sources, tests);
  return productOf(house)
    .filter(({ path }) => !reached.has(path) && !isTriedElsewhere(path))
    .map(({ path }) => `${path} is reached by no test: add one to the folder under test/ that mirrors it`);
}
