/**
 * What a collector answers to every GET of its interface, by its own description: two collectors that keep the same in different
 * places are to answer the same, and a route that is new is asked as well.
 */
import { cpSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import pino from 'pino';
import { createCollector } from '../../collector/collector.ts';
import { loadConfig } from '../../collector/settings/config.ts';
import { systemClock } from '../../shared/clock.ts';

/** By path and query: status and text. */
type Answers = Map<string, string>;
type Get = (path: string) => Promise<string>;

interface OpenApiCall {
  parameters?: { name: string; in: string; required?: boolean }[];
}

/** Not asked, and why. */
const apart: Record<string, string> = {
  '/api/v1/events': 'it does not end',
  '/metrics': 'of this process',
};

export interface AnswersParts {
  /** Copied first: a start changes it. */
  data: string;
  own: string;
  env?: Record<string, string>;
  /** File of settings. */
  config?: string;
  /** The moment of the questions, and how far back they go. */
  at: number;
  from: number;
}

export async function answersOf({ data, own, env = {}, config: file, at, from }: AnswersParts): Promise<Answers> {
  cpSync(data, own, { recursive: true });
  const flags = { data: own, httpPort: '0', mqttPort: '0', ...(file === undefined ? {} : { config: file }) };
  const { config } = loadConfig(flags, env, dirname(own));
  const parts = { clock: { ...systemClock, now: () => at }, log: pino({ level: 'silent' }), version: 'test' };
  const collector = createCollector(config, { ...parts, web: `${own}-no-web` });
  const { addresses } = await collector.start();
  try {
    const authorization = `Bearer ${readFileSync(`${own}/local.token`, 'utf8').trim()}`;
    return await everyAnswer({ from, to: at }, async (path) => {
      const signal = AbortSignal.timeout(20_000);
      const answer = await fetch(addresses.http + path, { headers: { authorization }, signal });
      const text = (await answer.text()).replaceAll(addresses.http, 'HERE').replaceAll(own, 'DATA');
      return `${answer.status} ${inOneOrder(path, text)}`;
    });
  } finally {
    await collector.stop();
  }
}

/** Newest values stand in the order in which they were learned. */
function inOneOrder(path: string, text: string): string {
  if (path === '/metrics/hosts') return text.split('\n').sort().join('\n');
  if (!/^\/api\/v1\/endpoints\/\w+$/.test(path) || !text.startsWith('{')) return text;
  const answer = JSON.parse(text) as { latest?: unknown[] };
  answer.latest?.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return JSON.stringify(answer);
}

async function everyAnswer(span: { from: number; to: number }, get: Get): Promise<Answers> {
  const answers: Answers = new Map();
  const described = JSON.parse((await get('/openapi.json')).slice(4)) as {
    paths: Record<string, Record<string, OpenApiCall>>;
  };
  for (const [path, { get: call }] of Object.entries(described.paths)) {
    if (!call || path in apart) continue;
    const queries = queriesOf(call.parameters ?? [], span);
    for (const filled of await filledIn(path, get))
      for (const query of queries) answers.set(filled + query, await get(filled + query));
  }
  return answers;
}

/** What is required has a value; charts are asked for in all their ways. */
function queriesOf(parameters: NonNullable<OpenApiCall['parameters']>, span: { from: number; to: number }): string[] {
  const month = new Date(span.to).toISOString().slice(0, 7);
  const values: Record<string, string> = {
    ...{ metric: 'cpu.usage_active', page: 'fleet', region: 'JP', period: month, month, q: 'osa' },
    ...{ from: String(span.from), to: String(span.to) },
  };
  const isChart = parameters.some(({ name }) => name === 'agg');
  const needed = parameters.filter(({ in: place, required }) => place === 'query' && required).map(({ name }) => name);
  const plain = Object.fromEntries(
    (isChart ? [...needed, 'from', 'to'] : needed).map((name) => [name, values[name] ?? 'x']),
  );
  const textOf = (given: Record<string, string>) =>
    Object.keys(given).length === 0 ? '' : `?${new URLSearchParams(given)}`;
  if (!isChart) return [textOf(plain)];
  return ['mean', 'min', 'max', 'last', 'count', 'rate'].flatMap((agg) =>
    [{}, { step: '5m' }, { step: '1h' }].flatMap((step) =>
      ['cpu.usage_active,mem.used_percent', 'disk.used_percent', 'net.bytes_recv'].map((metric) =>
        textOf({ ...plain, ...step, metric, agg }),
      ),
    ),
  );
}

/** With ids of the first rows of the list that stands before them. */
async function filledIn(path: string, get: Get): Promise<string[]> {
  const at = path.indexOf('{');
  if (at < 0) return [path];
  const list = await get(path.slice(0, at).replace(/\/$/, ''));
  const { items = [] } = list.startsWith('200 {') ? (JSON.parse(list.slice(4)) as { items?: { id?: unknown }[] }) : {};
  const known = items.slice(0, 2).map(({ id }) => String(id));
  return [...known, 'none'].map((id) => path.replace(/\{[^}]+\}/, id).replace(/\{[^}]+\}/g, 'none'));
}

/** @returns the questions that two have answered in different ways, with where they begin to differ */
export function differing(here: Answers, there: Answers): string[] {
  const asked = new Set([...here.keys(), ...there.keys()]);
  return [...asked].flatMap((path) => {
    const [one, other] = [here.get(path) ?? 'not asked', there.get(path) ?? 'not asked'];
    if (one === other) return [];
    const at = [...one].findIndex((character, i) => character !== other[i]);
    const near = (text: string) => text.slice(Math.max(0, at - 150), at + 150);
    return [`${path}\n${near(one)}\n${near(other)}`];
  });
}
