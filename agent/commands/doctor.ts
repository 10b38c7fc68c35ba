/** `doctor`: what each check reads, whether it may, what it found, what is missing and how to grant it; then the road. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import { type AgentState, readLocal, spoolPath } from '../agent.ts';
import { attempt, type Outcome } from '../attempt.ts';
import type { Check, CheckContext } from '../checks/check.ts';
import { createChecks } from '../checks/index.ts';
import { createContext, memoryPath } from '../context.ts';
import { type Credential, readCredential } from '../credential.ts';
import { ask } from '../door.ts';
import { merge, paceOf } from '../intervals.ts';
import { createLog } from '../log.ts';
import { forgetfulMemory, openMemory } from '../memory.ts';
import { refuseWords } from './arguments.ts';
import type { Command } from './command.ts';

const limitMs = 120_000;

/** How to grant what a check lacks, by what it said. Pure. */
export function remedyFor(reason: string): string | null {
  if (/permission|may not|EACCES|EPERM|denied|root|administrator/i.test(reason))
    return 'run the agent as root (or administrator), or add its user to the group that owns what it reads';
  const tool = /^(\S+) is not installed/.exec(reason)?.[1];
  if (tool) return `install ${tool} if you want this watched`;
  return null;
}

function found(outcome: Outcome & { status: 'ok' }): string {
  const { metrics = [], sections = {}, note } = outcome.findings;
  const parts = [
    ...(metrics.length > 0 ? [`${metrics.length} ${metrics.length === 1 ? 'metric' : 'metrics'}`] : []),
    ...Object.entries(sections).map(([name, data]) =>
      Array.isArray(data) ? `section ${name} with ${data.length} entries` : `section ${name}`,
    ),
    ...(note ? [note] : []),
  ];
  return parts.join(', ') || 'nothing';
}

/** The lines about one check. Pure. */
export function describe(check: Pick<Check, 'name' | 'reads'>, outcome: Outcome, everyMs: number): string[] {
  const words = { ok: 'ok', no_data: 'nothing here', failed: 'FAILED' };
  const head = `${check.name.padEnd(14)} ${words[outcome.status].padEnd(13)} every ${everyMs / 1000} s, took ${Math.round(outcome.ms)} ms`;
  const lines = [head, `    reads: ${check.reads}`];
  if (outcome.status === 'ok') return [...lines, `    found: ${found(outcome)}`];
  const remedy = remedyFor(outcome.reason);
  return [...lines, `    why:   ${outcome.reason}`, ...(remedy ? [`    to do: ${remedy}`] : [])];
}

async function tryChecks(data: string, context: CheckContext): Promise<number> {
  const config = merge(readLocal(data, context.log));
  const checks = createChecks();
  // Shares need a reading before.
  const light = checks.filter((check) => !check.heavy);
  await Promise.all(light.map((check) => attempt(check, context, limitMs)));
  await wait(500);
  let failed = 0;
  for (const check of checks) {
    const pace = paceOf(check, config);
    if (!pace.enabled) {
      process.stdout.write(`${check.name.padEnd(14)} off in the local settings\n`);
      continue;
    }
    const outcome = await attempt(check, context, limitMs);
    if (outcome.status === 'failed') failed += 1;
    process.stdout.write(`${describe(check, outcome, pace.everyMs).join('\n')}\n`);
  }
  return failed;
}

function reach(url: string): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((done) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 1883), timeout: 5000 });
    const finish = (text: string) => {
      socket.destroy();
      done(text);
    };
    socket.on('connect', () => finish(`it answers${protocol === 'mqtts:' ? ' (encrypted)' : ''}`));
    socket.on('timeout', () => finish('no answer within 5 s'));
    socket.on('error', (error) => finish(`not reached: ${reasonOf(error)}`));
  });
}

function describeRunning(state: AgentState): string[] {
  const { link, spool } = state;
  const trouble = link.trouble === null ? '' : `: ${link.trouble}`;
  const acked = link.lastAck === null ? 'never yet' : new Date(link.lastAck).toISOString();
  const losses = spool.losses.reduce((sum, loss) => sum + loss.count, 0);
  return [
    `agent          runs, version ${state.version}`,
    `connection     ${link.state} since ${new Date(link.since).toISOString()}${trouble}; last acknowledged ${acked}`,
    `spool          ${spool.entries} waiting, ${spool.bytes} bytes, ${spool.inMemory} of them only in memory, ${losses} lost and not yet declared`,
    ...state.checks
      .filter((check) => check.status === 'failed')
      .map((check) => `    running agent: ${check.check} failed: ${check.reason}`),
  ];
}

async function describeRoad(data: string, credential: Credential | null): Promise<string[]> {
  if (!credential) return ['enrolment      none: run `npm run agent -- enroll CODE`'];
  const state = (await ask(data, 'status')) as AgentState | null;
  return [
    `enrolment      ${credential.name} (${credential.endpoint}) at ${credential.collector}; a ${credential.kind}: ${credential.kind_why}`,
    `broker         ${credential.mqtt.url}: ${await reach(credential.mqtt.url)}`,
    ...(state
      ? describeRunning(state)
      : [
          'agent          does not run',
          `spool          ${existsSync(spoolPath(data)) ? spoolPath(data) : 'none yet'}`,
        ]),
  ];
}

export const command: Command = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    const log = createLog('error');
    const context = createContext(data, systemClock, log, forgetfulMemory(openMemory(memoryPath(data), log)));
    process.stdout.write(`data folder    ${resolve(data)}\n`);
    const road = await describeRoad(data, readCredential(data));
    process.stdout.write(`${road.join('\n')}\n\n`);
    const failed = await tryChecks(data, context);
    process.stdout.write(failed === 0 ? '\nNo check failed.\n' : `\n${failed} failed.\n`);
    return failed === 0 ? 0 : 1;
  },
};
