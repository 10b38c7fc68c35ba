/**
 * Services: what users use, made of endpoints and targets. How one is follows from its parts: all of them, any, or some
 * number must work.
 */
import { fail } from '../../shared/errors.ts';
import type { Finding } from '../../shared/finding.ts';
import type { ServiceDetail, ServiceRow } from '../../shared/target-api.ts';
import { makeId } from '../accounts/secret.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { TargetJudge, TargetParts, Targets } from './contract.ts';
import { monthOf, partsDownIn, recordOf } from './record.ts';
import { createServiceSight, isOutBy } from './service-sight.ts';
import { lastWatchedState, putServiceName, type ServiceDefinition, saveWatchedState, seenAt } from './store.ts';
import { serviceReportS, subjectOfService } from './subject.ts';
import type { TargetState } from './verdict.ts';

export interface Services {
  list(): Promise<ServiceRow[]>;
  /** @throws EvenkeelError NOT_FOUND */
  row(id: string): Promise<ServiceRow>;
  /** Whether planned work on these parts takes it out, too. */
  isOut(id: string, covers: readonly string[]): boolean;
  /** With what was; what follows from it and planned work are known elsewhere. @throws EvenkeelError NOT_FOUND */
  detail(id: string): Promise<Omit<ServiceDetail, 'dependents' | 'dependentSites' | 'maintenance'>>;
  /** @throws EvenkeelError BAD_ENTRY, CONFLICT */
  create(service: ServiceDefinition, by: string): Promise<string>;
  /** @throws EvenkeelError NOT_FOUND, BAD_ENTRY, CONFLICT */
  edit(id: string, change: Partial<ServiceDefinition>, by: string): Promise<void>;
  /** @throws EvenkeelError NOT_FOUND */
  remove(id: string): Promise<void>;
  /** With those of their parts that count. */
  definitions(): Iterable<ServiceDefinition & { id: string }>;
  /** Those that it is a part of. */
  namedBy(part: string): { id: string; name: string }[];
  /** Takes it out of them; of one that is made of nothing else it stays a part that does not count. */
  takeOut(part: string, by: string): Promise<void>;
  /** What is seen now of a service, or of a target with the services that are down by it; undefined: it is neither. */
  finding(id: string): Finding | undefined;
  /** What was seen when it was last found down, until then. */
  seenAt(id: string, at: number): Promise<Finding | null>;
  /** As alerts see it. */
  subject(id: string): Endpoint | undefined;
  subjects(): Iterable<Endpoint>;
  start(alerts: TargetJudge): void;
  stop(): Promise<void>;
}

interface KeptService extends ServiceDefinition {
  id: string;
  state: TargetState | null;
  since: number;
  createdAt: number;
  /** When rules were told last, monotonic. */
  toldAt: number;
  /** None of its parts counts any more, and its alerts were ended. */
  isEmpty: boolean;
}

const tickMs = 5000;

type ServiceParts = Pick<TargetParts, 'state' | 'fleet' | 'clock' | 'log' | 'changeFeed' | 'zone' | 'onDefined'> & {
  targets: Pick<Targets, 'stateOf' | 'finding'>;
};

type Later = (what: string, work: () => Promise<unknown> | undefined) => void;

/** The rules hear of a change at once, and of what goes on now and then. Of what nobody can tell, its alerts wait. */
function tellRules(
  judging: TargetJudge,
  one: KeptService,
  now: TargetState,
  { clock, later }: Pick<TargetParts, 'clock'> & { later: Later },
): void {
  const changed = now !== one.state;
  const at = clock.now();
  const subject = subjectOfService({ ...one, state: now, since: changed ? at : one.since });
  if (changed) later('judge the state', () => judging.onPresence(subject));
  if (now === 'unknown' || (!changed && clock.monotonic() - one.toldAt < serviceReportS * 1000)) return;
  one.toldAt = clock.monotonic();
  const metrics = [{ name: 'target', tags: {}, fields: { service_down: now === 'down' ? 1 : 0 }, timestamp: at }];
  later('judge the result', () => judging.onReport(subject, { v: 1, epoch: 'collector', seq: 1, at, metrics }, true));
}

async function readServices(state: TargetParts['state']): Promise<Map<string, KeptService>> {
  const services = new Map<string, KeptService>();
  for (const row of await state.selectFrom('services').selectAll().execute()) {
    const { id, name, note, need, created_at: createdAt } = row;
    const last = await lastWatchedState(state, id);
    const was = last && last.state !== 'over' ? last : undefined;
    const known = { state: was ? (was.state as TargetState) : null, since: was?.at ?? createdAt };
    const own = { id, name, note, need, parts: JSON.parse(row.parts) as string[], createdAt };
    services.set(id, { ...own, ...known, toldAt: Number.NEGATIVE_INFINITY, isEmpty: false });
    // One of before services had alerts.
    await putServiceName(state, id, name, createdAt);
  }
  return services;
}

export async function createServices(parts: ServiceParts): Promise<Services> {
  const { state, fleet, targets, clock, log, changeFeed, onDefined } = parts;
  const services = await readServices(state);
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<unknown> = Promise.resolve();
  let judging: TargetJudge | undefined;

  const later: Later = (what, work) => {
    saving = saving
      .then(work)
      .catch((thrown: unknown) => log.error({ err: thrown }, `Could not ${what} of a service yet`));
  };

  const look = createServiceSight({ fleet, targets, all: () => services.values() });
  const { partOf, stateNow, withNames, found: serviceFinding, finding } = look;

  /** Parts have changed: what follows is saved and published. */
  function tick(): void {
    for (const one of services.values()) {
      const now = stateNow(one);
      if (judging) tellRules(judging, one, now, { clock, later });
      const isEmpty = look.counted(one).parts.length === 0;
      // Nothing is left that could end them.
      if (isEmpty && !one.isEmpty) later('end the alerts', () => judging?.retired(one.id));
      one.isEmpty = isEmpty && judging !== undefined;
      if (now === one.state) continue;
      one.state = now;
      one.since = clock.now();
      const change = { at: one.since, state: now };
      const seen = serviceFinding(one);
      // Names are not kept: a part that is erased later has none here either.
      for (const part of [...seen.down, ...(seen.unclear ?? [])]) part.name = '';
      later('save the state', () => saveWatchedState(state, one.id, change, seen));
      changeFeed.publish({ kind: 'target', target: one.id });
    }
  }

  async function rowOf(one: KeptService): Promise<ServiceRow> {
    const { id, name, note, need, since } = one;
    const members = one.parts.map(partOf);
    return { id, name, note, need, state: stateNow(one), since, parts: members, month: await monthOf(parts, one) };
  }

  function found(id: string): KeptService {
    const one = services.get(id);
    if (!one) throw fail('NOT_FOUND', { what: 'service', id });
    return one;
  }

  async function edit(id: string, change: Partial<ServiceDefinition>, by: string): Promise<void> {
    const one = found(id);
    const next = { name: one.name, note: one.note, parts: one.parts, need: one.need, ...change };
    look.refuseFaults(next, id);
    const columns = { ...next, parts: JSON.stringify(next.parts), updated_at: clock.now(), updated_by: by };
    await state.updateTable('services').set(columns).where('id', '=', id).execute();
    await putServiceName(state, id, next.name, one.createdAt);
    Object.assign(one, next);
    onDefined?.();
    tick();
    changeFeed.publish({ kind: 'target', target: id });
  }

  return {
    list: async () => {
      const rows = await Promise.all([...services.values()].map(rowOf));
      return rows.sort((a, b) => a.name.localeCompare(b.name));
    },
    row: (id) => rowOf(found(id)),
    isOut: (id, covers) => isOutBy(covers, look.effective(found(id))),
    async detail(id) {
      const one = found(id);
      const record = await recordOf(parts, one);
      const partsDown = (await partsDownIn(parts, one, record)).map((down) => ({
        ...down,
        name: partOf(down.id).name,
      }));
      const outages = record.outages.map(withNames);
      return { ...(await rowOf(one)), finding: serviceFinding(one), record: { ...record, outages }, partsDown };
    },
    async create(service, by) {
      look.refuseFaults(service, null);
      const id = makeId('s');
      const at = clock.now();
      const own = { name: service.name, note: service.note, parts: JSON.stringify(service.parts), need: service.need };
      await state
        .insertInto('services')
        .values({ id, ...own, created_at: at, created_by: by, updated_at: at, updated_by: by })
        .execute();
      await putServiceName(state, id, service.name, at);
      services.set(id, {
        ...service,
        id,
        state: null,
        since: at,
        createdAt: at,
        toldAt: Number.NEGATIVE_INFINITY,
        isEmpty: false,
      });
      onDefined?.();
      tick();
      return id;
    },
    namedBy: (part) => [...services.values()].filter((one) => one.parts.includes(part)),
    async takeOut(part, by) {
      for (const { id, parts: ids, need } of services.values()) {
        const left = ids.filter((one) => one !== part && partOf(one).kind !== 'gone');
        const change = { parts: left, need: need === null ? null : Math.min(need, left.length) };
        if (ids.includes(part) && left.length > 0) await edit(id, change, by);
      }
    },
    edit,
    async remove(id) {
      found(id);
      await saving;
      await state.transaction().execute(async (db) => {
        await db.deleteFrom('services').where('id', '=', id).execute();
        await db.deleteFrom('watched_states').where('subject', '=', id).execute();
      });
      services.delete(id);
      await judging?.retired(id);
      onDefined?.();
      changeFeed.publish({ kind: 'target', target: id });
    },
    finding,
    async seenAt(id, at) {
      return withNames({ finding: await seenAt(state, id, at) }).finding;
    },
    *definitions() {
      for (const one of services.values()) yield look.effective(one);
    },
    subject(id) {
      const one = services.get(id);
      return one && subjectOfService(one);
    },
    *subjects() {
      for (const one of services.values()) yield subjectOfService(one);
    },
    start(alerts) {
      judging = alerts;
      timer = setInterval(tick, tickMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await saving;
    },
  };
}
