/**
 * `doctor`: what each check reads, whether it may, what it found, what is missing and how to grant it; then the
 * connection to the collector.
 */
import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { checkWordOf } from '../../shared/check-word.ts';
import { systemClock } from '../../shared/clock.ts';
import type { AgentConfig } from '../../shared/report.ts';
import { type AgentState, checkNames, spoolPath } from '../agent.ts';
import { attempt, type CheckOutcome } from '../attempt.ts';
import type { Check, CheckContext } from '../checks/check.ts';
import { createChecks } from '../checks/index.ts';
import { createContext, memoryPath } from '../context.ts';
import { ask } from '../control-socket.ts';
import { type Credential, readCredential } from '../credential.ts';
import { english } from '../english.ts';
import { merge, paceOf } from '../intervals.ts';
import { attemptFor } from '../join-attempt.ts';
import { readLocal } from '../local.ts';
import { createLog } from '../log.ts';
import { forgetfulMemory, openMemory } from '../memory.ts';
import type { WantedWay } from '../orders.ts';
import { readWaiting } from '../waiting.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';
import { type DoctorPart, partsOf } from './doctor-parts.ts';
import { remedyFor } from './doctor-remedy.ts';
import { describeWays } from './doctor-ways.ts';
import { print } from './print.ts';

const limitMs = 120_000;

function found(outcome: CheckOutcome & { status: 'ok' }): string {
  const { metrics = [], sections = {}, note } = outcome.findings;
  const parts = [
    ...(metrics.length > 0 ? [`${metrics.length} ${metrics.length === 1 ? 'metric' : 'metrics'}`] : []),
    ...Object.entries(sections).map(([name, data]) =>
      Array.isArray(data) ? `section ${name} with ${data.length} entries` : `section ${name}`,
    ),
    ...(note ? [english(note)] : []),
  ];
  return parts.join(', ') || 'nothing';
}

/** The lines about one check. Pure. */
export function describe(check: Pick<Check, 'name' | 'reads'>, outcome: CheckOutcome, everyMs: number): string[] {
  const words = { ok: 'ok', no_data: 'nothing here', failed: 'FAILED' };
  const head = `${check.name.padEnd(14)} ${words[outcome.status].padEnd(13)} every ${everyMs / 1000} s, took ${Math.round(outcome.ms)} ms`;
  const lines = [head, `    reads: ${check.reads}`];
  if (outcome.status === 'ok') return [...lines, `    found: ${found(outcome)}`];
  const remedy = remedyFor(outcome.reasons);
  return [...lines, `    why:   ${english(outcome.reasons)}`, ...(remedy ? [`    to do: ${remedy}`] : [])];
}

/** What each part of a check reads, found, and lacks. */
function describePart({ name, reads, findings, reasons }: DoctorPart): string[] {
  const remedies = [...new Set(reasons.flatMap((one) => remedyFor([one]) ?? []))];
  return [
    `    ${name}: ${findings.join('; ')}`,
    ...(reads === null ? [] : [`        reads: ${reads}`]),
    ...remedies.map((remedy) => `        to do: ${remedy}`),
  ];
}

/** Privileges are those of the calling user, so the output names that user, and the agent's where it differs. */
function describeUser(data: string): string[] {
  if (process.getuid === undefined) return [];
  const { uid, username } = userInfo();
  const owner = existsSync(data) ? statSync(data).uid : uid;
  const other = owner !== uid && uid !== 0 ? [`    to do: the folder belongs to user ${owner}: ask as that user`] : [];
  const asRoot =
    owner !== uid && uid === 0
      ? [
          `    to do: the agent runs as user ${owner}; ask as that user (setpriv --reuid=${owner} …), root may more than it`,
        ]
      : [];
  return [`asked as       ${username} (user ${uid})${uid === 0 ? ': may read everything' : ''}`, ...other, ...asRoot];
}

/** What is wrong with the machine's own intervals, and what becomes of them. */
function describeSettings(config: AgentConfig | null, faults: readonly string[]): string {
  if (faults.length === 0) return '';
  const effect = config ? 'the rest of the file counts' : 'nothing in the file counts';
  return `settings       FAULTS: ${effect}\n${faults.map((fault) => `    ${fault}\n`).join('')}\n`;
}

async function tryChecks(local: AgentConfig | null, context: CheckContext): Promise<number> {
  const config = merge(local);
  const checks = createChecks();
  // Shares need a previous reading.
  const light = checks.filter((check) => !check.heavy);
  await Promise.all(light.map((check) => attempt(check, context, limitMs)));
  await wait(500);
  let failed = 0;
  for (const check of checks) {
    const pace = paceOf(check, config);
    if (!pace.enabled) {
      print(`${check.name.padEnd(14)} off in the local settings`);
      continue;
    }
    const outcome = await attempt(check, context, limitMs);
    if (outcome.status === 'failed') failed += 1;
    const parts = await partsOf(check.name, outcome, context);
    const lines = [...describe(check, outcome, pace.everyMs), ...parts.flatMap(describePart)];
    print(...lines);
  }
  return failed;
}

/** An acknowledgement comes a second after a report; a broker of somebody else may throw either away without a word. */
const unansweredMs = 120_000;

/** Connected, and what is sent is not acknowledged. Pure. @returns what is to be done; null: nothing */
export function unansweredRemedy(
  { state, since, lastAck, trouble }: AgentState['link'],
  waiting: number,
  { endpoint, bucket, mqtt }: Pick<Credential, 'endpoint' | 'bucket' | 'mqtt'>,
  now: number,
): string | null {
  if (state !== 'connected' || trouble !== null || waiting === 0) return null;
  if (now - Math.max(since, lastAck ?? 0) < unansweredMs) return null;
  const own = `ek/v1/${bucket}/${endpoint}`;
  return mqtt.websocket === true
    ? 'nothing is acknowledged: look at the log of the collector, which may not be able to save'
    : `nothing is acknowledged: where ${mqtt.url} is not the collector's own broker, its ACL may throw away what this machine sends to ${own}/report (with a confirmation), or the acknowledgements on ${own}/ack; \`npm run collector -- broker-config\` prints a right one. Else look at the log of the collector`;
}

function describeRunning(state: AgentState, credential: Credential): string[] {
  const { link, spool } = state;
  const by = link.state === 'connected' && link.way !== undefined ? ` by ${link.way}` : '';
  const trouble = link.trouble === null ? '' : `: ${link.trouble}`;
  const acked = link.lastAck === null ? 'never yet' : new Date(link.lastAck).toISOString();
  const remedy = unansweredRemedy(link, spool.entries, credential, systemClock.now());
  const losses = spool.losses.reduce((sum, loss) => sum + loss.count, 0);
  return [
    `agent          runs, version ${state.version}`,
    `connection     ${link.state} since ${new Date(link.since).toISOString()}${by}${trouble}; last acknowledged ${acked}`,
    ...(remedy === null ? [] : [`    to do: ${remedy}`]),
    `spool          ${spool.entries} waiting, ${spool.bytes} bytes, ${spool.inMemory} of them only in memory, ${losses} lost and not yet declared`,
    ...(link.sharedSince === null
      ? []
      : [
          `identity       another machine reports under it, too, since ${new Date(link.sharedSince).toISOString()}`,
          '    to do: on the one that is the copy, run `npm run agent -- enroll --again` and start its agent again',
        ]),
    ...describeUpdate(state.update),
    ...state.checks
      .filter((check) => check.status === 'failed')
      .map((check) => `    running agent: ${check.check} failed: ${english(check.reason ?? [])}`),
  ];
}

/** An agent of before, which still runs, says nothing of updates. */
function describeUpdate(update: AgentState['update'] | undefined): string[] {
  if (!update) return [];
  const { allow, form, keys, state, version, reason } = update;
  const off = {
    off: 'off',
    notify: 'a person is told',
    auto: keys === 0 ? 'off: the package has no keys of releases' : 'on',
  };
  const about = version === undefined ? '' : `; version ${version}: ${state}`;
  return [
    `updates        ${off[allow]} (installed as ${form})${about}`,
    ...(reason ? [`    why:   ${english([reason])}`] : []),
  ];
}

async function describeWaiting(data: string): Promise<string> {
  const waits = readWaiting(data);
  if (!waits) return 'none: run `npm run agent -- enroll`';
  const word = checkWordOf(attemptFor(data, waits.code));
  return `waits since ${new Date(waits.since).toISOString()} for a person to approve it at the collector; check word ${word}`;
}

async function describeRoad(data: string, credential: Credential | null, wanted: WantedWay): Promise<string[]> {
  if (!credential) return [`enrolment      ${await describeWaiting(data)}`];
  const state = (await ask(data, 'status')) as AgentState | null;
  return [
    `enrolment      ${credential.name} (${credential.endpoint}) at ${credential.collector}; a ${credential.kind}: ${credential.kind_why}`,
    ...(await describeWays(
      data,
      credential,
      wanted,
      state?.link.state === 'connected' ? (state.link.way ?? null) : null,
    )),
    ...(state
      ? describeRunning(state, credential)
      : [
          'agent          does not run',
          `spool          ${existsSync(spoolPath(data)) ? spoolPath(data) : 'none yet'}`,
        ]),
  ];
}

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    const log = createLog('error');
    const context = createContext(data, systemClock, log, forgetfulMemory(openMemory(memoryPath(data), log)));
    print(`data folder    ${resolve(data)}`, ...describeUser(data));
    const { config, faults, way } = await readLocal(data, checkNames);
    print(...(await describeRoad(data, readCredential(data), way)), '');
    print(describeSettings(config, faults).trimEnd());
    const failed = await tryChecks(config, context);
    process.stdout.write(failed === 0 ? '\nNo check failed.\n' : `\n${failed} failed.\n`);
    return failed + faults.length === 0 ? 0 : 1;
  },
};
