/**
 * The rules in force, and how they change while the collector runs. Overrides in evenkeel.yaml belong to that file and
 * cannot be changed here; everything else is kept in state, each change with author, reason and difference.
 */
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import {
  type Arranged,
  type ArrangedRule,
  arrange,
  isEverywhere,
  isSameScope,
  placeOf,
  type RuleOverride,
} from './arrange.ts';
import type { RuleBooks } from './book.ts';
import { overridesInFile, refuse, tryMerge } from './merge.ts';
import type { Rule, RuleCalled } from './rule.ts';
import { type Scope, sameName } from './scope.ts';

export type { ArrangedRule as RuleEntry } from './arrange.ts';
export type RuleParts = Readonly<Record<string, unknown>>;

/** The override of one rule; null: none any more. */
export interface RuleChange {
  id: string;
  parts: RuleParts | null;
}

export interface StoredRuleVersion {
  rule: string;
  scope: Scope;
  at: number;
  by: string;
  reason: string;
  /** The parts in which the rule differs, before and after; null: there was no such rule, or is none. */
  before: RuleParts | null;
  after: RuleParts | null;
}

export interface Rules {
  books(): RuleBooks;
  /** Each rule once for all endpoints, and once for each scope in which it differs. */
  list(): ArrangedRule[];
  /**
   * Overrides rules within a scope, all of them or none: `parts` over what holds everywhere, or a whole new rule.
   * @throws EvenkeelError BAD_RULE with each place, CONFLICT where the settings file owns one, NOT_FOUND for null where
   *   there was no override
   */
  change(scope: Scope, changes: readonly RuleChange[], by: string, reason: string): Promise<void>;
  /** The rules in force after such a change. @throws EvenkeelError as `change` */
  preview(scope: Scope, changes: readonly RuleChange[]): Arranged;
  /** How it is called, or was before it was removed: alerts and tickets outlive it. */
  called(id: string): RuleCalled | undefined;
  /** Newest first. */
  history(id: string): Promise<StoredRuleVersion[]>;
  /** Other rules of the settings file and the files beside it: all or none. @returns ids of the rules that now differ */
  replaceFile(file: RulesParts['file']): Promise<string[]>;
  /** Reads the state again: a site may have been renamed or removed. @returns ids of the rules that now differ */
  reload(): Promise<string[]>;
}

export interface RulesParts {
  state: State;
  builtIn: readonly Rule[];
  /** `rules:` of evenkeel.yaml, those with a scope among them. */
  file: readonly (Readonly<Record<string, unknown>> & { id: string })[];
  /** The group with this id or name. */
  groupNamed(text: string): string | undefined;
  now: () => number;
  log: Log;
  /** Called after a change was saved and is in force. */
  onChange(ids: readonly string[]): void;
}

/** Maximum overrides by people. More would make each change slow, and too many to oversee. */
const maxOverrides = 2000;

export async function createRules(parts: RulesParts): Promise<Rules> {
  const { state, builtIn, now, log } = parts;
  refuse(tryMerge(builtIn, parts.file).faults, parts.file);
  let inFile = overridesInFile(parts.file).valid;
  /** The overrides in state, and those of them that are in force. */
  let stored: RuleOverride[] = [];
  let kept: RuleOverride[] = [];
  let current = arrange(builtIn, inFile);
  const removed = await removedNames(state);
  let queue: Promise<unknown> = Promise.resolve();
  /** One after the other: each change is checked against what the one before it left. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  const ownedByFile = (id: string, scope: Scope) =>
    inFile.some((one) => one.id === id && isSamePlace(one.scope, scope));
  /** The file has names of sites and groups, the page their ids. */
  function isSamePlace(a: Scope, b: Scope): boolean {
    if (a.of !== b.of) return false;
    if (a.of === 'group') return (parts.groupNamed(a.target) ?? a.target) === (parts.groupNamed(b.target) ?? b.target);
    return a.of === 'site' ? sameName(a.target, b.target) : a.target === b.target;
  }

  async function reload(): Promise<string[]> {
    const rows = await state.selectFrom('rules').selectAll().orderBy('id').execute();
    const all = rows.map(
      ({ rule: id, scope: of, target, change, updated_at: at, updated_by: by }): RuleOverride => ({
        ...{ id, scope: { of, target }, parts: JSON.parse(change) as RuleParts, owner: 'people', at, by },
      }),
    );
    const found = fitting(all);
    stored = all;
    kept = found.kept;
    const ids = changedIds(current, found.arranged);
    // Of the settings file as well, as long as the collector runs.
    for (const id of ids) {
      const before = current.books.rule(id);
      if (before && !found.arranged.books.rule(id)) removed.set(id, before);
    }
    // The same books as before where nothing differs: they need no new evaluation.
    if (ids.length > 0) current = found.arranged;
    return ids;
  }

  /** Overrides that no longer fit, after an update of the program or of the file, must not disable the rest. */
  function fitting(all: RuleOverride[]): { kept: RuleOverride[]; arranged: Arranged } {
    let rest = all.filter(({ id, scope }) => {
      if (!ownedByFile(id, scope)) return true;
      log.warn({ rule: id, scope }, 'A rule was changed here and is now set in evenkeel.yaml; the file has precedence');
      return false;
    });
    for (;;) {
      const arranged = arrange(builtIn, [...inFile, ...rest]);
      const bad = new Set(arranged.faults.map(({ override }) => override));
      if (bad.size === 0) return { kept: rest, arranged };
      for (const { override, fault } of arranged.faults)
        log.error(
          { rule: override.id, scope: override.scope, reason: `${placeOf(override.id, fault)} ${fault.problem}` },
          'A changed rule no longer fits and is left out',
        );
      const left = rest.filter((one) => !bad.has(one));
      // Only the file is at fault: it fitted at the start, so an override by people has made it wrong.
      rest = left.length < rest.length ? left : [];
    }
  }

  function planned(scope: Scope, changes: readonly RuleChange[], by: string, at: number): RuleOverride[] {
    const ids = new Set(changes.map(({ id }) => id));
    for (const { id, parts: changed } of changes) {
      if (ownedByFile(id, scope)) throw fail('RULE_IN_FILE', { id });
      if (changed === null && !stored.some((one) => one.id === id && isSameScope(one.scope, scope)))
        throw fail('NOT_FOUND', { what: 'change of the rule', id });
    }
    const others = kept.filter((one) => !ids.has(one.id) || !isSameScope(one.scope, scope));
    const wanted = changes.flatMap(({ id, parts }): RuleOverride[] =>
      parts === null ? [] : [{ id, scope, parts, owner: 'people', at, by }],
    );
    if (others.length + wanted.length > maxOverrides)
      throw fail('CONFLICT', { problem: `there are ${maxOverrides} changed rules already; take some back first` });
    return [...others, ...wanted];
  }

  function preview(scope: Scope, changes: readonly RuleChange[], by = '', at = now()): Arranged {
    const arranged = arrange(builtIn, [...inFile, ...planned(scope, changes, by, at)]);
    const faults = arranged.faults.map(({ override, fault }) => {
      const [at, { of, target }] = [placeOf(override.id, fault), override.scope];
      if (!isSameScope(override.scope, scope)) return { at, problem: `${fault.problem} (${of} ${target})` };
      return { at, problem: fault.problem, ...(fault.why && { why: fault.why }) };
    });
    if (faults.length > 0)
      throw fail(
        'BAD_RULE',
        { faults: faults.map(({ at, problem }) => `${at} ${problem}`).join('; ') },
        undefined,
        faults,
      );
    return arranged;
  }

  async function change(scope: Scope, changes: readonly RuleChange[], by: string, reason: string): Promise<void> {
    const at = now();
    // Before it is saved: an invalid change is refused as a whole.
    const next = preview(scope, changes, by, at);
    await state.transaction().execute(async (db) => {
      for (const { id, parts: changed } of changes) {
        await saveOverride(db, id, scope, changed, by, at);
        const [before, after] = difference(heldAt(current, id, scope), heldAt(next, id, scope));
        await saveVersion(db, { rule: id, scope, at, by, reason, before, after });
      }
    });
    await reload();
    parts.onChange(changes.map(({ id }) => id));
  }

  await reload();
  return {
    books: () => current.books,
    list: () => current.entries,
    preview,
    called: (id) => current.books.rule(id) ?? removed.get(id),
    change: (...args) => inOrder(() => change(...args)),
    async history(id) {
      const rows = await state
        .selectFrom('rule_versions')
        .selectAll()
        .where('rule', '=', id)
        .orderBy('id', 'desc')
        .execute();
      const read = (json: string | null) => (json === null ? null : (JSON.parse(json) as RuleParts));
      return rows.map(({ rule, scope, target, at, by_user: by, reason, before, after }) => {
        const where = { of: scope as Scope['of'], target };
        return { rule, scope: where, at, by, reason, before: read(before), after: read(after) };
      });
    },
    reload: () => inOrder(reload),
    replaceFile: (file) =>
      inOrder(async () => {
        refuse(tryMerge(builtIn, file).faults, file);
        inFile = overridesInFile(file).valid;
        const ids = await reload();
        if (ids.length > 0) parts.onChange(ids);
        return ids;
      }),
  };
}

/** By id, of rules of people: their last version that ended has the name. */
async function removedNames(state: State): Promise<Map<string, RuleCalled>> {
  const ended = await state
    .selectFrom('rule_versions')
    .select(['rule', 'before'])
    .where('after', 'is', null)
    .where('before', 'is not', null)
    .orderBy('id')
    .execute();
  return new Map(ended.map(({ rule, before }) => [rule, JSON.parse(before as string)]));
}

/** The rule within a scope, overridden there or not. */
function heldAt({ entries }: Arranged, id: string, scope: Scope): Rule | null {
  const all = entries.filter(({ rule }) => rule.id === id);
  const held = all.find((one) => isSameScope(one.scope, scope)) ?? all.find((one) => isEverywhere(one.scope));
  return held?.rule ?? null;
}

/** The parts in which two rules differ, for each of the two. */
function difference(before: Rule | null, after: Rule | null): [RuleParts | null, RuleParts | null] {
  const [old, fresh] = [before, after].map((rule) => (rule ? (rule as unknown as RuleParts) : {})) as [
    RuleParts,
    RuleParts,
  ];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  const differing = names.filter((name) => name !== 'id' && JSON.stringify(old[name]) !== JSON.stringify(fresh[name]));
  const pick = (rule: RuleParts) =>
    Object.fromEntries(differing.flatMap((name) => (name in rule ? [[name, rule[name]]] : [])));
  return [before && pick(old), after && pick(fresh)];
}

function changedIds(before: Arranged, after: Arranged): string[] {
  const textOf = ({ entries }: Arranged) => new Map(entries.map((entry) => [JSON.stringify(entry), entry.rule.id]));
  const [old, fresh] = [textOf(before), textOf(after)];
  return [...new Set([...old, ...fresh].flatMap(([text, id]) => (old.has(text) && fresh.has(text) ? [] : [id])))];
}

async function saveOverride(
  db: StateTransaction,
  id: string,
  { of: scope, target }: Scope,
  parts: RuleParts | null,
  by: string,
  at: number,
) {
  await db.deleteFrom('rules').where('rule', '=', id).where('scope', '=', scope).where('target', '=', target).execute();
  if (parts === null) return;
  const row = { rule: id, scope, target, change: JSON.stringify(parts), updated_at: at, updated_by: by };
  await db.insertInto('rules').values(row).execute();
}

async function saveVersion(db: StateTransaction, version: StoredRuleVersion): Promise<void> {
  const { rule, scope, at, by, reason, before, after } = version;
  const json = (parts: RuleParts | null) => (parts === null ? null : JSON.stringify(parts));
  await db
    .insertInto('rule_versions')
    .values({
      rule,
      scope: scope.of,
      target: scope.target,
      at,
      by_user: by,
      reason,
      before: json(before),
      after: json(after),
    })
    .execute();
}
