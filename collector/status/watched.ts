/** Parts of a status page that are a service or a target: how they are, ninety days, outages and planned work. No name, address or reason. */
import type { StatusAnswer } from '../../shared/api.ts';
import type { WatchedRecord } from '../../shared/watched.ts';
import { daysIn } from '../kpi/site-months.ts';
import type { MaintenanceAhead } from '../maintenance/read.ts';
import type { Targets } from '../targets/contract.ts';
import type { Services } from '../targets/services.ts';

type OutwardPart = Omit<StatusAnswer['components'][number], 'id' | 'name'>;
type ShownState = Pick<OutwardPart, 'state' | 'since'>;

export interface WatchedParts {
  services: Pick<Services, 'detail' | 'subject' | 'isOut'>;
  targets: Pick<Targets, 'detail' | 'subject'>;
  /** Planned work on these that runs or is to come. */
  ahead(ids: readonly string[]): readonly MaintenanceAhead[];
}

const shownDays = 90;
const outagesShown = 10;
const workShown = 5;

/** @param noticeAt when the oldest open notice of a person began; null without one */
export function watchedState(now: string, since: number, isInWork: boolean, noticeAt: number | null): ShownState {
  if (isInWork) return { state: 'maintenance', since: null };
  if (now === 'down') return { state: 'down', since: Math.min(since, noticeAt ?? since) };
  if (noticeAt !== null) return { state: 'disturbed', since: noticeAt };
  return { state: now === 'up' ? 'works' : 'unknown', since: null };
}

/** One that was removed since is not known. */
export async function watchedPart(
  { services, targets, ahead }: WatchedParts,
  of: 'service' | 'target',
  id: string,
  zone: string,
  noticeAt: number | null,
): Promise<OutwardPart> {
  if (of === 'service') {
    if (!services.subject(id)) return goneSince(noticeAt);
    const one = await services.detail(id);
    const parts = one.parts.map((part) => part.id);
    const work = ahead([id, ...parts]).filter(({ covers }) => services.isOut(id, covers));
    return shownOf(one.record, one.state, one.since, work, zone, noticeAt);
  }
  if (!targets.subject(id)) return goneSince(noticeAt);
  const { row, record } = await targets.detail(id);
  return shownOf(record, row.state, row.since, ahead([id]), zone, noticeAt);
}

const goneSince = (noticeAt: number | null): OutwardPart => ({
  ...watchedState('unknown', 0, false, noticeAt),
  ...{ basis: 'checks', outages: [], work: [], days: [], availability: null },
});

async function shownOf(
  { asOf, intervals, outages }: WatchedRecord,
  now: string,
  since: number,
  work: readonly MaintenanceAhead[],
  zone: string,
  noticeAt: number | null,
): Promise<OutwardPart> {
  const first = Temporal.Instant.fromEpochMilliseconds(asOf)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .subtract({ days: shownDays - 1 })
    .toZonedDateTime(zone).epochMilliseconds;
  const stretches = intervals.map(({ from, to, state }) => ({ start: from, end: to, state }));
  const days = await daysIn([{ stretches }], { start: first, end: asOf }, zone);
  const sum = (of: 'up' | 'down') => days.reduce((all, day) => all + day[of], 0);
  const [up, down] = [sum('up'), sum('down')];
  const last = intervals.at(-1);
  const isInWork = last?.state === 'maintenance' && last.to >= asOf;
  return {
    ...watchedState(now, since, isInWork, noticeAt),
    ...{ basis: 'checks', days, availability: up + down > 0 ? 100 * (up / (up + down)) : null },
    outages: outages
      .filter(({ to, downMs }) => downMs > 0 && (to === null || to > first))
      .slice(0, outagesShown)
      .map(({ from, to }) => ({ from, to })),
    work: work.slice(0, workShown).map(({ start, end }) => ({ from: start, to: end })),
  };
}
