/** The worked cases of grouping and reminders, where their file is at hand, and the rules that they leave out. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LiveAlert } from '../../../collector/alerts/alert.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import type { GroupSeverity } from '../../../collector/notify/group.ts';
import type { AlertNews } from '../../../collector/notify/group-memory.ts';
import { type GroupDefaults, groupDefaults } from '../../../collector/notify/group-settings.ts';
import { createGroups } from '../../../collector/notify/groups.ts';
import { channelsOnly } from '../../../collector/notify/receivers.ts';
import { recorder } from '../alerts/scene.ts';

const file = fileURLToPath(new URL('../../../../shared/alert-cases.json', import.meta.url));
const ms = (iso: string) => Date.parse(iso);
const minute = 60_000;
const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

interface GroupingEvent {
  at: string;
  type: string;
  severity?: GroupSeverity;
}
interface GroupingInput {
  settings: { by: string[]; wait_s: number; interval_s: number; repeat_s: number };
  alerts: { id: string; labels: Record<string, string>; events: GroupingEvent[] }[];
  until: string;
}

type Settings = Partial<GroupDefaults>;

/** Everybody hears of everything. */
function open(labels: ReadonlyMap<string, Record<string, string>>, settings: Settings) {
  const receivers = channelsOnly([{ ...recorder([]), name: 'people', severities: ['info', 'warning', 'critical'] }]);
  const labelsOf = ({ key }: LiveAlert) => ({ ...labels.get(key) });
  return createGroups({
    receivers,
    labelsOf: (alert) => ({ ...labelsOf(alert), severity: alert.rule.severity }),
    settings: { ...groupDefaults, ...settings },
  });
}

function newsOf(key: string, severity: GroupSeverity, more: Partial<AlertNews> = {}): AlertNews {
  const about = { key, rule: { severity } } as LiveAlert;
  return { about, severity, fires: true, isUnknown: false, flaps: false, owner: null, why: null, ...more };
}

const repeats = (every: number) => ({ info: every || null, warning: every || null, critical: every || null });

function grouping({ settings, alerts, until }: GroupingInput) {
  const groups = open(new Map(alerts.map(({ id, labels }) => [id, labels])), {
    ...{ by: settings.by, wait: 1000 * settings.wait_s, interval: 1000 * settings.interval_s },
    repeat: repeats(1000 * settings.repeat_s),
  });
  const notifications: object[] = [];
  const take = (at: number) => {
    for (const { at: sentAt, event, severity, firing, resolved, values } of groups.take(at)) {
      const group = Object.entries(values).map(([label, value]) => `${label}=${value}`);
      const names = (all: { key: string }[]) => all.map(({ key }) => key).sort();
      notifications.push({
        ...{ at: iso(sentAt), group: group.join(','), kind: event, severity },
        ...{ firing: names(firing), resolved: names(resolved) },
      });
    }
  };
  const now = new Map<string, GroupSeverity>();
  const events = alerts.flatMap(({ id, events: list }) => list.map((event) => ({ ...event, id, at: ms(event.at) })));
  for (const { id, type, severity, at } of events.sort((a, b) => a.at - b.at)) {
    take(at);
    if (severity) now.set(id, severity);
    const news = newsOf(id, now.get(id) ?? 'warning');
    if (type === 'fire' || type === 'level') groups.set(id, news, at, { isChange: true });
    else if (type === 'resolve') groups.set(id, { ...news, fires: false }, at);
    else if (type === 'mute') groups.suppress(id, 'silence', at);
    else if (type === 'unmute') groups.release(id, 'silence', at, 'wait');
    else throw new Error(`an event that is not known here: ${type}`);
  }
  take(ms(until));
  return { notifications };
}

interface RemindersInput {
  severity: GroupSeverity;
  every_s: number;
  notified_at: string;
  events: { at: string; type: string; until?: string; on?: boolean }[];
  until: string;
}

function reminders({ severity, every_s, notified_at, events, until }: RemindersInput) {
  const zero = ms(notified_at);
  const groups = open(new Map(), { by: [], repeat: repeats(1000 * every_s) });
  const found: string[] = [];
  const take = (at: number) => {
    for (const message of groups.take(at)) if (message.at > zero) found.push(iso(message.at));
  };
  groups.set('a', newsOf('a', severity), zero - groupDefaults.wait, { isChange: true });
  const inputs = events.flatMap((event) => {
    const at = ms(event.at);
    if (event.type === 'acknowledge')
      return [
        { ...event, at },
        { type: 'expire', at: ms(event.until ?? until) },
      ];
    return event.type === 'maintenance' && !event.on ? [{ ...event, at: at + 300_000 }] : [{ ...event, at }];
  });
  for (const { at, type, on } of inputs.sort((a, b) => a.at - b.at) as { at: number; type: string; on?: boolean }[]) {
    take(at);
    if (type === 'message') groups.noteMessage('a', at);
    else if (type === 'acknowledge') groups.set('a', newsOf('a', severity, { owner: 'ann' }), at);
    else if (type === 'expire' || type === 'withdraw')
      groups.acknowledgementEnded('a', newsOf('a', severity), at, true);
    else if (type === 'resolve') groups.set('a', newsOf('a', severity, { fires: false }), at);
    else if (on) groups.suppress('a', type, at);
    else groups.release('a', type, at, type === 'maintenance' ? 0 : 'wait');
  }
  take(ms(until));
  return { reminders: found };
}

const functions: Record<string, (input: never) => unknown> = { grouping, reminders };

if (existsSync(file)) {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
    cases: { id: string; fn: string; title: string; input: never; expected: unknown }[];
  };
  for (const { id, fn, title, input, expected } of cases) {
    const run = functions[fn];
    if (run) test(`${id}: ${title}`, () => assert.equal(run(input), expected));
  }
}

test('what is unusual of a site is one message, whichever rules say so; other rules keep to themselves', () => {
  const labels = { a: 'unusual-cpu', b: 'unusual-load', c: 'disk-space', d: 'unusual-cpu' };
  const groups = open(
    new Map(Object.entries(labels).map(([key, rule]) => [key, { rule, site: key === 'd' ? 'Osaka' : 'Berlin' }])),
    {},
  );
  for (const [key, id] of Object.entries(labels)) {
    const rule = defaultRules.find((one) => one.id === id);
    if (!rule) throw new Error(`no rule ${id}`);
    const news = newsOf(key, 'info', { about: { key, rule } as LiveAlert });
    groups.set(key, news, 0, { isChange: true });
  }
  const told = groups.take(minute).map(({ firing }) => firing.map(({ key }) => key).join(' '));
  assert.equal(told.sort(), ['a b', 'c', 'd']);
});

test.run();
