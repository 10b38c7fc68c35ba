/**
 * The hardware is not that of the last start. Small things are only noted. Where it may be another machine (a cloned image, a copied
 * folder), the collector decides before anything is reported: an endpoint of its own, or the same one with other parts. It alone
 * knows whether the machine of the enrolment still reports.
 */
import { readdirSync, rmSync } from 'node:fs';
import { arch, hostname, platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askAgainMs } from '../shared/applicant-times.ts';
import { checkWordOf } from '../shared/check-word.ts';
import { EvenkeelError, fail } from '../shared/errors.ts';
import { changedParts, strong, withNew } from '../shared/hardware.ts';
import type { Log } from '../shared/log.ts';
import type { RunProgram } from './checks/check.ts';
import {
  asCredential,
  type Credential,
  changeCredential,
  type KeptHardware,
  readCredential,
  withOtherSecret,
  writeCredential,
} from './credential.ts';
import { post } from './enroll.ts';
import { markOf, printOf, readMachine } from './fingerprint.ts';
import { attemptFor, forgetAttempt } from './join-attempt.ts';
import { guessKind, readSigns } from './platform/kind.ts';
import { howToReach } from './rotate.ts';
import { version } from './version.ts';

/** Whether the other machine reports shows within its interval. */
const soonMs = 5000;
const soonForMs = 60_000;
/** A person has refused it: they may think again. */
const refusedMs = 600_000;

interface CopiedAnswer {
  goesOn?: true;
  undecided?: true;
  waiting?: true;
  endpoint?: string;
  copyOf?: string;
  original?: 'alive' | 'gone';
  mqtt?: Credential['mqtt'];
  looksLike?: unknown;
}

/**
 * Returns when the agent may start: as itself, or as an endpoint of its own.
 * @throws EvenkeelError DATA_NOT_WRITABLE, DATA_CORRUPT, UNTRUSTED_PATH
 */
export async function settleHardware(data: string, run: RunProgram, log: Log): Promise<void> {
  const credential = readCredential(data);
  if (!credential) return;
  const machine = await readMachine(run);
  const known = credential.hardware?.print;
  // What is not readable now is not said of this machine: a copy would have it of the other one.
  const now: KeptHardware = { mark: markOf(machine), print: printOf(machine) };
  const same = { mark: now.mark, print: withNew(known ?? {}, now.print) };
  const keep = () => changeCredential(data, (kept) => ({ ...kept, hardware: same }));
  const changed = known ? changedParts(known, now.print) : [];
  const isNew = strong.some((name) => known?.[name] === undefined && now.print[name] !== undefined);
  if (changed.length === 0 && !isNew && known) return keep();
  if (Object.keys(now.print).length === 0) return keep();
  if (changed.length > 0)
    log.warn(
      { endpoint: credential.endpoint, name: credential.name, changed },
      'The hardware is not that of the enrolment: the collector is asked whether this is a copy of that machine. Nothing is reported until it has answered',
    );
  const answer = await askUntilDecided(data, credential, now, { mustKnow: changed.length > 0, run, log });
  if (answer === null) return;
  if (answer.goesOn) {
    if (changed.length > 0) log.info({ changed }, 'It is the same endpoint, with other parts');
    return keep();
  }
  become(data, credential, answer, now);
  log.warn(
    { endpoint: answer.endpoint, copyOf: answer.copyOf, original: answer.original },
    'This machine is a copy of another one: it reports as an endpoint of its own from now on',
  );
}

/** @returns null: it cannot be asked, and nothing speaks against going on; the next start asks again */
async function askUntilDecided(
  data: string,
  credential: Credential,
  { print }: KeptHardware,
  { mustKnow, run, log }: { mustKnow: boolean; run: RunProgram; log: Log },
): Promise<CopiedAnswer | null> {
  const began = performance.now();
  const attempt = attemptFor(data, `copied ${credential.endpoint} ${JSON.stringify(print)}`);
  const { kind, why } = guessKind(await readSigns(process.platform, '', run));
  const about = {
    ...{ hostname: hostname(), platform: platform(), arch: arch(), kind, kind_why: [why], version },
    ...{ fingerprint: print, attempt },
  };
  let said = '';
  const say = (text: string, more: object = {}) => {
    if (said !== text) log.warn(more, text);
    said = text;
  };
  for (;;) {
    let waitMs = performance.now() - began < soonForMs ? soonMs : askAgainMs;
    try {
      const answer = await askOnce(credential, about);
      if (!answer.undecided && !answer.waiting) return answer;
      if (answer.waiting)
        say('A person has to let this copy join, on the page "Add endpoint" of the collector', {
          checkWord: checkWordOf(attempt),
        });
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError)) throw thrown;
      // Of before, or it refuses this machine whatever it says: the connection tells what is to be done.
      if (!mustKnow || thrown.code === 'NOT_FOUND' || thrown.code === 'CREDENTIAL_REFUSED') return null;
      say(`${thrown.message} It is asked again.`);
      if (thrown.code === 'JOIN_REFUSED') waitMs = refusedMs;
    }
    await pause(waitMs);
  }
}

async function askOnce(credential: Credential, about: object): Promise<CopiedAnswer> {
  const ask = ({ collector, endpoint, secret }: Credential) =>
    post(`${collector}/api/v1/agent/copied`, howToReach(credential), { endpoint, secret, ...about });
  const answer = await ask(credential).catch((thrown: unknown) => {
    const isRefused = thrown instanceof EvenkeelError && thrown.code === 'CREDENTIAL_REFUSED';
    if (!isRefused || !credential.previous) throw thrown;
    return ask(withOtherSecret(credential));
  });
  const { goesOn, undecided, waiting, endpoint } = (answer ?? {}) as CopiedAnswer;
  if (goesOn || undecided || waiting || typeof endpoint === 'string') return answer as CopiedAnswer;
  throw fail('COLLECTOR_UNREACHABLE', { url: credential.collector, reason: 'its answer is not that of a collector' });
}

/** In this order: cut off before the end it asks again, and gets the same endpoint. */
function become(data: string, old: Credential, answer: CopiedAnswer, hardware: KeptHardware): void {
  const { looksLike: _, copyOf, original, ...own } = answer;
  const { collector, kind, kind_why } = old;
  const ca = own.mqtt?.ca ?? old.mqtt.ca;
  const mqtt = { ...own.mqtt, ...(ca === undefined ? {} : { ca }) };
  const credential = asCredential({ ...own, mqtt, collector, kind, kind_why, hardware });
  if (!credential)
    throw fail('COLLECTOR_UNREACHABLE', { url: collector, reason: 'its answer is not that of a collector' });
  // What waits in it was measured by the other machine, which delivers it. Where that one is gone, nobody else has it.
  if (original === 'alive')
    for (const name of readdirSync(data).filter((one) => one.startsWith('spool.db')))
      rmSync(join(data, name), { force: true });
  writeCredential(data, credential);
  forgetAttempt(data);
}
