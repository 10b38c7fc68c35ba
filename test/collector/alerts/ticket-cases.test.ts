/** The worked cases of the ticket automation on the real road: samples go in, tickets of the state come out. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { full, openScene, roomy, second } from './scene.ts';

const test = suite('ticket cases on the road');
const file = fileURLToPath(new URL('../../../../shared/kpi-cases.json', import.meta.url));

interface Case {
  id: string;
  fn: string;
  title: string;
  input: {
    events: { at: string; type: string; endpoint: string; site?: string }[];
    maintenance?: unknown[];
    until: string;
    until_abs?: string;
  };
  expected: Record<string, unknown>;
}
/** The worst of one alert is told once: that it still fires is no second fire on the road. */
const notOnRoad: Record<string, readonly string[]> = { 'TK-02': ['occurrences'] };

const ms = (text: string) => Date.parse(text);

async function run({ input }: Case): Promise<Record<string, unknown>> {
  const events = input.events.map((event) => ({ ...event, time: ms(event.at) })).sort((a, b) => a.time - b.time);
  const ids = [...new Set(events.map(({ endpoint }) => endpoint))];
  const scene = await openScene({
    endpoints: Object.fromEntries(ids.map((id) => [id, 'server'])),
    site: events.find(({ site }) => site)?.site ?? null,
    // At once, so that the times of the case are those of the alert.
    rules: [{ id: 'disk-space', for_s: 0, clear_for_s: 0 }] as never,
    startAt: (events[0]?.time ?? 0) - 60 * second,
  });
  try {
    for (const { time, type, endpoint } of events) {
      await scene.wait(time - scene.now(), 10 * second);
      if (type === 'fire') await scene.say(endpoint, full);
      else if (type === 'recover') await scene.say(endpoint, roomy);
      else if (type === 'touch') {
        const comment = { text: 'on it', isPublic: false, isFromRequester: false };
        const own = (await scene.ticketRows()).find((row) => row.endpoint === endpoint);
        await scene.tickets.comment(own?.id ?? 0, 'ada', comment);
      } else throw new Error(`the case has an event that is not known here: ${type}`);
    }
    await scene.wait(ms(input.until_abs ?? input.until) - scene.now(), 10 * second);
    const rows = await scene.ticketRows();
    const history = await scene.state.selectFrom('ticket_events').selectAll().orderBy('id').execute();
    const of = (kind: string) => history.filter((event) => event.kind === kind);
    const states = of('state');
    const resolved = states.filter(({ actor, to_state }) => actor === 'monitor' && to_state === 'resolved');
    const attached = (await scene.alertRows()).filter(({ ticket }) =>
      rows.some(({ id, kind }) => id === ticket && kind === 'incident'),
    );
    return {
      created: rows.length,
      open: rows.filter(({ open_key }) => open_key !== null).length,
      parents: rows.filter(({ kind }) => kind === 'incident').length,
      merged: states.filter(({ data }) => data?.includes('mergedInto')).length,
      reopened: of('reopened').length,
      flapping: of('flapping').length,
      auto_resolved: resolved.length,
      linked: rows.filter(({ follows }) => follows !== null).length,
      children_attached: attached.length,
      opened_at: of('opened').map(({ at }) => at),
      resolved_at: resolved.map(({ at }) => at),
      restored_at: of('cleared').map(({ at }) => at),
    };
  } finally {
    await scene.close();
  }
}

const cases: Case[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : [];
if (cases.length === 0) console.log('FIGURE ticket cases: their file is not at hand');

for (const one of cases.filter(({ fn, input }) => fn === 'ticketAutomation' && !input.maintenance?.length))
  test(`${one.id} ${one.title}`, async () => {
    const found = await run(one);
    for (const [name, want] of Object.entries(one.expected)) {
      if (notOnRoad[one.id]?.includes(name)) continue;
      assert.equal(found[name], Array.isArray(want) ? want.map((text) => ms(String(text))) : want, name);
    }
  });

test('a blip, one fire and its recovery, without the file of the cases', async () => {
  const event = (minute: string, type: string) => ({
    at: `2025-06-16T10:${minute}:00Z`,
    type,
    endpoint: 'e1',
    site: 'BER',
  });
  const until = '2025-06-16T12:00:00Z';
  const of = (events: ReturnType<typeof event>[]) =>
    run({ id: '', fn: '', title: '', expected: {}, input: { events, until } });
  assert.is((await of([event('00', 'fire'), event('01', 'recover')])).created, 0);
  const found = await of([event('00', 'fire'), event('30', 'recover')]);
  const times = [found.opened_at, found.restored_at, found.resolved_at].map((all) =>
    (all as number[]).map((at) => new Date(at).toISOString().slice(11, 16)),
  );
  assert.equal(times, [['10:02'], ['10:30'], ['10:40']]);
});

test.run();
