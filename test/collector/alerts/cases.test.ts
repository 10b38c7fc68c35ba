/** The worked cases of alerting, where their file is at hand: each a pure function from input to expected. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AcknowledgedSeverity,
  type Acknowledgement,
  acknowledged,
  endedBy,
  endsAt,
  handedOver,
} from '../../../collector/alerts/acknowledgement.ts';
import {
  type AlertStep,
  dueOf,
  type LiveAlert,
  onDue,
  onEnd,
  onGone,
  onSample,
} from '../../../collector/alerts/alert.ts';
import { flapPercent, noFlaps, stableAt, startsFlapping, withChange } from '../../../collector/alerts/flapping.ts';
import type { LevelVerdict, Status } from '../../../collector/evaluate/evaluate.ts';
import type { Rule } from '../../../collector/evaluate/rule.ts';

const file = fileURLToPath(new URL('../../../../shared/alert-cases.json', import.meta.url));
const ms = (iso: string) => Date.parse(iso);
const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

interface LevelInput {
  level: AcknowledgedSeverity;
  limit: number;
  for_s: number;
  clear_for_s: number;
  clear?: number;
}
interface TimelineInput {
  rule: { op: '>=' | '<='; levels: LevelInput[]; stale_after_s: number; no_data: Rule['no_data']; gone_s?: number };
  samples: [string, number][];
  events?: { at: string; type: string }[];
  until?: string;
  order?: string;
}

function alertTimeline({ rule, samples, events = [], until, order }: TimelineInput) {
  const base = { enabled: true, applies: 'all', ticket: 'open', urgency: 3, when: {}, ...rule } as unknown as Rule;
  const rules = rule.levels.map((one) => ({ ...base, ...one, id: one.level, severity: one.level, levels: undefined }));
  const beyond = (value: number, limit: number) => (rule.op === '>=' ? value >= limit : value <= limit);
  const statusOf = (value: number, { limit, clear = limit }: LevelInput): Status =>
    beyond(value, limit) ? 'breach' : beyond(value, clear) ? 'hold' : 'clear';
  let alert: LiveAlert | null = null;
  let blind = false;
  const transitions: object[] = [];
  const birth = () => ({ id: 'a', key: 'k', family: 'f', endpoint: 'e', metric: 'm', tags: {} });
  const take = (step: AlertStep) => {
    alert = step.alert;
    const { transition } = step;
    if (!transition) return;
    const { at, to, rule: level, reason } = transition;
    const named = to === 'inactive' ? {} : { level: level.severity };
    transitions.push({ at: iso(at), to, ...named, ...(reason ? { reason } : {}) });
  };
  const runTo = (at: number) => {
    for (;;) {
      const due = alert && !blind ? dueOf(alert, false) : null;
      if (due === null || due > at) return;
      take(onDue(alert as unknown as LiveAlert, due, false));
    }
  };
  const inputs = [
    ...samples.map(([at, value]) => ({ at: ms(at), value })),
    ...events.map(({ at, type }) => ({ at: ms(at), type })),
  ];
  if (order !== 'as received') inputs.sort((a, b) => a.at - b.at);
  for (const input of inputs) {
    runTo(input.at);
    if ('value' in input) {
      const levels = rules
        .map((each, i): LevelVerdict => {
          const said = rule.levels[i] as LevelInput;
          return { rule: each, status: statusOf(input.value, said), value: input.value, threshold: said.limit };
        })
        .reverse();
      take(onSample(alert, levels, input.at, birth));
    } else if (input.type === 'collectorDown') blind = true;
    else if (input.type === 'collectorUp') {
      blind = false;
      // As it is read back at a start: nothing was watched until now, and its last sample is as old as it is.
      if (alert) alert = { ...(alert as LiveAlert), statuses: '', watchedFrom: input.at };
    } else if (alert && input.type === 'endpointGone') take(onGone(alert, input.at));
    else if (alert && input.type === 'endpointRetired') take(onEnd(alert, input.at, 'retired'));
  }
  if (until) runTo(ms(until));
  return { transitions };
}

interface FlapInput {
  slot_s: number;
  slots: number;
  high: number;
  low: number;
  changes: string[];
  until: string;
}

function flapping({ slot_s, slots, high, low, changes, until }: FlapInput) {
  const settings = { slotMs: slot_s * 1000, slots, high, low };
  const found: object[] = [];
  let bits = noFlaps;
  let end: number | null = null;
  const say = (at: number, isOn: boolean) =>
    found.push({ at: iso(at), flapping: isOn, percent: flapPercent(bits, at, settings) });
  const runTo = (at: number) => {
    if (end === null || end > at) return;
    say(end, false);
    end = null;
  };
  for (const at of changes.map(ms)) {
    runTo(at);
    bits = withChange(bits, at, settings);
    if (end === null && startsFlapping(bits, at, settings)) say(at, true);
    else if (end === null) continue;
    end = stableAt(bits, settings);
  }
  runTo(ms(until));
  return { changes: found };
}

interface AcknowledgeInput {
  severity: AcknowledgedSeverity;
  events: { at: string; type: string; by?: string; to?: string; until?: string; sticky?: boolean }[];
  until: string;
}

function acknowledge({ severity, events, until }: AcknowledgeInput) {
  const states: object[] = [];
  let current: Acknowledgement | null = null;
  let level = severity;
  const end = (at: number, why: string) => {
    current = null;
    states.push({ at: iso(at), acknowledged: false, by: null, why });
  };
  const runTo = (at: number) => {
    if (current && endsAt(current) <= at) end(endsAt(current), endedBy(current, endsAt(current)) ?? '?');
  };
  for (const event of events) {
    const at = ms(event.at);
    runTo(at);
    const { by = '', to = '', sticky = false } = event;
    const open = current as Acknowledgement | null;
    if (event.type === 'acknowledge') {
      current = acknowledged({ by, sticky, until: event.until ? ms(event.until) : null }, level, at);
      states.push({ at: iso(at), acknowledged: true, by, why: 'person' });
    } else if (event.type === 'handOver' && open) current = handedOver(open, to, at);
    else if (event.type === 'worsen') {
      level = 'critical';
      if (open && !open.sticky) end(at, 'worse');
    } else if (event.type === 'resolve' && open) end(at, 'resolved');
    else if (event.type === 'withdraw' && open) end(at, 'withdrawn');
  }
  runTo(ms(until));
  return { states };
}

const functions: Record<string, (input: never) => unknown> = { alertTimeline, flapping, acknowledge };

if (!existsSync(file)) test('the worked cases are not at hand', () => console.log('the cases lie beside the project'));
else {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
    cases: { id: string; fn: string; title: string; input: never; expected: unknown }[];
  };
  for (const { id, fn, title, input, expected } of cases) {
    const run = functions[fn];
    if (run) test(`${id}: ${title}`, () => assert.equal(run(input), expected));
  }
}

test.run();
