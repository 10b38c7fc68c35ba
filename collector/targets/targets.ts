/** What is watched from outside: definitions, who watches what, and what came of it. */
import { watchLevel } from '../../shared/agent-level.ts';
import type { TargetFinding } from '../../shared/finding.ts';
import { createReach } from '../../shared/outgoing.ts';
import type { Metric, Report } from '../../shared/report.ts';
import { collectorWatcher, isOfTarget, type TargetOrder, targetsPerWatcher } from '../../shared/target.ts';
import { createTargetWatch } from '../../shared/targets/watch.ts';
import { createTargetActions, foundIn } from './actions.ts';
import type { TargetJudge, TargetParts, Targets } from './contract.ts';
import { createCount } from './count.ts';
import { findingOfTarget } from './finding.ts';
import { recordOf } from './record.ts';
import { rowOf } from './row.ts';
import { runSystemProgram } from './run-ping.ts';
import {
  type KeptTarget,
  lastWatchedState,
  readTargets,
  removeTarget,
  saveTarget,
  saveWatchedState,
  watchedChanges,
} from './store.ts';

/** Votes are counted again so often, for watchers that went and results that are no longer fresh. */
const tickMs = 2000;
const reportsOfCollector = collectorWatcher;

export async function createTargets(parts: TargetParts): Promise<Targets> {
  const { state, fleet, series, clock, log, changeFeed } = parts;
  let judging: TargetJudge | undefined;
  let configure: (endpoint: string) => void = () => {};
  let saving: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let digest = 1;
  const outgoing = createReach(parts.allow);
  const looking = { outgoing, run: runSystemProgram, clock };

  const later = (what: string, work: () => Promise<unknown> | undefined) => {
    saving = saving
      .then(work)
      .catch((thrown: unknown) => log.error({ err: thrown }, `Could not ${what} of a target yet`));
  };
  const keep = (endpoint: string, report: Report) => {
    digest = (digest % 0xfffffffe) + 1;
    series.accept({ endpoint, receivedAt: report.at, report, digest }, (problem) => {
      if (problem) log.debug({ reason: problem.message }, 'A result of a target was not stored before the stop');
    });
  };
  const isThere = (watcher: string) => watcher === collectorWatcher || fleet.get(watcher)?.state === 'online';
  const findingOf = (id: string, services: readonly string[]): TargetFinding | undefined => {
    const one = count.get(id);
    return one && findingOfTarget(one, isThere, services, clock.now());
  };
  const count = createCount({
    clock,
    isThere,
    onReport(subject, report) {
      keep(subject.id, report);
      later('judge the result', () => judging?.onReport(subject, report, true));
    },
    onState(subject, now) {
      const seen = findingOf(subject.id, []) ?? null;
      later('save the state', () => saveWatchedState(state, subject.id, { at: subject.stateSince, state: now }, seen));
      later('judge the state', () => judging?.onPresence(subject));
      changeFeed.publish({ kind: 'target', target: subject.id });
    },
  });

  const own = createOwnReports(keep);
  const watch = createTargetWatch({
    ...looking,
    onSeen(_order, _outcome, metrics) {
      own.keep(metrics, Math.round(clock.now()));
      count.saw(collectorWatcher, metrics);
    },
  });

  const ordersFor = (watcher: string): TargetOrder[] =>
    [...count.all()]
      .filter(({ target }) => target.enabled && target.watchers.includes(watcher))
      .map(({ target }) => orderOf(target));

  let watchers: ReadonlySet<string> = new Set();

  /** Nobody looks any more: its time counts as nothing, and whatever fires about it has nobody left who could end it. */
  async function switchedOff(id: string): Promise<void> {
    await saveWatchedState(state, id, { at: clock.now(), state: 'over' }, null);
    series.forget(id);
    await judging?.retired(id);
    changeFeed.publish({ kind: 'target', target: id });
  }

  /** Reads the definitions again, and tells the watchers. */
  async function reload(): Promise<void> {
    const before = watchers;
    await saving;
    const targets = await readTargets(state);
    for (const target of targets) {
      const last = count.get(target.id) && target.enabled ? undefined : await lastWatchedState(state, target.id);
      const was = last && last.state !== 'over' ? { state: last.state, at: last.at } : undefined;
      if (was && !target.enabled) await switchedOff(target.id);
      count.put(target, was);
    }
    const ids = new Set(targets.map(({ id }) => id));
    for (const { target } of [...count.all()]) if (!ids.has(target.id)) count.drop(target.id);
    watch.apply(ordersFor(collectorWatcher));
    watchers = new Set([...count.all()].flatMap(({ target }) => target.watchers));
    parts.onDefined?.();
    for (const watcher of new Set([...before, ...watchers])) if (watcher !== collectorWatcher) configure(watcher);
  }

  const found = (id: string) => foundIn(count, id);
  const row = (id: string) => rowOf(found(id), fleet, clock.now());

  await takeFile(parts, parts.list);
  await reload();

  return {
    list: () => [...count.all()].map(({ target: { id } }) => row(id)).sort((a, b) => a.name.localeCompare(b.name)),
    row,
    async detail(id) {
      found(id);
      const record = await recordOf(parts, { id });
      const changes = await watchedChanges(state, id, clock.now() - 30 * 86_400_000, clock.now() + 1);
      const shown = changes.flatMap(({ at, state: was }) => (was === 'over' ? [] : [{ at, state: was }]));
      return { row: row(id), record, changes: shown.slice(-200) };
    },
    ...createTargetActions({ ...parts, looking, count, reload, ended: (id) => judging?.retired(id) }),
    stateOf(id) {
      const one = count.get(id);
      return one && { name: one.target.name, state: one.target.enabled ? one.state : 'off', since: one.since };
    },
    finding: findingOf,
    *definitions() {
      for (const { target } of count.all()) if (target.enabled) yield target;
    },
    subject(id) {
      const one = count.get(id);
      return one && count.subject(one);
    },
    *subjects() {
      for (const one of count.all()) yield count.subject(one);
    },
    reload,
    settingsFor(endpoint, settings) {
      const orders = ordersFor(endpoint).slice(0, targetsPerWatcher);
      if (orders.length === 0) return settings;
      const { level } = fleet.get(endpoint) ?? {};
      if (level === undefined) return undefined;
      // An older agent would refuse the whole message, its interval included.
      return level < watchLevel ? settings : { ...settings, watch: orders };
    },
    heard(endpoint, report) {
      if (!watchers.has(endpoint)) return report;
      count.saw(endpoint, report.metrics);
      return { ...report, metrics: report.metrics.filter(({ name }) => !isOfTarget(name)) };
    },
    start(alerts, tell) {
      judging = alerts;
      configure = tell;
      // Those that an older version, or the settings file, switched off while an alert was firing.
      for (const { target } of count.all())
        if (!target.enabled) later('end the alerts', () => judging?.retired(target.id));
      timer = setInterval(() => count.tick(), tickMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      watch.stop();
      await saving;
    },
  };
}

const orderOf = ({ id, kind, settings, interval_s, timeout_s }: KeptTarget): TargetOrder => ({
  ...{ id, kind, settings, interval_s, timeout_s },
});

/** What the collector saw itself, as reports of its own: it goes the same way as those of agents. */
function createOwnReports(keep: (endpoint: string, report: Report) => void) {
  const epoch = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, '0')).join('');
  let seq = 0;
  return {
    keep(metrics: Metric[], at: number): void {
      seq += 1;
      keep(reportsOfCollector, { v: 1, epoch, seq, at, metrics });
    },
  };
}

/** Those of the settings file as they stand there now; what is gone from it ends. */
async function takeFile(
  { state, clock }: Pick<TargetParts, 'state' | 'clock'>,
  ofFile: TargetParts['list'],
): Promise<void> {
  const ids = new Set(ofFile.map(({ id }) => id));
  const at = clock.now();
  for (const known of await readTargets(state))
    if (known.origin === 'file' && !ids.has(known.id)) await removeTarget(state, known.id, at);
  for (const { id, ...target } of ofFile)
    await saveTarget(state, target, { id, origin: 'file', by: 'evenkeel.yaml', at });
}
