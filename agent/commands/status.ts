/** `status`: what this machine knows of itself. For people, and with --json for scripts; the exit code says whether all is well. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { changedParts } from '../../shared/hardware.ts';
import { type AgentState, spoolPath } from '../agent.ts';
import { ask } from '../control-socket.ts';
import { type Credential, readCredential } from '../credential.ts';
import { english } from '../english.ts';
import { printOf, readMachine } from '../fingerprint.ts';
import { run } from '../run.ts';
import { version } from '../version.ts';
import { waitingPath } from '../waiting-path.ts';
import { webUrl } from '../ways.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';
import { print } from './print.ts';

/** Longer than the longest interval, an hour: by then an acknowledgement has come even so. */
const lateMs = 2 * 3_600_000;

export interface StatusProblem {
  problem: string;
  /** What to do now. */
  todo: string;
}

export interface MachineStatus {
  /** Null: not enrolled. */
  endpoint: string | null;
  name: string | null;
  collector: string | null;
  /** How reports go, and how that way is. */
  way: { url: string | null; state: AgentState['link']['state'] | 'not running'; since: number | null };
  /** ms UTC; when the collector last confirmed a report. */
  lastAcknowledged: number | null;
  /** Reports that it has not confirmed; null: not known while no agent runs. */
  waiting: number | null;
  version: string;
  update: { state: string; version: string | null; allow: string; why: string | null } | null;
  trust: { mode: string; version: number; refused: string | null };
  /** An enrolment waits until a person approves it. */
  waitsForApproval: boolean;
  problems: StatusProblem[];
}

type RunningState = Partial<AgentState> & Pick<AgentState, 'link' | 'spool'>;

const updateOf = ({ update }: RunningState): MachineStatus['update'] =>
  update
    ? {
        ...{ state: update.state, version: update.version ?? null, allow: update.allow },
        why: update.reason ? english([update.reason]) : null,
      }
    : null;

/** Pure. @param state null: no agent runs on this folder */
export function statusOf(
  credential: Credential | null,
  state: RunningState | null,
  { now, isWaiting, isOther = false }: { now: number; isWaiting: boolean; isOther?: boolean },
): MachineStatus {
  const { mqtt, trust } = credential ?? {};
  const status: MachineStatus = {
    ...{ endpoint: credential?.endpoint ?? null, name: credential?.name ?? null },
    collector: credential?.collector ?? null,
    way: {
      url: (credential && state?.link.way === 'websocket' ? webUrl(credential) : mqtt?.url) ?? null,
      state: state?.link.state ?? 'not running',
      since: state?.link.since ?? null,
    },
    lastAcknowledged: state?.link.lastAck ?? null,
    waiting: state?.spool.entries ?? null,
    version: state?.version ?? version,
    update: state && updateOf(state),
    trust: {
      mode: trust ? (trust.mode ?? 'pin') : mqtt?.ca === undefined ? 'system' : 'pin',
      version: state?.trust?.version ?? trust?.version ?? 0,
      refused: state?.trust?.refused?.why ?? null,
    },
    waitsForApproval: isWaiting,
    problems: [],
  };
  status.problems = [...problemsOf(status, state, { now, isOther })];
  return status;
}

function* problemsOf(
  status: MachineStatus,
  state: RunningState | null,
  { now, isOther }: { now: number; isOther: boolean },
): Iterable<StatusProblem> {
  if (status.endpoint === null)
    return yield status.waitsForApproval
      ? {
          problem: 'This machine waits until a person approves it.',
          todo: 'Approve it on the page "Add endpoint" of the collector; the agent asks on while it runs.',
        }
      : { problem: 'This machine is not enrolled.', todo: 'Run `evenkeel-agent enroll` and paste a join code.' };
  if (!state && isOther)
    return yield {
      problem:
        'The hardware is not that of the enrolment, and nothing is reported until the collector has said whether this is a copy.',
      todo: 'Let its service run, or start it: it asks by itself. Where the collector wants a person to let a copy join, its log has the check word.',
    };
  if (!state)
    return yield {
      problem: 'No agent runs on this data folder, so nothing is measured.',
      todo: 'Start its service (`systemctl start evenkeel-agent`), or `npm run agent -- run`.',
    };
  const { link, spool } = state;
  if (link.state !== 'connected' && link.state !== 'asleep')
    yield {
      problem: `There is no connection to ${status.way.url}${link.trouble === null ? '' : `: ${link.trouble}`}.`,
      todo: `What is measured is kept (${spool.entries} waiting). \`evenkeel-agent doctor\` looks at the way.`,
    };
  else if (link.state === 'connected' && link.trouble !== null)
    yield { problem: `${link.trouble}.`, todo: 'What is measured is kept, and sent again.' };
  else if (link.state === 'connected' && now - Math.max(link.lastAck ?? 0, link.since) > lateMs)
    yield {
      problem: `It is connected, and the collector has confirmed nothing for ${Math.round(lateMs / 3_600_000)} hours.`,
      todo: 'Look at the log of the collector: it may not be able to save. At a broker of somebody else the ACL may throw reports or acknowledgements away; `evenkeel-agent doctor` names the topics. What is measured is kept.',
    };
  if (link.sharedSince !== null)
    yield {
      problem: 'Another machine reports under this identity, too.',
      todo: 'On the one that is the copy, run `evenkeel-agent enroll --again`.',
    };
  const lost = spool.losses.reduce((sum, { count }) => sum + count, 0);
  if (lost > 0)
    yield {
      problem: `${lost} reports were lost here.`,
      todo: '`evenkeel-agent doctor` says why, and how to make room.',
    };
  if (status.trust.refused !== null)
    yield {
      problem: `A change of the collector's authority was not taken: ${status.trust.refused}.`,
      todo: 'What was trusted still is, until the collector shows the new certificate alone. `tls status` there says until when.',
    };
  if (status.update?.state === 'fell-back' || status.update?.state === 'refused')
    yield {
      problem: `The update to ${status.update.version ?? 'another version'} ${status.update.state === 'refused' ? 'was refused' : 'did not work, and the version of before runs'}${status.update.why === null ? '' : `: ${status.update.why}`}`,
      todo: 'As root, `evenkeel-agent update --again` lets it be tried again.',
    };
}

const at = (ms: number | null) => (ms === null ? 'never yet' : new Date(ms).toISOString());

function linesOf(status: MachineStatus): string[] {
  const { way, update, trust, problems } = status;
  const lines: [string, string][] = [
    ['endpoint', status.endpoint === null ? 'none' : `${status.name} (${status.endpoint})`],
    ['collector', status.collector ?? 'none'],
    [
      'way',
      way.url === null ? 'none' : `${way.url}, ${way.state}${way.since === null ? '' : ` since ${at(way.since)}`}`,
    ],
    ['acknowledged', at(status.lastAcknowledged)],
    ['waiting', status.waiting === null ? 'not known' : `${status.waiting} messages`],
    ['version', status.version],
    [
      'update',
      update === null ? 'not known' : [update.state, update.version, `(${update.allow})`].filter(Boolean).join(' '),
    ],
    ['trust', `${trust.mode}, version ${trust.version}`],
    ...(status.waitsForApproval ? ([['approval', 'an enrolment waits for a person']] as [string, string][]) : []),
  ];
  return [
    ...lines.map(([name, text]) => `${name.padEnd(14)} ${text}`),
    ...(problems.length === 0 ? ['All is well.'] : []),
    ...problems.flatMap(({ problem, todo }) => [problem, `    to do: ${todo}`]),
  ];
}

const folderLine = (data: string) =>
  `${'data folder'.padEnd(14)} ${resolve(data)}${existsSync(data) ? '' : ', which is not there'}`;

export const command: AgentCommand = {
  options: { json: { type: 'boolean' } },
  async run({ data, words, values }) {
    refuseWords(words);
    const credential = readCredential(data);
    const state = (await ask(data, 'status')) as AgentState | null;
    const known = credential?.hardware?.print;
    // An agent that asks at its start whether it is a copy does not answer yet.
    const isOther =
      state === null && known !== undefined && changedParts(known, printOf(await readMachine(run))).length > 0;
    const status = statusOf(credential, state, { now: Date.now(), isWaiting: existsSync(waitingPath(data)), isOther });
    const kept = state === null && existsSync(spoolPath(data));
    if (values.json === true) process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
    else
      print(
        folderLine(data),
        ...linesOf(status),
        ...(kept ? [`What was not sent yet lies in ${spoolPath(data)}.`] : []),
      );
    return status.problems.length === 0 ? 0 : 1;
  },
};
