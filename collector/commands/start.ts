/** `start`: runs the collector until SIGTERM or SIGINT. A second signal ends it at once; stored data is safe. */
import { systemClock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { createOutgoing } from '../../shared/outgoing.ts';
import { escaped } from '../../shared/safe-text.ts';
import { type Collector, createCollector, type Started } from '../collector.ts';
import { createLog } from '../log.ts';
import { blockedChannels } from '../notify/route.ts';
import { pathOf } from '../package/places.ts';
import { createWatchdog } from '../package/watchdog.ts';
import type { Config } from '../settings/config.ts';
import { backupLine } from '../settings/own-backup.ts';
import { postgresName } from '../state/drivers/postgres-address.ts';
import { version } from '../version.ts';
import { type Command, settingsFrom, startOptions } from './command.ts';
import { noteAgentSettings, noteRulesInForce } from './rules-difference.ts';

const web = pathOf(new URL('../../dashboards/web/dist', import.meta.url), 'web');
/** What `npm run package` has built; a package of the collector has none beside it. */
const packages = [pathOf(new URL('../../.package/out', import.meta.url), 'packages')];
/** An orderly stop takes a second; one that takes this long will not end by itself. */
const stopWithinMs = 20_000;

/** @param config names the stores that are not in the data folder; none of the names holds a password */
function greeting({ addresses, setupLink, data }: Started, config: Config): string {
  const { state, series, cluster } = config;
  return [
    `Evenkeel ${version} is running.`,
    `  Web app  ${addresses.http}`,
    setupLink === null
      ? `  Set-up   ${cluster === null ? 'done: an admin exists' : 'done, or at the collector with the desk: its start lines have the link'}`
      : `  Set-up   ${setupLink}   (one-time link: creates the first admin)`,
    `  Agents   ${addresses.mqtt}`,
    `  Data     ${data}`,
    ...(state === null ? [] : [`  State    ${postgresName(state)}`]),
    ...(series.isInDataFolder ? [] : [`  Series   ${series.name}`]),
    `  Backups  ${backupLine(config)}`,
    '  Stop it with Ctrl+C.',
  ].join('\n');
}

async function warnOfChannels({ channels, outgoing }: Config, log: Log): Promise<void> {
  for (const problem of await blockedChannels(channels, createOutgoing(outgoing.allow))) log.warn({}, problem);
}

/** On SIGHUP: rules of files, and settings of agents, are read again. What is wrong with them is logged, and what was in force still is. */
async function applyRules(values: Parameters<Command['run']>[0], started: Started, log: Log): Promise<void> {
  try {
    const { config } = settingsFrom(values);
    const ids = await started.applyRules(config.rules);
    noteRulesInForce(started.data, config.rules);
    await started.applyAgentSettings(config.agentSettings);
    noteAgentSettings(started.data, config.agentSettings);
    log.info({ rules: ids }, 'The rules of files and the settings of agents were read again');
  } catch (thrown) {
    log.error({ reason: reasonOf(thrown) }, 'The rules of files are not applied; what was in force still is');
  }
}

function untilSignal(collector: Collector, stopping: () => void): Promise<number> {
  return new Promise((resolve) => {
    let isEnding = false;
    const end = () => {
      if (isEnding) process.exit(130);
      isEnding = true;
      stopping();
      setTimeout(() => process.exit(1), stopWithinMs).unref();
      collector.stop().then(
        () => resolve(0),
        (thrown: unknown) => {
          process.stderr.write(`The stop was not orderly: ${escaped(String(thrown))}\n`);
          resolve(1);
        },
      );
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
    watchParent(end);
  });
}

/**
 * `npm start` puts a shell between npm and us, and that shell dies of a SIGTERM without passing it on. So, under npm,
 * the loss of the parent process counts as the signal.
 */
function watchParent(end: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 500);
  timer.unref();
}

export const command: Command = {
  options: startOptions,
  async run(values) {
    const { config, warnings } = settingsFrom(values);
    const log = createLog(config.log, config.logFormat);
    for (const warning of warnings) log.warn({}, warning);
    // A start does not wait for the DNS.
    void warnOfChannels(config, log);
    const collector = createCollector(config, { clock: systemClock, log, version, web, packages });
    const watchdog = createWatchdog(log);
    const ended = untilSignal(collector, watchdog.stopping);
    const started = await collector.start();
    noteRulesInForce(started.data, config.rules);
    noteAgentSettings(started.data, config.agentSettings);
    process.on('SIGHUP', () => void applyRules(values, started, log));
    process.stdout.write(`${greeting(started, config)}\n`);
    watchdog.ready();
    const code = await ended;
    // Threads of the stores may still be ending; all data is on disk.
    process.exit(code);
  },
};
