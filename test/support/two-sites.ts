/** A fleet of two sites, with something of each kind at both: what is of the other one has its word in every text. */
import * as assert from 'uvu/assert';
import { createTokens } from '../../collector/accounts/tokens.ts';
import type { Role } from '../../shared/api.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import { type Answer, type CallOptions, type InProcess, openCollector } from './collector.ts';
import { putEndpoint, putSignals } from './fleet-history.ts';

/** In each text of the other site. */
export const hiddenWord = 'zebra';
const words = { own: 'osaka', other: hiddenWord } as const;
export type Side = keyof typeof words;
/** An answer that says what was made. */
interface Made {
  id: string;
  row: { id: number };
  enrollment: { id: string };
}
export type Ids = Record<string, string>;

export interface TwoSites {
  collector: InProcess;
  ids: Record<Side, Ids>;
  /** As somebody who is limited to the own site; `wide`: and to a third one, with nothing in it. */
  asLimited(role: Exclude<Role, 'admin'>, path: string, options?: CallOptions, wide?: boolean): Promise<Answer>;
  /** The token of such a viewer. */
  secret: string;
  close(): Promise<void>;
}

const hour = 3_600_000;
const plainJob: BackupJob = {
  ...{ product: 'restic', job: '', protects: [], repository: null, schedule: 'daily', evidence: 'dropfile' },
  ...{ nextRun: null, lastRun: null, lastSuccess: null, result: 'ok', reason: null, readable: true },
  ...{ bytes: null, duration: null, files: null, lastVerified: null, verifiedOk: null },
};

export async function openTwoSites(): Promise<TwoSites> {
  const channels =
    'outgoing: { allow: [127.0.0.1] }\nchannels:\n  - { name: ops, kind: webhook, url: "http://127.0.0.1:9/" }\n';
  let collector = await openCollector({ settings: channels });
  const ids: Record<Side, Ids> = { own: {}, other: {} };
  const sides = Object.keys(words) as Side[];
  const admin = async (method: string, path: string, body?: unknown) => {
    const answer = await collector.call(path, { method, as: 'admin', ...(body === undefined ? {} : { body }) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body as Made;
  };
  for (const side of sides) {
    const word = words[side];
    ids[side].site = (await admin('POST', '/api/v1/sites', { name: word, note: `${word} note`, people: 12 })).id;
    await putRows(collector, ids[side], word, side === 'own' ? 1 : 3);
  }
  // Fleet and alerts are read at the start.
  await collector.stop();
  collector = await collector.again();
  for (const side of sides) await putThings(admin, ids[side], words[side]);
  const [own, other] = [`site="${words.own}"`, `site="${words.other}"`];
  await admin('PUT', '/api/v1/routes', {
    content: {
      receivers: ['channel:ops'],
      children: [
        { name: words.own, match: [own], continue: true },
        { name: words.other, match: [other] },
        { name: 'both', match: [`site=~"${words.own}|${words.other}"`], continue: true },
        { name: 'critical', match: ['severity="critical"'] },
      ],
    },
    reason: words.other,
  });
  const made = await admin('POST', '/api/v1/calendars', { name: 'Office', ...calendar, reason: 'new' });
  for (const side of sides) ids[side].calendar = made.id;
  const third = (await admin('POST', '/api/v1/sites', { name: 'nara' })).id;
  const secrets = new Map<string, string>();
  const tokens = createTokens(collector.state, Date.now);
  for (const role of ['viewer', 'operator', 'manager'] as const) {
    const of = { name: `limited ${role}`, role, by: 'test', sites: [ids.own.site as string] };
    secrets.set(role, (await tokens.create(of)).secret);
    const wide = { ...of, name: `wide ${role}`, sites: [...of.sites, third] };
    secrets.set(`wide ${role}`, (await tokens.create(wide)).secret);
  }
  return {
    collector,
    ids,
    secret: secrets.get('viewer') as string,
    asLimited: (role, path, { headers, ...options } = {}, wide = false) =>
      collector.call(path, {
        ...options,
        headers: { ...headers, authorization: `Bearer ${secrets.get(wide ? `wide ${role}` : role)}` },
      }),
    close: () => collector.close(),
  };
}

/** What no request makes. */
async function putRows({ state }: InProcess, ids: Ids, word: string, first: number): Promise<void> {
  const now = Date.now();
  ids.endpoint = await putEndpoint(state, first, { site: word, enrolledAt: now - 40 * 24 * hour });
  ids.second = await putEndpoint(state, first + 1, {
    site: word,
    kind: 'workstation',
    enrolledAt: now - 40 * 24 * hour,
  });
  const named = (id: string, n: number) =>
    state
      .updateTable('endpoints')
      .set({ name: `${word}-${n}`, tags: JSON.stringify([`${word}-tag`]) })
      .where('id', '=', id)
      .execute();
  await named(ids.endpoint, 1);
  await named(ids.second, 2);
  await putSignals(state, [
    { endpoint: ids.endpoint, at: now - 30 * hour, kind: 'online', bootId: 'a' },
    { endpoint: ids.endpoint, at: now - 20 * hour, kind: 'lost', lastSeen: now - 20 * hour },
    { endpoint: ids.endpoint, at: now - 19 * hour, kind: 'online', bootId: 'b' },
    { endpoint: ids.second, at: now - 30 * hour, kind: 'online', bootId: 'a' },
  ]);
  const endpoint = ids.endpoint;
  const inventory = {
    os: { name: `${word} linux`, version: '1', kernel: '6' },
    backups: [{ ...plainJob, job: `${word} nightly` }],
    patches: [
      {
        ...{ manager: `${word}-apt`, pending: 3, security: 1 },
        list: [{ name: `${word}-package`, installed: '1', candidate: '2', security: true, since: now }],
      },
    ],
  };
  for (const [section, data] of Object.entries(inventory))
    await state
      .insertInto('inventory')
      .values({ endpoint, section, at: now, received_at: now, data: JSON.stringify(data) })
      .execute();
  ids.alert = `alert${word}`;
  const key = `${endpoint}/disk-space/${word}`;
  await state
    .insertInto('alerts')
    .values({
      ...{ id: ids.alert, key, active_key: key, rule: 'disk-space', endpoint, metric: 'disk.used_percent' },
      ...{ tags: JSON.stringify({ path: `/${word}` }), state: 'firing', severity: 'warning', value: 93, threshold: 90 },
      ...{ pending_at: now - hour, fired_at: now - hour, resolved_at: null, resolved_why: null, ticket: null },
      ...{ acknowledged_at: null, acknowledged_by: null, acknowledged_note: null, acknowledged_until: null },
      ...{ acknowledged_sticky: 0, handed_to: null, handed_until: null, first_acknowledged_at: null },
      ...{ flapping: 0, calm: 0, updated_at: now - hour },
    })
    .execute();
  const event = { alert: ids.alert, at: now, code: 'fired', rule: 'disk-space', severity: 'warning' as const };
  await state
    .insertInto('alert_events')
    .values({ ...event, value: 93, actor: 'monitor', params: JSON.stringify({ note: word }) })
    .execute();
  await state
    .insertInto('quarantine')
    .values({
      endpoint,
      topic: `e/${word}`,
      received_at: now,
      code: 'BAD',
      message: word,
      size: 1,
      sample: '',
      parts: null,
    })
    .execute();
  await state
    .insertInto('losses')
    .values({ endpoint, epoch: word, from_seq: 1, to_seq: 2, reason: word, count: 1, received_at: now })
    .execute();
  await state
    .insertInto('disk_forecasts')
    .values({
      endpoint,
      path: `/${word}`,
      at: now,
      state: 'rising',
      used: 90,
      history: 30,
      per_day: 1,
      low: 1,
      high: 2,
      days: 5,
    })
    .execute();
  const title = await state
    .insertInto('software_titles')
    .values({ name: `${word} draw`, name_key: `${word} draw`, publisher: word, product: null } as never)
    .returning('id')
    .executeTakeFirstOrThrow();
  ids.title = String(title.id);
  ids.rule = 'cpu';
  await state
    .insertInto('software_spread')
    .values({ title: Number(title.id), endpoints: 1 })
    .execute();
  await state
    .insertInto('software_versions')
    .values({ title: Number(title.id), version: '1', endpoints: 1 })
    .execute();
  await state.insertInto('software_read').values({ endpoint, received_at: now }).execute();
  await state
    .insertInto('installs')
    .values({ endpoint, title: Number(title.id), version: '1', last_used: null })
    .execute();
}

/** Of no site, and seen by all. */
const calendar = { zone: 'UTC', weekly: { mon: [['09:00', '17:00']] }, region: null, holidays: [], overrides: {} };

async function putThings(
  admin: (method: string, path: string, body?: unknown) => Promise<Made>,
  ids: Ids,
  word: string,
): Promise<void> {
  const now = Date.now();
  const { endpoint, site } = ids;
  const at = { of: 'site', target: word };
  ids.group = (await admin('POST', '/api/v1/groups', { name: `${word} group`, note: word })).id;
  await admin('PUT', `/api/v1/groups/${ids.group}/members`, { add: [endpoint] });
  const ticket = await admin('POST', '/api/v1/tickets', { title: `${word} ticket`, text: `${word} text`, endpoint });
  ids.ticket = String(ticket.row.id);
  const texts = [{ language: 'en', title: 'For everybody', body: 'Read it.' }];
  const common = { keywords: '', reviewer: null, validUntil: null, state: 'published' };
  ids.article = (await admin('POST', '/api/v1/articles', { ...common, texts })).id;
  await admin('POST', `/api/v1/tickets/${ids.ticket}/comment`, { text: `${word} comment` });
  ids.file = String((await admin('POST', `/api/v1/tickets/${ids.ticket}/attachments`, { log: word })).id);
  const affected = [{ site, people: 3 }];
  const segments = [{ start: now - 20 * hour, end: now - 19 * hour, factor: 1, affected }];
  await admin('PUT', `/api/v1/tickets/${ids.ticket}/impact`, { segments, reason: word });
  await admin('POST', `/api/v1/endpoints/${endpoint}/backups/${word}/verified`, { ok: true, note: word });
  ids.maintenance = (
    await admin('POST', '/api/v1/maintenance', {
      scope: at,
      reason: `${word} work`,
      from: now + hour,
      to: now + 2 * hour,
    })
  ).id;
  const change = await admin('POST', '/api/v1/changes', {
    title: `${word} change`,
    scopes: [at],
    from: now + 3 * hour,
    to: now + 4 * hour,
  });
  ids.change = String(change.row.id);
  ids.silence = (
    await admin('POST', '/api/v1/silences', { matchers: [`site="${word}"`], reason: `${word} silence` })
  ).id;
  const target = { name: `${word} website`, kind: 'http', settings: { url: `http://127.0.0.1:9/${word}` }, site: word };
  ids.target = (await admin('POST', '/api/v1/targets', target)).id;
  ids.service = (await admin('POST', '/api/v1/services', { name: `${word} shop`, parts: [ids.target] })).id;
  ids.code = (await admin('POST', '/api/v1/enrollments', { label: `${word} code`, site: word })).enrollment.id;
  ids.report = (await admin('POST', '/api/v1/reports', { period: new Date(now).toISOString().slice(0, 7), site })).id;
  const schedule = { rhythm: 'month', hour: 7, zone: 'UTC', language: 'en', enabled: true, recipients: [] };
  ids.schedule = (await admin('POST', '/api/v1/report-schedules', { ...schedule, site })).id;
  const components = [{ id: 'a', name: `${word} office`, of: 'site', target: site }];
  const page = {
    slug: `${word}-page`,
    title: word,
    intro: word,
    access: 'login',
    enabled: true,
    zone: 'UTC',
    components,
  };
  ids.page = (await admin('POST', '/api/v1/status-pages', page)).id;
  await admin('PUT', '/api/v1/availability/targets', { scope: 'site', target: site, percent: 99.5, reason: word });
  await admin('PUT', '/api/v1/rules/cpu', { scope: at, parts: { for_s: 600 }, reason: `${word} rule` });
  await admin('PUT', '/api/v1/agent-settings/layers', { scope: at, settings: { interval_s: 30 }, reason: word });
}
