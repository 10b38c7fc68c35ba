/** What people do to targets. */
import { fail } from '../../shared/errors.ts';
import { collectorWatcher, faultsOfTarget, secretsGoTo, targetFields } from '../../shared/target.ts';
import { lookOnce, type TargetWatchParts } from '../../shared/targets/watch.ts';
import { makeId } from '../accounts/secret.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { TargetParts, Targets } from './contract.ts';
import type { createCount } from './count.ts';
import { divideSettings, removeTarget, saveTarget, type TargetDefinition } from './store.ts';

interface ActionParts extends Pick<TargetParts, 'state' | 'fleet' | 'series' | 'clock' | 'changeFeed'> {
  looking: Pick<TargetWatchParts, 'outgoing' | 'run' | 'clock'>;
  count: ReturnType<typeof createCount>;
  /** The definitions have changed. */
  reload(): Promise<void>;
  /** Ends its alerts. */
  ended(id: string): Promise<void> | undefined;
}

const targetsAtMost = 2000;

/** @throws EvenkeelError NOT_FOUND */
export function foundIn(count: ActionParts['count'], id: string) {
  const one = count.get(id);
  if (!one) throw fail('NOT_FOUND', { what: 'target', id });
  return one;
}

export function createTargetActions(parts: ActionParts): Pick<Targets, 'create' | 'edit' | 'remove' | 'tryOut'> {
  const { state, fleet, series, clock, changeFeed, count, reload, looking } = parts;
  const found = (id: string) => foundIn(count, id);

  function editable(id: string) {
    const one = found(id);
    if (one.target.origin === 'file')
      throw fail('CONFLICT', {
        problem: `"${one.target.name}" is set in evenkeel.yaml; change it there and start again`,
      });
    return one;
  }

  async function save(id: string, target: TargetDefinition, by: string): Promise<string | null> {
    refuseFaults(target, fleet);
    const madeSite = await saveTarget(state, target, { id, origin: 'page', by, at: clock.now() });
    await reload();
    changeFeed.publish({ kind: 'target', target: id });
    return madeSite;
  }

  return {
    async create(target, by) {
      if ([...count.all()].length >= targetsAtMost)
        throw fail('CONFLICT', { problem: `there are ${targetsAtMost} targets already` });
      const id = makeId('t');
      return { id, madeSite: await save(id, target, by) };
    },
    async edit(id, edit, by) {
      const { target } = editable(id);
      const settings = edit.settings ? withSecrets(target, edit.settings) : target.settings;
      const next = { ...target, ...edit, kind: target.kind, settings };
      const added = next.watchers.find((one) => one !== collectorWatcher && !target.watchers.includes(one));
      if (added !== undefined) refuseStored(target, edit.settings ?? {}, `to another watcher (${added})`);
      return { madeSite: await save(id, next, by) };
    },
    async remove(id) {
      editable(id);
      await removeTarget(state, id, clock.now());
      await reload();
      series.forget(id);
      await parts.ended(id);
      changeFeed.publish({ kind: 'target', target: id });
    },
    async tryOut(target, id) {
      const known = id === undefined ? undefined : found(id).target;
      const settings = known?.kind === target.kind ? withSecrets(known, target.settings) : target.settings;
      refuseSettings({ ...target, settings });
      const { result, seen } = await lookOnce({ ...target, settings }, looking);
      return { result, fields: seen.fields, detail: seen.detail ?? null, more: seen.more ?? [] };
    },
  };
}

/** Stored secrets hold where they are left out, and only where they were stored for: nobody reads one by naming another host. */
function withSecrets(known: Known, given: TargetDefinition['settings']): TargetDefinition['settings'] {
  const { kind, settings } = known;
  const all = { ...divideSettings(kind, settings).secrets, ...given };
  if (secretsGoTo(kind, all) !== secretsGoTo(kind, settings)) refuseStored(known, given, 'to another place');
  return all;
}

/** @throws EvenkeelError for each secret that is stored and not given again */
function refuseStored({ name, kind, settings }: Known, given: TargetDefinition['settings'], where: string): void {
  const stored = Object.keys(divideSettings(kind, settings).secrets).filter((one) => given[one] === undefined);
  if (stored.length === 0) return;
  const fault = `a stored secret is not sent ${where}; give ${stored.join(' and ')} again, or leave it empty to remove it`;
  throw fail('BAD_ENTRY', { what: `the target "${name}"`, fault });
}

type Known = Pick<TargetDefinition, 'name' | 'kind' | 'settings'>;

function refuseSettings({ kind, settings }: Pick<TargetDefinition, 'kind' | 'settings'>): void {
  const [first] = faultsOfTarget(kind, settings);
  if (!first) return;
  // A secret is not repeated.
  const value = targetFields[kind][first.field]?.secret ? undefined : settings[first.field];
  const shown = value === undefined || value === '' ? '' : ` "${String(value).slice(0, 100)}"`;
  throw fail('BAD_ENTRY', { what: `the target (${kind})`, fault: `${first.field}${shown} ${first.problem}` });
}

function refuseFaults(target: TargetDefinition, fleet: Pick<Fleet, 'get'>): void {
  refuseSettings(target);
  const fault = (text: string) => fail('BAD_ENTRY', { what: `the target "${target.name}"`, fault: text });
  const { watchers, need, timeout_s, interval_s } = target;
  if (watchers.length === 0) throw fault('nobody watches it; name the collector or an endpoint with an agent');
  if (new Set(watchers).size < watchers.length) throw fault('a watcher is named twice');
  const unknown = watchers.find((one) => one !== collectorWatcher && !fleet.get(one));
  if (unknown !== undefined) throw fault(`its watcher "${unknown}" is no endpoint of the fleet`);
  if (need !== null && need > watchers.length)
    throw fault(`${need} are to say that it is down, and only ${watchers.length} watch it`);
  if (timeout_s * 2 > interval_s)
    throw fault(`its timeout of ${timeout_s} s is more than half of its interval of ${interval_s} s`);
}
