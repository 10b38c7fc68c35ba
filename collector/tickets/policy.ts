/**
 * From alert to ticket: what to open, count, resolve, reopen and merge, and when. Pure: events and the time go in,
 * actions come out, which automate.ts carries out. One line a key (`endpoint/rule/instance`), because one key
 * has at most one open ticket; the unique index in the database enforces the same.
 *
 * Order of equal instants: what has become due happens before what arrives.
 */
import { type Line, newLine } from './line.ts';
import type { PolicySettings } from './settings.ts';

export type PolicyEvent = { at: number } & (
  | { type: 'fire'; key: string; endpoint: string; check: string; site: string | null }
  | { type: 'recover'; key: string }
  /** A person commented, assigned or changed the ticket. */
  | { type: 'touch'; key: string }
  /** A person resolved, closed or cancelled it. */
  | { type: 'close'; key: string; mutedUntil?: number | null }
  /** A person opened it again. */
  | { type: 'reopen'; key: string }
  | { type: 'maintenance'; on: boolean; endpoint?: string | null; site?: string | null }
);

export type Action = { at: number; key: string } & (
  | { type: 'open'; follows: boolean; count: number }
  | { type: 'open-parent'; check: string; site: string | null; follows: boolean }
  | { type: 'attach'; parent: string /** It had a ticket of its own, which is cancelled as merged. */; merged: boolean }
  | { type: 'count' }
  | { type: 'recovered'; touched: boolean }
  | { type: 'flapping' }
  | { type: 'resolve' }
  | { type: 'reopen'; why: 'fired' | 'still-firing' }
  | { type: 'remind' }
);

export interface TicketPolicy {
  /** Everything that is due up to the event, then the event. */
  apply(event: PolicyEvent): Action[];
  /** Everything that is due up to `now`. */
  advance(now: number): Action[];
  /** When `advance` has something to do next; null when nothing waits. */
  nextDue(): number | null;
  line(key: string): Line | undefined;
  /** Keys of alerts that are thought to fire. */
  firing(): string[];
  /** The alert is one of a storm: people are told of the storm, not of each. */
  crowded(key: string): boolean;
  /** Puts a line back as it was saved, after a restart. `openings`: times of automatic tickets of the last hour. */
  restore(lines: Line[], openings: number[]): void;
}

const hour = 3_600_000;
/** The ticket that takes what is beyond the hourly budget. */
export const budgetKey = 'storm/budget';
export const stormKey = (site: string | null, check: string) => `storm/${site ?? ''}/${check}`.toLowerCase();

export function createPolicy(settings: PolicySettings): TicketPolicy {
  const lines = new Map<string, Line>();
  let openings: number[] = [];
  /** `e:<endpoint>`, `s:<site>` or `*`, while under maintenance. */
  const maintained = new Set<string>();
  let actions: Action[] = [];
  let sweptAt = 0;

  const dueOf = (line: Line) =>
    Math.min(line.openDue ?? Infinity, line.resolveDue ?? Infinity, line.remindDue ?? Infinity);
  const underMaintenance = (line: Line) =>
    maintained.has('*') || maintained.has(`e:${line.endpoint}`) || maintained.has(`s:${line.site}`);

  function run(now: number): void {
    for (;;) {
      let next: Line | undefined;
      for (const line of lines.values()) if (dueOf(line) <= now && (!next || dueOf(line) < dueOf(next))) next = line;
      if (!next) return;
      ripen(next, dueOf(next));
    }
  }

  /** Does the one thing of a line that is due at `at`. */
  function ripen(line: Line, at: number): void {
    if (line.openDue === at) {
      line.openDue = null;
      if (!tryStorm(line, at)) openOne(line, at);
    } else if (line.resolveDue === at) {
      line.resolveDue = null;
      line.open = false;
      line.flapping = false;
      line.resolvedAt = at;
      for (const key of line.children ?? []) letGo(key);
      actions.push({ type: 'resolve', key: line.key, at });
    } else {
      line.remindDue = at + settings.remindAfter;
      actions.push({ type: 'remind', key: line.key, at });
    }
  }

  function letGo(key: string): void {
    const child = lines.get(key);
    if (child) child.parent = null;
  }

  function openOne(line: Line, at: number): void {
    if (line.resolvedAt !== null && line.firedAt - line.resolvedAt <= settings.reopenWindow) {
      reopen(line, at, line.resolvedAt >= line.firedAt ? 'still-firing' : 'fired');
      return;
    }
    openings = openings.filter((opened) => at - opened < hour);
    if (openings.length >= settings.budget && line.key !== budgetKey) {
      attach(line, openParent(budgetKey, 'budget', null, at), at);
      return;
    }
    openings.push(at);
    actions.push({ type: 'open', key: line.key, at, follows: line.openedBefore, count: line.count });
    begin(line, at);
  }

  function begin(line: Line, at: number): void {
    line.open = true;
    line.openedBefore = true;
    line.touched = false;
    line.resolvedAt = null;
    line.mutedUntil = null;
    judgeFlapping(line, at);
  }

  function reopen(line: Line, at: number, why: 'fired' | 'still-firing'): void {
    actions.push({ type: 'reopen', key: line.key, at, why });
    begin(line, at);
  }

  function judgeFlapping(line: Line, at: number): void {
    line.fires = line.fires.filter((fired) => at - fired <= settings.flapWindow);
    if (!line.open || line.flapping || line.fires.length < settings.flapCount) return;
    line.flapping = true;
    actions.push({ type: 'flapping', key: line.key, at });
  }

  /** Opens, reopens or finds the storm ticket `key`. */
  function openParent(key: string, check: string, site: string | null, at: number): Line {
    let parent = lines.get(key);
    if (!parent) {
      parent = newLine(key, '', check, site);
      parent.children = new Set();
      lines.set(key, parent);
    }
    parent.firing = true;
    parent.restoredAt = null;
    parent.resolveDue = null;
    parent.remindDue = null;
    if (parent.open) return parent;
    parent.firedAt = at;
    if (parent.resolvedAt !== null && at - parent.resolvedAt <= settings.reopenWindow) reopen(parent, at, 'fired');
    else {
      openings.push(at);
      actions.push({ type: 'open-parent', key, at, check, site, follows: parent.openedBefore });
      begin(parent, at);
    }
    return parent;
  }

  function attach(line: Line, parent: Line, at: number): void {
    actions.push({ type: 'attach', key: line.key, at, parent: parent.key, merged: line.open });
    line.open = false;
    line.openDue = null;
    line.resolveDue = null;
    line.flapping = false;
    line.parent = parent.key;
    parent.children?.add(line.key);
  }

  /** Lines of the same site and check whose fires lie within one window that ends with the latest. */
  function stormOf(line: Line): Line[] {
    const group = [...lines.values()].filter(
      (other) =>
        other.firing &&
        other.children === null &&
        other.parent === null &&
        other.check === line.check &&
        other.site === line.site &&
        !(other.open && other.touched) &&
        !underMaintenance(other),
    );
    const latest = Math.max(...group.map((other) => other.firedAt));
    const near = group.filter((other) => latest - other.firedAt <= settings.stormWindow);
    return new Set(near.map((other) => other.endpoint)).size >= settings.stormEndpoints ? near : [];
  }

  /**
   * One ticket instead of many. It opens as soon as one of the storm has fired for the open delay: a site that blinks
   * for less makes no ticket either.
   */
  function tryStorm(line: Line, at: number): boolean {
    const storm = stormOf(line);
    if (!storm.some((member) => member.open || (member === line && line.firedAt + settings.openDelay <= at)))
      return false;
    const parent = openParent(stormKey(line.site, line.check), line.check, line.site, at);
    for (const member of storm) attach(member, parent, at);
    return storm.length > 0;
  }

  function fire(line: Line, at: number): void {
    const parent = line.parent === null ? undefined : lines.get(line.parent);
    const begins = !line.firing;
    line.firing = true;
    line.restoredAt = null;
    line.resolveDue = null;
    line.remindDue = null;
    if (begins) {
      line.firedAt = at;
      line.fires.push(at);
      if (!line.open) line.count = 0;
    }
    line.count++;
    if (parent?.open) {
      openParent(parent.key, parent.check, parent.site, at);
      actions.push({ type: 'count', key: parent.key, at });
      return;
    }
    if (line.open) {
      actions.push({ type: 'count', key: line.key, at });
      judgeFlapping(line, at);
      return;
    }
    if (!begins && line.openDue !== null) return;
    joinOrWait(line, at);
  }

  function joinOrWait(line: Line, at: number): void {
    const storm = lines.get(stormKey(line.site, line.check));
    if (underMaintenance(line)) line.openDue = null;
    else if (storm?.open && storm.firing) attach(line, storm, at);
    else if (!tryStorm(line, at)) line.openDue = Math.max(line.firedAt + settings.openDelay, line.mutedUntil ?? 0);
  }

  function recover(line: Line, at: number): void {
    if (!line.firing) return;
    // A person closed it while it fired, and was right after all: that was no automatic resolution.
    if (!line.open && (line.resolvedAt ?? 0) >= line.firedAt) line.resolvedAt = null;
    line.firing = false;
    line.openDue = null;
    line.restoredAt = at;
    const parent = line.parent === null ? undefined : lines.get(line.parent);
    if (parent) {
      if ([...(parent.children ?? [])].every((key) => !lines.get(key)?.firing)) recover(parent, at);
      return;
    }
    if (!line.open) return;
    actions.push({ type: 'recovered', key: line.key, at, touched: line.touched });
    if (line.touched) line.remindDue = at + settings.remindAfter;
    else line.resolveDue = at + (line.flapping ? settings.flapQuiet : settings.resolveHold);
  }

  function touch(line: Line, at: number): void {
    if (!line.open) return;
    line.touched = true;
    line.resolveDue = null;
    if (!line.firing && line.remindDue === null) line.remindDue = at + settings.remindAfter;
  }

  /** Closed by hand though it still fires: wait the open delay, for the cure may just not be measured yet. */
  function close(line: Line, at: number, mutedUntil: number | null): void {
    line.open = false;
    line.flapping = false;
    line.resolveDue = null;
    line.remindDue = null;
    line.resolvedAt = null;
    line.mutedUntil = mutedUntil;
    for (const key of line.children ?? []) letGo(key);
    if (!line.firing) return;
    if (mutedUntil !== null) line.openDue = mutedUntil;
    else {
      // Within the reopen window by definition: it never stopped.
      line.resolvedAt = at;
      line.openDue = at + settings.openDelay;
    }
  }

  function maintain(event: Extract<PolicyEvent, { type: 'maintenance' }>): void {
    const scope = event.endpoint ? `e:${event.endpoint}` : event.site ? `s:${event.site}` : '*';
    if (event.on) maintained.add(scope);
    else maintained.delete(scope);
    for (const line of lines.values()) {
      if (!line.firing || line.open || line.parent !== null || line.children) continue;
      if (underMaintenance(line)) line.openDue = null;
      else if (!event.on && line.openDue === null)
        line.openDue = Math.max(line.firedAt + settings.openDelay, event.at + settings.afterMaintenance);
    }
  }

  function lineFor(event: Extract<PolicyEvent, { type: 'fire' }>): Line {
    const line = lines.get(event.key) ?? newLine(event.key, event.endpoint, event.check, event.site);
    line.site = event.site;
    lines.set(event.key, line);
    return line;
  }

  function handle(event: PolicyEvent): void {
    if (event.type === 'maintenance') maintain(event);
    else if (event.type === 'fire') fire(lineFor(event), event.at);
    else {
      const line = lines.get(event.key);
      if (!line) return;
      if (event.type === 'recover') recover(line, event.at);
      else if (event.type === 'touch') touch(line, event.at);
      else if (event.type === 'close') close(line, event.at, event.mutedUntil ?? null);
      else {
        begin(line, event.at);
        line.touched = true;
        line.openDue = null;
      }
    }
  }

  function taken(): Action[] {
    const done = actions;
    actions = [];
    return done;
  }

  /** Forgets lines that no decision will need again. Whether a key ever had a ticket is known to the database. */
  function forget(now: number): void {
    if (now - sweptAt < hour) return;
    sweptAt = now;
    const keep = Math.max(settings.reopenWindow, settings.flapWindow);
    for (const line of lines.values()) {
      if (line.firing || line.open || line.parent !== null || dueOf(line) !== Infinity) continue;
      if (now - Math.max(line.resolvedAt ?? 0, line.restoredAt ?? 0, line.mutedUntil ?? 0) > keep)
        lines.delete(line.key);
    }
  }

  return {
    apply(event) {
      run(event.at);
      handle(event);
      run(event.at);
      return taken();
    },
    advance(now) {
      run(now);
      forget(now);
      return taken();
    },
    nextDue() {
      let next = Infinity;
      for (const line of lines.values()) next = Math.min(next, dueOf(line));
      return next === Infinity ? null : next;
    },
    line: (key) => lines.get(key),
    firing: () => [...lines.values()].filter((line) => line.firing && !line.children).map((line) => line.key),
    crowded(key) {
      const line = lines.get(key);
      return line !== undefined && (line.parent !== null || stormOf(line).length > 0);
    },
    restore(saved, opened) {
      lines.clear();
      for (const line of saved) lines.set(line.key, line);
      openings = [...opened];
    },
  };
}
