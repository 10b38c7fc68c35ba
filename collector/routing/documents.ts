/**
 * Schedules, policies, routes and what people set: of evenkeel.yaml, and of pages in the database with all versions. Held
 * in memory; what the file has cannot be changed by pages.
 */

import { EvenkeelError, fail } from '../../shared/errors.ts';
import type { PersonContent, PolicyContent, RoutesContent, ScheduleContent } from '../../shared/on-call.ts';
import { shownName } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { State } from '../state/open.ts';
import { checksOf, type DocumentFault, type Documents, type KnownNames } from './check.ts';

export interface DocumentContents {
  schedule: ScheduleContent;
  policy: PolicyContent;
  routes: RoutesContent;
  person: PersonContent;
}
export type DocumentKind = keyof DocumentContents;

/** Of evenkeel.yaml. */
export interface FileDocuments extends Documents {
  overrides: readonly { schedule: string; from: number; to: number; user: string; replace?: string }[];
}

export interface DocumentVersion<Kind extends DocumentKind = DocumentKind> {
  /** From then on, ms. */
  from: number;
  /** Null: removed. */
  content: DocumentContents[Kind] | null;
  at: number;
  by: string;
  reason: string;
}

interface DocumentSave {
  by: string;
  reason: string;
  /** Takes effect then; default: now. */
  from?: number;
  /** Not in place of one that is there. */
  isNew?: boolean;
}

/** The routes have no name of their own. */
export const routesName = 'routes';

export interface DocumentsStore {
  /** Names of a kind at an instant, in order. */
  names(kind: DocumentKind, at: number): string[];
  contentAt<Kind extends DocumentKind>(kind: Kind, name: string, at: number): DocumentContents[Kind] | null;
  /** The newest first. */
  versions<Kind extends DocumentKind>(kind: Kind, name: string): DocumentVersion<Kind>[];
  isOfFile(kind: DocumentKind, name: string): boolean;
  /** What names a receiver, such as `policy:servers` or `root/berlin`; a person also what has their turns. */
  namedBy(receiver: string): string[];
  /** @throws EvenkeelError BAD_ENTRY with the fault and its place, CONFLICT for what the file has */
  save<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    content: DocumentContents[Kind],
    how: DocumentSave,
  ): Promise<void>;
  /** The same checks without saving. */
  check<Kind extends DocumentKind>(kind: Kind, name: string, content: DocumentContents[Kind]): Promise<void>;
  /** What of the newest is not there any more: a channel that was deleted, a user who cannot log in. */
  doubts(kind: DocumentKind, name: string): Promise<DocumentFault[]>;
  /** @throws EvenkeelError NOT_FOUND, CONFLICT while something names it */
  remove(kind: DocumentKind, name: string, how: DocumentSave): Promise<void>;
  reload(): Promise<void>;
}

interface DocumentsParts {
  state: State;
  file: FileDocuments;
  now: () => number;
  known(): Promise<KnownNames>;
}

const fileVersion = { from: Number.NEGATIVE_INFINITY, at: 0, by: 'evenkeel.yaml', reason: '' };

export async function createDocuments(parts: DocumentsParts): Promise<DocumentsStore> {
  const { state, file, now } = parts;
  /** By kind and name, oldest first. */
  let stored = new Map<string, DocumentVersion[]>();
  const keyOf = (kind: DocumentKind, name: string) => `${kind} ${name}`;
  const ofFile = new Map<string, DocumentVersion[]>();
  const put = (kind: DocumentKind, name: string, content: DocumentContents[DocumentKind]) =>
    void ofFile.set(keyOf(kind, name), [{ ...fileVersion, content }]);
  for (const [name, content] of file.schedules) put('schedule', name, content);
  for (const [name, content] of file.policies) put('policy', name, content);
  for (const [name, content] of file.people) put('person', name, content);
  if (file.routes) put('routes', routesName, file.routes);

  async function reload(): Promise<void> {
    const rows = await state.selectFrom('routing_documents').selectAll().orderBy('id').execute();
    const read = new Map<string, DocumentVersion[]>();
    for (const { kind, name, from_at, content, at, by_user, reason: why } of rows) {
      const version = {
        from: from_at,
        content: content === null ? null : JSON.parse(content),
        at,
        by: by_user,
        reason: why,
      };
      const key = keyOf(kind, name);
      read.set(key, [...(read.get(key) ?? []), version]);
    }
    stored = read;
  }

  const versionsOf = (key: string) => ofFile.get(key) ?? stored.get(key) ?? [];
  /** What was saved last counts from its instant on, whatever was planned before. */
  const at = (key: string, instant: number) => versionsOf(key).findLast(({ from }) => from <= instant);

  function names(kind: DocumentKind, instant: number): string[] {
    const keys = new Set([...ofFile.keys(), ...stored.keys()]);
    const own = [...keys].filter((key) => key.startsWith(`${kind} `) && (at(key, instant)?.content ?? null) !== null);
    return own.map((key) => key.slice(kind.length + 1)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  }

  /** The newest of each, also what has yet to take effect. */
  function newest(): Documents {
    const of = <Kind extends DocumentKind>(kind: Kind) =>
      new Map(
        names(kind, Number.POSITIVE_INFINITY).map((name) => [
          name,
          versionsOf(keyOf(kind, name)).at(-1)?.content as DocumentContents[Kind],
        ]),
      );
    return {
      ...{ schedules: of('schedule'), policies: of('policy'), people: of('person') },
      routes: of('routes').get(routesName) ?? null,
    };
  }

  async function check<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    content: DocumentContents[Kind],
  ): Promise<void> {
    const documents = newest();
    const next: Documents = {
      schedules:
        kind === 'schedule' ? withOne(documents.schedules, name, content as ScheduleContent) : documents.schedules,
      policies: kind === 'policy' ? withOne(documents.policies, name, content as PolicyContent) : documents.policies,
      people: kind === 'person' ? withOne(documents.people, name, content as PersonContent) : documents.people,
      routes: kind === 'routes' ? (content as RoutesContent) : documents.routes,
    };
    const [first, ...more] = faultsOfDocument(next, await parts.known(), kind, name);
    if (!first) return;
    const placed = [first, ...more].map(({ path, why }) => ({
      at: path.join('.'),
      problem: formatReasons('en', [why]),
      why,
    }));
    throw new EvenkeelError(
      'BAD_ENTRY',
      {
        what: kind === 'routes' ? 'the routes' : `the ${kind} ${shownName(name)}`,
        fault: formatReasons('en', [first.why]),
      },
      undefined,
      placed,
      [first.why],
    );
  }

  function refuseFile(kind: DocumentKind, name: string): void {
    if (ofFile.has(keyOf(kind, name))) throw refusal('CONFLICT', reason('oncall_in_file', { name: shownName(name) }));
  }

  async function write(kind: DocumentKind, name: string, content: object | null, how: DocumentSave): Promise<void> {
    const instant = now();
    const row = {
      kind,
      name,
      from_at: Math.max(how.from ?? instant, instant),
      at: instant,
      by_user: how.by,
      reason: how.reason,
    };
    await state
      .insertInto('routing_documents')
      .values({ ...row, content: content === null ? null : JSON.stringify(content) })
      .execute();
    await reload();
  }

  await reload();
  return {
    names,
    contentAt: (kind, name, instant) => (at(keyOf(kind, name), instant)?.content ?? null) as never,
    versions: (kind, name) => versionsOf(keyOf(kind, name)).toReversed() as never,
    isOfFile: (kind, name) => ofFile.has(keyOf(kind, name)),
    namedBy: (receiver) => namedBy(newest(), receiver),
    async save(kind, name, content, how) {
      refuseFile(kind, name);
      if (how.isNew && names(kind, Number.POSITIVE_INFINITY).includes(name))
        throw refusal('CONFLICT', reason('oncall_taken', { name: shownName(name) }));
      await check(kind, name, content);
      await write(kind, name, content, how);
    },
    check,
    doubts: async (kind, name) => faultsOfDocument(newest(), await parts.known(), kind, name),
    async remove(kind, name, how) {
      refuseFile(kind, name);
      if (!names(kind, Number.POSITIVE_INFINITY).includes(name)) throw fail('NOT_FOUND', { what: kind, id: name });
      const [by] = namedBy(newest(), `${kind}:${name}`);
      if (by !== undefined) throw refusal('CONFLICT', reason('oncall_used', { name: shownName(name), by }));
      await write(kind, name, null, how);
    },
    reload,
  };
}

const withOne = <Content>(map: ReadonlyMap<string, Content>, name: string, content: Content) =>
  new Map([...map, [name, content]]);

function faultsOfDocument(documents: Documents, known: KnownNames, kind: DocumentKind, name: string): DocumentFault[] {
  const checks = checksOf(documents, known);
  const [schedule, policy, person] = [
    documents.schedules.get(name),
    documents.policies.get(name),
    documents.people.get(name),
  ];
  if (kind === 'schedule' && schedule) return checks.schedule(schedule, name, []);
  if (kind === 'policy' && policy) return checks.policy(policy, []);
  if (kind === 'person' && person) return checks.person(person, []);
  return kind === 'routes' && documents.routes ? checks.routes(documents.routes, []) : [];
}

/** What names a receiver, in words that stand in the documents. */
function namedBy({ schedules, policies, routes }: Documents, receiver: string): string[] {
  const found = [
    ...[...schedules]
      .filter(
        ([, { fallback, layers }]) =>
          fallback === receiver || layers.some(({ users }) => users.some((user) => `person:${user}` === receiver)),
      )
      .map(([name]) => `schedule:${name}`),
    ...[...policies]
      .filter(
        ([, { steps, fallback }]) => fallback === receiver || steps.some(({ targets }) => targets.includes(receiver)),
      )
      .map(([name]) => `policy:${name}`),
  ];
  const visit = (node: RoutesContent & { name?: string }, path: string): void => {
    if (node.receivers?.includes(receiver)) found.push(path);
    for (const child of node.children ?? []) visit(child, `${path}/${child.name}`);
  };
  if (routes) visit(routes, 'root');
  return found;
}
