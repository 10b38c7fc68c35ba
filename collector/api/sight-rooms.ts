/** What rooms that keep their own memory show to a person who is limited to some sites. */

import type { MaintenanceRow } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { SilenceRow } from '../../shared/silence.ts';
import type { TargetRow } from '../../shared/target-api.ts';
import { limitedState, sightNow, withoutSight } from '../state/sight.ts';
import type { Context } from './context.ts';
import { namesOwn } from './limited-bodies.ts';

export interface Seeing {
  seesSite(name: string | null): boolean;
  seesId(id: string): boolean;
}

export function limitedRooms(context: Context, { seesSite, seesId }: Seeing) {
  const { maintenance, silences, targets, schedules, changes, fleet, groups, alerts } = context;
  const state = limitedState(context.state);

  /** Of a group or a tag, its members of theirs alone are counted. */
  function counted(row: MaintenanceRow): MaintenanceRow {
    const { of, target } = row.scope;
    if (sightNow() === undefined || (of !== 'group' && of !== 'tag')) return row;
    const own = [...fleet.all()].filter(
      (one) =>
        seesSite(one.site) && (of === 'tag' ? one.tags.includes(target) : groups.groupsOf(one.id).includes(target)),
    );
    const firing = own.map(({ id }) => alerts.held(id).filter((held) => held.state === 'firing').length);
    return { ...row, endpoints: own.length, alerts: firing.reduce((sum, n) => sum + n, 0) };
  }

  async function windows<Row>(rows: Row[], idOf: (row: Row) => string): Promise<Row[]> {
    if (sightNow() === undefined || rows.length === 0) return rows;
    const ids = rows.map(idOf);
    const seen = await state.selectFrom('maintenance_windows').select('id').where('id', 'in', ids).execute();
    const own = new Set(seen.map(({ id }) => id));
    return rows.filter((row) => own.has(idOf(row)));
  }
  const shownWindows = async (rows: MaintenanceRow[]) => (await windows(rows, ({ id }) => id)).map(counted);

  const isOwnSilence = ({ matchers }: Pick<SilenceRow, 'matchers'>) => {
    const sight = sightNow();
    return sight === undefined || namesOwn(sight, fleet, matchers);
  };
  const ownSilences = async (past: boolean) => (await silences.list(past)).filter(isOwnSilence);
  async function silence(id: string): Promise<SilenceRow> {
    const row = await silences.row(id);
    if (!isOwnSilence(row)) throw fail('NOT_FOUND', { what: 'silence', id });
    return row;
  }
  /** How many fire that they see. */
  const firing = () =>
    [...fleet.all()]
      .filter(({ id }) => seesId(id))
      .flatMap(({ id }) => alerts.held(id))
      .filter((held) => held.state === 'firing').length;

  const seesWatcher = (id: string) => id === 'collector' || seesId(id);
  const target = (row: TargetRow): TargetRow =>
    sightNow() === undefined
      ? row
      : {
          ...row,
          watchers: row.watchers.filter(seesWatcher),
          sights: row.sights.filter(({ watcher }) => seesWatcher(watcher.id)),
        };

  return {
    maintenance: {
      ...maintenance,
      list: async (past: boolean) => shownWindows(await maintenance.list(past)),
      waiting: async () => shownWindows(await maintenance.waiting()),
      written: async () => windows(await maintenance.written(), ({ window }) => window.id),
      row: async (id: string) => counted(await maintenance.row(id)),
      async detail(id: string) {
        const detail = await maintenance.detail(id);
        return { ...detail, row: counted(detail.row) };
      },
    },
    silences: {
      ...silences,
      list: ownSilences,
      firing: () => silences.firing().filter(({ alert }) => seesId(alert.endpoint)),
      row: silence,
      preview: (texts: readonly string[]) => ({ ...silences.preview(texts), ...(sightNow() ? { of: firing() } : {}) }),
      proposal: (id: string) => ({ ...silences.proposal(id), ...(sightNow() ? { of: firing() } : {}) }),
      summary: () => silences.summary(sightNow() && isOwnSilence),
    },
    targets: {
      ...targets,
      list: () =>
        targets
          .list()
          .filter(({ site }) => seesSite(site))
          .map(target),
      row: (id: string) => target(targets.row(id)),
      async detail(id: string) {
        const detail = await targets.detail(id);
        return { ...detail, row: target(detail.row) };
      },
    },
    // Their timers go on for all.
    schedules: {
      ...schedules,
      list: async () => (await schedules.list()).filter(({ site }) => sightNow()?.sites.includes(site ?? '') ?? true),
      create: (...given: Parameters<typeof schedules.create>) => withoutSight(() => schedules.create(...given)),
      edit: (...given: Parameters<typeof schedules.edit>) => withoutSight(() => schedules.edit(...given)),
      remove: (...given: Parameters<typeof schedules.remove>) => withoutSight(() => schedules.remove(...given)),
    },
    changes: {
      ...changes,
      reached: (...given: Parameters<typeof changes.reached>) => changes.reached(...given).filter(seesId),
    },
  };
}
