/** Runs the pure parts of this room on a time-line, with messages as groups of one alert would send them. */
import { createInhibition, type InhibitionEvent } from '../../../collector/outages/inhibition.ts';
import type { InhibitRule } from '../../../collector/outages/inhibition-graph.ts';
import {
  onBack,
  onSilent,
  onSiteDue,
  quietSite,
  type SiteEvent,
  silentMembers,
  siteDue,
} from '../../../collector/outages/site-incident.ts';

const ms = (text: string) => Date.parse(text);
const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
const intervalMs = 300_000;

export interface InhibitionInput {
  rules?: { source: Record<string, string>; target: Record<string, string>; equal: string[] }[];
  dependencies?: { child: string; parents: string[]; groups: string[][] }[];
  settings: { wait_s: number; hold_pending_s: number; release_s: number };
  alerts: { id: string; labels: Record<string, string>; events: { at: string; type: string }[] }[];
  until: string;
}

const matchersOf = (labels: Record<string, string>) =>
  Object.entries(labels).map(([label, value]) => ({ label, op: '=' as const, value }));

export function runInhibition({ rules = [], dependencies = [], settings, alerts, until }: InhibitionInput) {
  const waitMs = settings.wait_s * 1000;
  const engine = createInhibition(
    {
      rules: rules.map(
        ({ source, target, equal }): InhibitRule => ({ source: matchersOf(source), target: matchersOf(target), equal }),
      ),
      dependencyOf: (endpoint) => dependencies.find(({ child }) => child === endpoint),
      childrenOf: (endpoint) =>
        dependencies
          .filter(({ parents, groups }) => parents.includes(endpoint) || groups.flat().includes(endpoint))
          .map(({ child }) => child),
    },
    { waitMs, holdMs: settings.hold_pending_s * 1000, releaseMs: settings.release_s * 1000 },
  );
  interface Life {
    due: number | null;
    fires: boolean;
    sent: number | null;
    muted: boolean;
    stops: Set<string>;
    from: number | null;
    by: string;
    firedAt: number;
  }
  const notifications: { at: string; alert: string; kind: string }[] = [];
  const inhibited: { alert: string; by: string; from: string; to: string }[] = [];
  const lives = new Map<string, Life>(
    alerts.map(({ id }) => [
      id,
      { due: null, fires: false, sent: null, muted: false, stops: new Set(), from: null, by: '', firedAt: 0 },
    ]),
  );
  const life = (id: string) => lives.get(id) as Life;

  function send(id: string, at: number): void {
    const one = life(id);
    if (one.fires && one.sent === null && !one.muted && one.stops.size === 0) {
      one.sent = at;
      notifications.push({ at: iso(at), alert: id, kind: 'firing' });
    } else if (!one.fires && one.sent !== null) {
      one.sent = null;
      notifications.push({ at: iso(at), alert: id, kind: 'resolved' });
    }
  }
  function take(events: InhibitionEvent[]): void {
    for (const { id, type, at, by } of events) {
      const one = life(id);
      if (type === 'inhibited') {
        one.stops = new Set(['inhibited']);
        one.from = at;
        one.by = by.join('+');
      } else if (type === 'held') one.stops.add('held');
      else {
        one.stops.delete(type === 'released' ? 'inhibited' : 'held');
        if (type === 'released') close(id, at);
        if (one.due === null) send(id, at);
      }
    }
  }
  function close(id: string, at: number): void {
    const one = life(id);
    if (one.from !== null) inhibited.push({ alert: id, by: one.by, from: iso(one.from), to: iso(at) });
    one.from = null;
  }
  function advance(now: number): void {
    for (;;) {
      const dues = [...lives].flatMap(([id, { due }]) => (due !== null && due <= now ? [{ id, due }] : []));
      const [first] = dues.sort((a, b) => a.due - b.due);
      const engineDue = engine.nextDue();
      if (engineDue !== null && engineDue <= now && engineDue <= (first?.due ?? Infinity))
        take(engine.advance(engineDue));
      else if (first) {
        life(first.id).due = null;
        send(first.id, first.due);
      } else return;
    }
  }

  const events = alerts.flatMap(({ id, labels, events: own }) =>
    own.map(({ at, type }) => ({ at: ms(at), type, id, labels })),
  );
  for (const { at, type, id, labels } of events.sort((a, b) => a.at - b.at)) {
    advance(at);
    const one = life(id);
    const facts = { id, labels, endpoint: labels.endpoint ?? '', isReach: true, firedAt: at };
    if (type === 'pending') take(engine.set({ ...facts, state: 'pending' }, at));
    else if (type === 'fire') {
      Object.assign(one, { fires: true, due: at + waitMs, firedAt: at });
      take(engine.set({ ...facts, state: 'firing' }, at));
    } else if (type === 'mute' || type === 'unmute') one.muted = type === 'mute';
    else {
      one.fires = false;
      one.due = one.sent === null ? null : Math.max(at + waitMs, one.sent + intervalMs);
      close(id, at);
      one.stops.clear();
      take(engine.end(id, at));
    }
  }
  advance(ms(until));
  for (const { id } of alerts) close(id, ms(until));
  return { notifications, inhibited };
}

export interface SiteInput {
  settings: Record<
    'min_endpoints' | 'share_percent' | 'window_s' | 'wait_s' | 'back_percent' | 'stable_s' | 'reopen_s',
    number
  >;
  online: number;
  events: { at: string; endpoint: string; type: string }[];
  until: string;
}

export function runSites({ settings: given, online, events, until }: SiteInput) {
  const settings = {
    ...{ minEndpoints: given.min_endpoints, sharePercent: given.share_percent, backPercent: given.back_percent },
    ...{ windowMs: given.window_s * 1000, waitMs: given.wait_s * 1000 },
    ...{ stableMs: given.stable_s * 1000, reopenMs: given.reopen_s * 1000 },
  };
  let state = quietSite;
  let message: { at: number; kind: string; of: number } | null = null;
  const messages: { at: string; kind: string; silent: number; of: number }[] = [];
  const incidents: { opened: string; resolved: string | null; members: number }[] = [];
  const current = () => incidents.at(-1) as (typeof incidents)[number];

  function take(happened: SiteEvent[]): void {
    for (const event of happened) {
      if (event.type === 'joined') continue;
      const { type, at, of, silent } = event;
      if (type === 'resolved') {
        current().resolved = iso(at);
        messages.push({ at: iso(at), kind: type, silent, of });
      } else {
        message = { at: at + settings.waitMs, kind: type, of };
        if (type === 'opened') incidents.push({ opened: iso(at), resolved: null, members: 0 });
        else current().resolved = null;
      }
    }
    const held = state.incident ?? state.last;
    if (held && incidents.length > 0) current().members = held.everMembers.length;
  }
  function advance(now: number): void {
    for (;;) {
      const dueAt = siteDue(state, settings) ?? Infinity;
      if (message && message.at <= now && message.at <= dueAt) {
        const { at, kind, of } = message;
        messages.push({ at: iso(at), kind, silent: silentMembers(state).length, of });
        message = null;
      } else if (dueAt <= now) {
        const step = onSiteDue(state, dueAt, settings);
        state = step.state;
        take(step.events);
      } else return;
    }
  }
  const time = events.map((event) => ({ ...event, at: ms(event.at) })).sort((a, b) => a.at - b.at);
  for (const { at, endpoint, type } of time) {
    advance(at);
    if (type === 'silent') {
      const step = onSilent(state, endpoint, at, online - Object.keys(state.silent).length, settings);
      state = step.state;
      take(step.events);
    } else state = onBack(state, endpoint, at, settings);
  }
  advance(ms(until));
  const absorbed = new Set(state.incident?.members ?? []);
  const alone = Object.keys(state.silent).filter((id) => !absorbed.has(id));
  return { incidents, messages, alone: alone.sort() };
}
