/** Services that should run and do not: failed units, and units that are enabled but dead. */

import type { HealthItem } from '../../../shared/inventory.ts';
import { quotation, ReasonedError, reason } from '../../../shared/reason.ts';
import { namedHere } from '../../remote.ts';
import { type CheckContext, NoData } from '../check.ts';
import { howEnded } from '../ended.ts';
import { exists, namesIn } from '../files.ts';
import { type Loose, linesOf, numberOf, textOf } from '../parse.ts';
import { kept } from './board.ts';
import { type Service, type ServiceState, withNamed } from './named-services.ts';
import { type HealthReading, type HealthSource, item, metric, minute } from './source.ts';

type SystemdUnit = Readonly<Record<string, string>>;

/** Records of `systemctl show`: blocks of Key=Value between blank lines. */
export function parseUnits(text: string): Record<string, string>[] {
  return text.split(/\r?\n\s*\r?\n/).flatMap((block) => {
    const pairs = linesOf(block).flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    });
    const unit = Object.fromEntries(pairs);
    return unit.Id ? [unit as Record<string, string>] : [];
  });
}

/** A bus starts these on demand, and many of them end by themselves when idle. */
const isOnBus = (unit: SystemdUnit) => unit.Type === 'dbus' || /(^|\s)dbus-\S+\.service(\s|$)/.test(unit.Names ?? '');

const daemonTypes = new Set(['simple', 'exec', 'forking', 'notify', 'notify-reload', 'idle']);

/** A daemon that is enabled at boot, whose conditions hold, that nothing else starts on demand, and that is not there. */
function shouldRun(unit: SystemdUnit): boolean {
  const enabled = unit.UnitFileState === 'enabled' || unit.UnitFileState === 'enabled-runtime';
  const onDemand = (unit.TriggeredBy ?? '') !== '' || isOnBus(unit) || unit.RemainAfterExit === 'yes';
  return enabled && daemonTypes.has(unit.Type ?? '') && unit.ConditionResult !== 'no' && !onDemand;
}

/**
 * thermald and irqbalance find nothing to do on many machines and end with code 0; what systemd never had to start has
 * the same marks. A process that a signal ended did not choose to (ExecMainCode 2 and 3: killed, dumped).
 */
const endedWell = (unit: SystemdUnit) =>
  unit.Result === 'success' && unit.ExecMainStatus === '0' && unit.ExecMainCode !== '2' && unit.ExecMainCode !== '3';

const known = /^(active|reloading|refreshing|inactive|failed|activating|deactivating|maintenance)$/;

/** The units in trouble; those that are fine are not named. What is masked or no longer installed is not meant to run. */
export function judgeUnits(units: readonly SystemdUnit[]): Service[] {
  return units.flatMap((unit): Service[] => {
    const name = unit.Id ?? '';
    if (unit.LoadState === 'not-found' || unit.LoadState === 'masked') return [];
    if (unit.ActiveState === 'failed')
      return [{ name, status: 'critical' as const, why: reason('service_failed', { result: unit.Result ?? '?' }) }];
    if (!known.test(unit.ActiveState ?? ''))
      return [{ name, status: 'unknown' as const, why: reason('state_not_told') }];
    if (unit.ActiveState === 'inactive' && shouldRun(unit) && !endedWell(unit))
      return [{ name, status: 'warning' as const, why: reason('service_not_running') }];
    return [];
  });
}

/** OpenRC's `rc-status --crashed --nocolor`: names, one per line. */
export function parseCrashed(text: string): Service[] {
  return linesOf(text).flatMap((line) => {
    const name = /^\s*([\w.@-]+)\s*(?:\[.*\])?\s*$/.exec(line)?.[1];
    return name === undefined ? [] : [{ name, status: 'critical' as const, why: reason('service_crashed') }];
  });
}

/** launchd ends jobs that are idle, or whose plist was unloaded, with these; SIGHUP and SIGINT come from people. */
const orderlySignals = new Set([-1, -2, -9, -15]);

/** Jobs in the answer of `launchctl list`, which has a heading even where it has none. */
const countLaunchctl = (text: string): number =>
  /^PID\tStatus\tLabel\r?$/m.test(text) ? linesOf(text).filter((line) => line.split('\t').length === 3).length - 1 : 0;

/** `launchctl list`: PID, last exit status, label. A negative status is the signal that ended the job. */
export function parseLaunchctl(text: string): Service[] {
  return linesOf(text).flatMap((line) => {
    const [pid, status, label = ''] = line.split('\t');
    const code = numberOf(status);
    if (pid !== '-' || code === null || code === 0 || orderlySignals.has(code)) return [];
    // Programs that a person opened are listed as application.NAME.
    if (label === '' || /^(com\.apple|application)\./.test(label)) return [];
    return [
      {
        name: label,
        status: 'warning' as const,
        why: code < 0 ? reason('ended_signal', { signal: -code }) : reason('ended_exit', { exit: code }),
      },
    ];
  });
}

/** 1077: not started since the last boot, as delayed services look for the first minutes. 1115: the machine goes down. */
const orderlyCodes = new Set([0, 1077, 1115]);

/** Windows: services that start by themselves and are stopped. A service that starts on a trigger may well be. */
export function judgeWindowsServices(services: readonly Loose[]): Service[] {
  return services.flatMap((service) => {
    const name = textOf(service.Name);
    if (name === null || service.State !== 'Stopped' || service.Triggered === true) return [];
    const code = numberOf(service.ExitCode);
    if (code === null || orderlyCodes.has(code)) return [];
    return [{ name, status: 'warning' as const, why: reason('service_stopped', { exit: code }) }];
  });
}

/** Of those that start by themselves; others are not in the list. */
export const windowsState =
  (services: readonly Loose[]) =>
  (name: string): ServiceState => {
    const service = services.find((one) => textOf(one.Name)?.toLowerCase() === name.toLowerCase());
    return service === undefined ? 'absent' : service.State === 'Running' ? 'running' : 'stopped';
  };

/**
 * Items of the services in trouble, or one `ok` item for all of them.
 * @param before names that were in trouble at the last reading: those that are not now run again, and that is reported
 *   once
 */
export function serviceReading(
  services: readonly Service[],
  checked: number | null,
  now: number,
  before: readonly string[],
): HealthReading {
  const items: HealthItem[] = services
    .slice(0, 200)
    .map(({ name, status, why }) => item('service', name, status, why, {}, now));
  if (items.length === 0) {
    const summary = checked === null ? reason('services_fine') : reason('services_seen_fine', { services: checked });
    items.push(item('service', 'all', 'ok', summary, { services: checked }, now));
  }
  const metrics = services
    .filter(({ status }) => status !== 'unknown')
    .slice(0, 200)
    .flatMap(({ name }) => metric('service', { unit: name.slice(0, 256) }, { running: 0 }, now));
  const recovered = before.filter((name) => !services.some((service) => service.name === name));
  metrics.push(...recovered.flatMap((name) => metric('service', { unit: name.slice(0, 256) }, { running: 1 }, now)));
  return { items, metrics };
}

/** Names of the services that were in trouble when this source was read last. */
export function troubled(context: CheckContext, source: string): string[] {
  const items = kept(context, source)?.items ?? [];
  return items.filter(({ kind, status }) => kind === 'service' && status !== 'ok').map(({ name }) => name);
}

/** A service may be named with or without the suffix of its unit. */
const unitState =
  (units: readonly SystemdUnit[]) =>
  (name: string): ServiceState => {
    const unit = units.find(({ Id, Names = '' }) =>
      [Id, ...Names.split(/\s+/)].some((one) => one === name || one === `${name}.service`),
    );
    // systemd lists what it has loaded: what neither runs nor is wanted by anything may not be in it.
    if (!unit || unit.LoadState === 'not-found') return 'absent';
    return /^(active|reloading|refreshing|activating)$/.test(unit.ActiveState ?? '') ? 'running' : 'stopped';
  };

const jobState =
  (text: string) =>
  (name: string): ServiceState => {
    const job = linesOf(text).find((line) => line.split('\t')[2] === name);
    return job === undefined ? 'absent' : job.startsWith('-\t') ? 'stopped' : 'running';
  };

export const services: HealthSource = {
  name: 'services',
  every: 5 * minute,
  reads: 'systemctl show, rc-status or launchctl list; no root. Windows: see windows',
  platforms: ['linux', 'darwin'],
  read,
};

const properties =
  'Id,Type,LoadState,ActiveState,SubState,UnitFileState,Result,ConditionResult,TriggeredBy,RemainAfterExit,' +
  'Names,ExecMainCode,ExecMainStatus';

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  const limits = { timeoutMs: 20_000 };
  const before = troubled(context, 'services');
  const named = namedHere(context.data).services ?? [];
  if (context.platform === 'darwin') {
    const answer = await context.run('/bin/launchctl', ['list'], limits);
    if (answer.code !== 0) throw new ReasonedError(howEnded('launchctl', answer));
    if (countLaunchctl(answer.stdout) === 0) throw new ReasonedError(reason('no_answer', { program: 'launchctl' }));
    return serviceReading(
      withNamed(parseLaunchctl(answer.stdout), named, jobState(answer.stdout)),
      ...([null, now, before] as const),
    );
  }
  if (await exists(context, '/run/systemd/system')) {
    const answer = await context.run('systemctl', ['show', '*.service', `--property=${properties}`], limits);
    const units = parseUnits(answer.stdout);
    if (answer.code !== 0 || units.length === 0)
      throw new ReasonedError(reason('no_answer', { program: 'systemctl' }), ...quotation(answer.stderr.slice(0, 200)));
    return serviceReading(withNamed(judgeUnits(units), named, unitState(units)), units.length, now, before);
  }
  if ((await namesIn(context, '/run/openrc')).length === 0) throw new NoData(reason('no_service_manager'));
  const answer = await context.run('rc-status', ['--crashed', '--nocolor'], limits);
  const crashed = parseCrashed(answer.stdout);
  // Without a crash it prints nothing, and ends with 1 in some versions; what it complains of goes to stderr.
  const isAnswer = (answer.code === 0 || answer.code === 1) && answer.ended === null && answer.stderr.trim() === '';
  if (!isAnswer || crashed.length < linesOf(answer.stdout).filter((line) => line.trim() !== '').length)
    throw new ReasonedError(reason('no_answer', { program: 'rc-status' }), ...quotation(answer.stderr.slice(0, 200)));
  return serviceReading(withNamed(crashed, named, null), null, now, before);
}
