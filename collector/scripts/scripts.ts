/**
 * Canned scripts: people press a button of what a machine itself offers; the order goes to its agent with its settings, and
 * what came of it comes back by the inventory. The collector names a script and one value of each of its lists; what that
 * is, and whether it runs, the machine decides (agent/scripts).
 */
import { randomBytes } from 'node:crypto';
import { scriptLevel } from '../../shared/agent-level.ts';
import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import type { AgentConfig } from '../../shared/report.ts';
import type { ScriptsView } from '../../shared/script.ts';
import { orderLifeMs } from '../../shared/script-bounds.ts';
import { mayDo } from '../accounts/roles.ts';
import { type Endpoint, living } from '../fleet/fleet.ts';
import {
  checkChoices,
  checkPlace,
  conflict,
  offered,
  requireRight,
  type ScriptCaller,
  type ScriptQuestion,
  stillMay,
} from './asking.ts';
import { createOpenOrders, type ScriptRoom } from './open-orders.ts';
import { addOrder, type OrderRow, readOffers, readOrder, readOrders } from './orders.ts';
import { viewOf } from './shown.ts';

export interface Scripts {
  isOn: boolean;
  /** What an endpoint is told at present. */
  settingsFor(endpoint: Endpoint): Pick<AgentConfig, 'scripts'>;
  /** @throws EvenkeelError NOT_FOUND */
  view(endpoint: string, caller: ScriptCaller): Promise<ScriptsView>;
  /** @returns the id of the order. @throws EvenkeelError FORBIDDEN, NOT_FOUND, CONFLICT, BAD_REQUEST */
  ask(endpoint: string, question: ScriptQuestion, caller: ScriptCaller): Promise<string>;
  /** @throws EvenkeelError FORBIDDEN, NOT_FOUND, CONFLICT: the one who asked, too late, or not what was asked any more */
  approve(endpoint: string, order: string, caller: ScriptCaller): Promise<void>;
  /** What runs already, runs on. @throws EvenkeelError FORBIDDEN, NOT_FOUND, CONFLICT */
  withdraw(endpoint: string, order: string, caller: ScriptCaller): Promise<void>;
  retired(endpoint: string): Promise<void>;
  /** From here on agents are told. */
  start(tell: (endpoint: string) => void): void;
  stop(): Promise<void>;
}

const lookEveryMs = 5000;
const shownAtMost = 20;
const inBetween = 'somebody else has changed it just now';

export async function createScripts(parts: ScriptRoom): Promise<Scripts> {
  const { state, fleet, settings, clock } = parts;
  const open = await createOpenOrders(parts);
  let timer: NodeJS.Timeout | undefined;

  async function ask(endpoint: Endpoint, question: ScriptQuestion, by: string): Promise<string> {
    const { offer, token } = await offered(state, endpoint, question);
    checkChoices(offer, question.choices);
    await checkPlace(state, endpoint.id, question);
    const before = open.of(endpoint.id);
    if (before) throw conflict(`an order of ${before.asked_by} for ${endpoint.name} is still open (${before.script})`);
    const at = clock.now();
    const isForTwo = settings.twoPersons || offer.two_persons;
    const row: OrderRow = {
      ...{ id: randomBytes(16).toString('hex'), endpoint: endpoint.id, open_key: endpoint.id, script: offer.name },
      ...{ title: JSON.stringify(offer.title), sha256: offer.sha256, choices: JSON.stringify(question.choices) },
      ...{ why: question.why, ticket: question.ticket ?? null, alert: question.alert ?? null },
      ...{ token: isForTwo ? null : token, limit_s: offer.limit_s, state: isForTwo ? 'asked' : 'sent' },
      ...{ asked_by: by, asked_at: at, approved_by: null, approved_at: null },
      expires_at: at + (isForTwo ? settings.approveMs : orderLifeMs),
      ...{ ended_at: null, code: null, signal: null, reason: null, output: null, cut: 0 },
    };
    await state.transaction().execute((db) => addOrder(db, row));
    open.settle(row);
    return row.id;
  }

  /** @throws EvenkeelError NOT_FOUND, CONFLICT */
  async function orderIn(endpoint: string, id: string, ...states: OrderRow['state'][]): Promise<OrderRow> {
    const row = await readOrder(state, endpoint, id);
    if (!row) throw fail('NOT_FOUND', { what: 'order', id });
    if (!states.includes(row.state)) throw conflict(`this order is ${row.state}`);
    return row;
  }

  async function approve(endpoint: Endpoint, id: string, by: string): Promise<void> {
    const row = await orderIn(endpoint.id, id, 'asked');
    if (row.asked_by === by) throw conflict('whoever asked cannot approve it; another person has to');
    if (clock.now() >= row.expires_at) throw conflict('nobody approved it in time; ask again');
    if (!(await stillMay(open.rights, row.asked_by, endpoint)))
      throw conflict(`${row.asked_by} may not run scripts any more`);
    const { token } = await offered(state, endpoint, row);
    const at = clock.now();
    const sent = { state: 'sent', token, approved_by: by, approved_at: at, expires_at: at + orderLifeMs } as const;
    if (!(await open.change(row, sent, by))) throw conflict(inBetween);
  }

  async function withdraw(endpoint: string, id: string, by: string): Promise<void> {
    const row = await orderIn(endpoint, id, 'asked', 'sent');
    if (!(await open.takeBack(row, reason('order_by_person', { name: by }), by))) throw conflict(inBetween);
  }

  return {
    isOn: settings.enabled,
    settingsFor({ id, level }) {
      const row = open.of(id);
      if (!settings.enabled || !row?.token || (level ?? 0) < scriptLevel) return {};
      const { script: name, sha256, token, expires_at: expires } = row;
      const persons = [row.asked_by, ...(row.approved_by === null ? [] : [row.approved_by])];
      const choices = JSON.parse(row.choices) as Record<string, string>;
      return { scripts: [{ id: row.id, token, name, sha256, choices, persons, expires }] };
    },
    async view(endpoint, { name, role, isPerson }) {
      if (!fleet.get(endpoint)) throw fail('NOT_FOUND', { what: 'endpoint', id: endpoint });
      const [offers, orders] = await Promise.all([
        readOffers(state, endpoint),
        readOrders(state, endpoint, shownAtMost),
      ]);
      const mayRun = settings.enabled && isPerson && mayDo(role, settings.role);
      const { enabled: isEnabled, twoPersons: isForTwo } = settings;
      return viewOf({ offers, orders, isEnabled, isForTwo, mayRun, name });
    },
    async ask(id, question, caller) {
      requireRight(settings, caller);
      let order = '';
      await open.inTurn(id, async () => {
        order = await ask(living(fleet, id), question, caller.name);
      });
      return order;
    },
    async approve(id, order, caller) {
      requireRight(settings, caller);
      await open.inTurn(id, () => approve(living(fleet, id), order, caller.name));
    },
    async withdraw(id, order, caller) {
      requireRight(settings, caller);
      await open.inTurn(id, () => withdraw(id, order, caller.name));
    },
    retired: (id) =>
      open.inTurn(id, async () => {
        const row = open.of(id);
        if (row) await open.takeBack(row, reason('order_retired'));
      }),
    start(send) {
      open.start(send);
      timer = setInterval(() => void (open.isNone() || open.lookAll()), lookEveryMs);
      timer.unref();
      void open.lookAll();
    },
    async stop() {
      clearInterval(timer);
      await open.stop();
    },
  };
}
