/**
 * The rules in force, and how they change while the collector runs. What evenkeel.yaml says is that file's and cannot be
 * changed here; everything else is kept in state, each change with author, reason and what was before.
 */
import { fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { State } from '../state/open.ts';
import { createRuleBooks, everywhere, type RuleBooks, type ScopedRule } from './book.ts';
import { checkLevels, mergeRules, ruleWith } from './merge.ts';
import type { Rule } from './rule.ts';
import type { Scope } from './scope.ts';

export type RuleParts = Partial<Omit<Rule, 'id'>>;

/** One rule within one scope. */
export interface RuleEntry {
  rule: Rule;
  scope: Scope;
  /** Who may change it: nobody (built in, until somebody does), the settings file, people. */
  owner: 'built-in' | 'file' | 'people';
  changedAt: number | null;
  changedBy: string | null;
}

export interface RuleVersion {
  rule: string;
  scope: Scope;
  at: number;
  by: string;
  reason: string;
  /** The parts that were said; null: none were. */
  before: RuleParts | null;
  after: RuleParts | null;
}

export interface Rules {
  books(): RuleBooks;
  /** Each rule once for all endpoints, and once for each scope in which it differs. */
  list(): RuleEntry[];
  /**
   * Says how a rule is to be within a scope: `parts` over the built-in one, or a whole new rule.
   * @throws EvenkeelError BAD_SETTING naming the part, CONFLICT where the settings file owns it
   */
  set(id: string, scope: Scope, parts: RuleParts, by: string, reason: string): Promise<void>;
  /** Takes back what was said. @throws EvenkeelError NOT_FOUND, CONFLICT */
  reset(id: string, scope: Scope, by: string, reason: string): Promise<void>;
  /** Newest first. */
  history(id: string): Promise<RuleVersion[]>;
  /** Reads again what is in state: a site may have been renamed. */
  reload(): Promise<void>;
}

export interface RulesParts {
  state: State;
  builtIn: readonly Rule[];
  /** `rules:` of evenkeel.yaml, those with a scope among them. */
  file: readonly (Record<string, unknown> & { id: string })[];
  now: () => number;
  log: Log;
  /** After a change was saved and is in force. */
  onChange(id: string): void;
}

interface Kept {
  id: string;
  scope: Scope;
  parts: RuleParts;
  at: number;
  by: string;
}

const isSame = (a: Scope, b: Scope) => a.of === b.of && a.target === b.target;

/** `scope: { site: Berlin }` of the settings file; undefined where a rule holds everywhere. */
export function scopeOf(given: unknown): Scope {
  const [pair, ...others] = Object.entries((given as Record<string, unknown> | undefined) ?? {});
  if (!pair) return everywhere;
  const [of, target] = pair;
  if (others.length > 0 || typeof target !== 'string' || !['kind', 'site', 'group', 'tag', 'endpoint'].includes(of))
    throw fail('BAD_SETTING', {
      faults: 'rules.scope must be one of { kind: … }, { site: … }, { group: … }, { tag: … }, { endpoint: … }',
    });
  return { of: of as Scope['of'], target };
}

export async function createRules(parts: RulesParts): Promise<Rules> {
  const { state, builtIn, now, log } = parts;
  const fileRules = parts.file.map(({ scope, ...rest }) => ({ scope: scopeOf(scope), rest: rest as { id: string } }));
  const everywhereInFile = fileRules.filter(({ scope }) => isSame(scope, everywhere)).map(({ rest }) => rest);
  const inFile = mergeRules(builtIn, everywhereInFile);
  const fileScoped = fileRules.flatMap(({ scope, rest }): ScopedRule[] => {
    const { id, ...changes } = rest;
    return isSame(scope, everywhere) ? [] : [{ scope, rule: ruleWith(id, basic(inFile, id), changes) }];
  });
  let kept: Kept[] = [];
  let entries: RuleEntry[] = [];
  let books: RuleBooks = createRuleBooks(inFile, fileScoped);

  const ownedByFile = (id: string, scope: Scope) =>
    fileRules.some((one) => one.rest.id === id && isSame(one.scope, scope));

  /** All that holds with `all` as what people said. @throws EvenkeelError BAD_SETTING */
  function arrange(all: readonly Kept[]): { books: RuleBooks; entries: RuleEntry[] } {
    const found: RuleEntry[] = [];
    const base = new Map(inFile.map((rule) => [rule.id, rule]));
    for (const { id, scope, parts: said } of all)
      if (isSame(scope, everywhere)) base.set(id, ruleWith(id, basic(inFile, id), said));
    const scoped: ScopedRule[] = [...fileScoped];
    for (const { id, scope, parts: said, at, by } of all) {
      const isBasic = isSame(scope, everywhere);
      const rule = isBasic ? (base.get(id) as Rule) : ruleWith(id, base.get(id), said);
      if (!isBasic) scoped.push({ scope, rule });
      found.push({ rule, scope, owner: 'people', changedAt: at, changedBy: by });
    }
    checkLevels([...base.values()]);
    const quiet = { changedAt: null, changedBy: null };
    for (const rule of base.values()) {
      if (found.some((one) => one.rule === rule)) continue;
      const owner = everywhereInFile.some(({ id }) => id === rule.id) ? 'file' : 'built-in';
      found.push({ rule, scope: everywhere, owner, ...quiet });
    }
    for (const { scope, rule } of fileScoped) found.push({ rule, scope, owner: 'file', ...quiet });
    return { books: createRuleBooks([...base.values()], scoped), entries: found };
  }

  async function reload(): Promise<void> {
    const rows = await state.selectFrom('rules').selectAll().orderBy('id').execute();
    const all = rows.map(({ rule: id, scope: of, target, change, updated_at, updated_by }): Kept => {
      return { id, scope: { of, target }, parts: JSON.parse(change) as RuleParts, at: updated_at, by: updated_by };
    });
    kept = [];
    // One that no longer fits, after an update of the program, must not keep the others from holding.
    for (const one of all)
      try {
        arrange([...kept, one]);
        kept.push(one);
      } catch (thrown) {
        log.error(
          { rule: one.id, scope: one.scope, reason: reasonOf(thrown) },
          'A changed rule no longer fits and is left out',
        );
      }
    ({ books, entries } = arrange(kept));
  }

  async function change(id: string, scope: Scope, said: RuleParts | null, by: string, reason: string): Promise<void> {
    if (ownedByFile(id, scope))
      throw fail('CONFLICT', { problem: `the rule "${id}" is set in evenkeel.yaml; change it there and restart` });
    const before = kept.find((one) => one.id === id && isSame(one.scope, scope)) ?? null;
    if (said === null && before === null) throw fail('NOT_FOUND', { what: 'change of rule', id });
    const at = now();
    const others = kept.filter((one) => one !== before);
    const next = said === null ? others : [...others, { id, scope, parts: said, at, by }];
    // Before it is saved: what does not fit is refused as a whole.
    arrange(next);
    await state.transaction().execute(async (db) => {
      const here = { rule: id, scope: scope.of, target: scope.target };
      await db
        .deleteFrom('rules')
        .where('rule', '=', id)
        .where('scope', '=', scope.of)
        .where('target', '=', scope.target)
        .execute();
      if (said !== null)
        await db
          .insertInto('rules')
          .values({ ...here, change: JSON.stringify(said), updated_at: at, updated_by: by })
          .execute();
      const json = (of: RuleParts | null) => (of === null ? null : JSON.stringify(of));
      const version = { at, by_user: by, reason, before: json(before?.parts ?? null), after: json(said) };
      await db
        .insertInto('rule_versions')
        .values({ ...here, ...version })
        .execute();
    });
    await reload();
    parts.onChange(id);
  }

  await reload();
  return {
    books: () => books,
    list: () => entries,
    set: change,
    reset: (id, scope, by, reason) => change(id, scope, null, by, reason),
    async history(id) {
      const rows = await state
        .selectFrom('rule_versions')
        .selectAll()
        .where('rule', '=', id)
        .orderBy('id', 'desc')
        .execute();
      const read = (json: string | null) => (json === null ? null : (JSON.parse(json) as RuleParts));
      return rows.map(({ rule, scope, target, at, by_user, reason, before, after }) => {
        const where = { of: scope as Scope['of'], target };
        return { rule, scope: where, at, by: by_user, reason, before: read(before), after: read(after) };
      });
    },
    reload,
  };
}

const basic = (rules: readonly Rule[], id: string) => rules.find((rule) => rule.id === id);
