/**
 * The worked cases of the ticket automation on the real road: samples, windows and people go in, tickets of the state
 * come out. Each is run on a clock moved by hand, as the policy alone runs it in ../tickets/cases.test.ts.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MaintenanceScope } from '../../../collector/maintenance/window.ts';
import {
  type CaseStep,
  expectedOf,
  givenCases,
  type MaintenanceSpan,
  ownCases,
  planOf,
  type TicketCase,
} from '../../support/ticket-cases.ts';
import { full, minute, openScene, type Reading, roomy, type Scene } from './scene.ts';

const test = suite('ticket cases on the road');

/** What stands for the checks of a case, in the order in which it names them. */
const stand: { rule: string; bad: Reading; good: Reading }[] = [
  { rule: 'disk-space', bad: full, good: roomy },
  {
    rule: 'certificate',
    bad: ['cert', { days_left: 3 }, { name: 'www' }],
    good: ['cert', { days_left: 90 }, { name: 'www' }],
  },
];

async function run(one: TicketCase): Promise<Record<string, unknown>> {
  const plan = planOf(one);
  const checks = [...new Set(plan.steps.map(({ check }) => check))];
  if (checks.length > stand.length) throw new Error(`${one.id} has ${checks.length} checks: add to those of this file`);
  const placed = new Map(
    plan.steps.filter(({ endpoint }) => endpoint !== '').map((step) => [step.endpoint, step.site]),
  );
  const begins = Math.min(...plan.steps.map(({ at }) => at), ...plan.maintenance.map(({ from }) => from));
  let scene = await openScene({
    endpoints: Object.fromEntries([...placed.keys()].map((id) => [id, 'server'])),
    // At once, so that the times of the case are those of the alert.
    rules: stand.map(({ rule: id }) => ({ id, for_s: 0, clear_for_s: 0, ticket: 'open' })) as never,
    policy: plan.policy,
    startAt: begins - minute,
  });
  const until = (at: number) => scene.wait(at - scene.now(), minute);
  try {
    for (const [id, site] of placed) await scene.move(id, site);
    for (const span of plan.maintenance) await enter(scene, span, [...placed.keys()]);
    const firing = new Set<string>();
    const sayOf = (id: string) =>
      scene.say(id, ...checks.map((check, i) => stand[i]?.[firing.has(`${id}/${check}`) ? 'bad' : 'good'] as Reading));
    for (const step of plan.steps) {
      const rule = stand[checks.indexOf(step.check)]?.rule ?? '';
      const key = `${step.endpoint}/${step.check}`;
      // A state that goes on is no second fire: it was good for an instant before.
      await until(step.at - 1);
      if (step.type === 'fire' && firing.has(key) && (await ticketOf(scene, step, rule)) !== null) {
        firing.delete(key);
        await sayOf(step.endpoint);
      }
      await until(step.at);
      if (step.type === 'fire') firing.add(key);
      else if (step.type === 'recover') firing.delete(key);
      if (step.type === 'fire' || step.type === 'recover') await sayOf(step.endpoint);
      else if (step.type === 'retire') await scene.alerts.retired(step.endpoint);
      else if (step.type === 'restart') scene = await scene.restart();
      else await actOn(scene, step, rule);
    }
    await until(plan.until);
    return await found(scene);
  } finally {
    await scene.close();
  }
}

/** Before its beginning, as a person plans it. */
async function enter({ alerts }: Scene, { from, to, endpoint, site }: MaintenanceSpan, all: string[]): Promise<void> {
  const scopes: MaintenanceScope[] =
    endpoint === null && site !== null
      ? [{ of: 'site', target: site }]
      : (endpoint === null ? all : [endpoint]).map((target) => ({ of: 'endpoint', target }));
  for (const scope of scopes) await alerts.maintenance.create({ scope, reason: 'New disk', from, to }, 'ana');
}

/** The open ticket in which the alert of the step is, its own or the shared one of its site. */
async function ticketOf(scene: Scene, { endpoint }: CaseStep, rule: string): Promise<number | null> {
  const ofStep = (row: { endpoint: string; rule: string }) => row.endpoint === endpoint && row.rule === rule;
  const ticket = (await scene.alertRows()).findLast((row) => ofStep(row) && row.ticket !== null)?.ticket;
  return (await scene.ticketRows()).find((row) => row.open_key !== null && row.id === ticket)?.id ?? null;
}

async function actOn(scene: Scene, step: CaseStep, rule: string): Promise<void> {
  const ticket = await ticketOf(scene, step, rule);
  if (ticket === null) throw new Error(`no open ticket of ${step.endpoint} that a person could ${step.type}`);
  if (step.type === 'close') await scene.tickets.resolve(ticket, 'ada', 'mended', step.until);
  else await scene.tickets.comment(ticket, 'ada', { text: 'on it', isPublic: false, isFromRequester: false });
}

async function found(scene: Scene): Promise<Record<string, unknown>> {
  const rows = await scene.ticketRows();
  const history = await scene.state.selectFrom('ticket_events').selectAll().orderBy('at').orderBy('id').execute();
  const timesOf = (kind: string) => history.filter((event) => event.kind === kind).map(({ at }) => at);
  const states = history.filter(({ kind }) => kind === 'state');
  const resolved = states.filter(({ actor, to_state }) => actor === 'monitor' && to_state === 'resolved');
  const parents = rows.filter(({ kind }) => kind === 'incident' || kind === 'budget');
  const attached = (await scene.alertRows()).filter(({ ticket }) => parents.some(({ id }) => id === ticket));
  return {
    created: rows.length,
    open: rows.filter(({ open_key }) => open_key !== null).length,
    parents: parents.length,
    merged: states.filter(({ data }) => data?.includes('mergedInto')).length,
    reopened: timesOf('reopened').length,
    flapping: timesOf('flapping').length,
    auto_resolved: resolved.length,
    linked: rows.filter(({ follows }) => follows !== null).length,
    children_attached: attached.length,
    occurrences: rows.filter((row) => !parents.includes(row)).reduce((sum, { fires }) => sum + fires, 0),
    opened_at: timesOf('opened'),
    reopened_at: timesOf('reopened'),
    resolved_at: resolved.map(({ at }) => at),
    restored_at: timesOf('cleared'),
  };
}

for (const one of [...givenCases.filter(({ fn }) => fn === 'ticketAutomation'), ...ownCases])
  test(`${one.id} ${one.title}`, async () => {
    const result = await run(one);
    for (const [name, want] of expectedOf(one)) assert.equal(result[name], want, name);
  });

test.run();
