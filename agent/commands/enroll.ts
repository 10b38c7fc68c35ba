/** `enroll`: exchanges a join code for this machine's own credential. Prints what it did. */

import { X509Certificate } from 'node:crypto';
import { existsSync, ftruncateSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import type { WaitingAnswer } from '../../shared/applicant.ts';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { isReadable } from '../../shared/loopback.ts';
import { reason } from '../../shared/reason.ts';
import { sentence } from '../../shared/sentence.ts';
import { ask } from '../control-socket.ts';
import { credentialPath, plainPassword, readCredential } from '../credential.ts';
import { enroll } from '../enroll.ts';
import { markOf, printOf, readMachine } from '../fingerprint.ts';
import { becomeOwner, isPackaged } from '../home.ts';
import { type Guess, guessKind, readSigns } from '../platform/kind.ts';
import { run } from '../run.ts';
import { readTrusted } from '../trusted-path.ts';
import { keepWaiting, readWaiting, untilDecided } from '../waiting.ts';
import { webUrl } from '../ways.ts';
import { type AgentCommand, type CommandLine, isOneOf } from './command.ts';
import { print } from './print.ts';

const kinds = ['server', 'workstation'] as const;

const codeInWords = `The join code stands in the command line: while this runs, every user of this machine can read it in the list of processes, and the shell keeps it in its history.
Next time run \`npm run agent -- enroll\` and paste the code when asked, or send it to \`enroll -\`.
`;

/** As a password: what is typed or pasted is not shown. */
async function askForCode(): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Only now does the terminal no longer show what is typed.
  process.stderr.write('Join code (it is not shown): ');
  // In this mode Ctrl-C and Ctrl-D come as keys.
  const aborted = new Promise<string>((resolve) => {
    lines.once('SIGINT', () => resolve(''));
    lines.once('close', () => resolve(''));
  });
  const code = await Promise.race([lines.question(''), aborted]);
  lines.close();
  process.stderr.write('\n');
  return code;
}

function readSource(source: string | 0): string {
  try {
    return readFileSync(source, 'utf8');
  } catch (thrown) {
    const file = source === 0 ? 'standard input' : source;
    throw fail('CODE_FILE_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
  }
}

/** @throws EvenkeelError BAD_FLAG, CODE_FILE_UNREADABLE, CODE_FILE_OPEN */
async function readCode({ values, words }: CommandLine): Promise<string> {
  const [word, ...more] = words;
  const named = values['code-file'] ?? values.file;
  const { EVENKEEL_JOIN_CODE: given, EVENKEEL_JOIN_CODE_FILE: fromEnv } = process.env;
  const file = named === undefined ? (word === undefined && !given ? fromEnv : undefined) : String(named);
  if (more.length > 0 || (word !== undefined && file !== undefined))
    throw fail('BAD_FLAG', { problem: 'more than one join code' });
  if (word !== undefined && word !== '-') {
    process.stderr.write(codeInWords);
    return word;
  }
  if (file !== undefined && file !== '-')
    return values['code-file'] === undefined ? readSource(file) : readSecret(file);
  if (word === undefined && named === undefined && given) return given;
  // `process.stdin` would make a pipe one that answers EAGAIN where the code comes a moment later.
  const code = isatty(0) ? await askForCode() : readSource(0);
  if (code.trim() === '')
    throw fail('BAD_FLAG', { problem: 'no join code, and none came from the terminal or standard input' });
  return code;
}

/** Of its owner alone: whoever else could read the code could be this machine. @throws EvenkeelError CODE_FILE_UNREADABLE, CODE_FILE_OPEN, UNTRUSTED_PATH */
function readSecret(file: string): string {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw fail('CODE_FILE_OPEN', { file, mode: (mode & 0o777).toString(8) });
  try {
    return readTrusted(file).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) throw thrown;
    throw fail('CODE_FILE_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
  }
}

/** @throws EvenkeelError CONFIG_UNREADABLE, UNTRUSTED_PATH, BAD_FLAG when the file holds no certificate */
function readAuthority(file: string): string {
  let text: string;
  try {
    text = readTrusted(file).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) throw thrown;
    throw fail('CONFIG_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
  }
  try {
    new X509Certificate(text);
  } catch (thrown) {
    const problem = `--ca "${file}", which is not a certificate in PEM form (-----BEGIN CERTIFICATE-----)`;
    throw fail('BAD_FLAG', { problem }, thrown);
  }
  return text;
}

/** Opened with the rights of the start: root's file is not the agent's to remove afterwards, but it is emptied. */
function codeFileOf(named: unknown): { forget(): void } {
  if (typeof named !== 'string') return { forget() {} };
  let file: number | null = null;
  try {
    file = openSync(named, 'r+');
  } catch {
    // Read-only, as secrets of orchestrators are.
  }
  return {
    forget() {
      if (file !== null) ftruncateSync(file);
      try {
        rmSync(named);
      } catch {
        if (file === null)
          process.stderr.write(`The join code still lies in ${named}, which cannot be changed. Remove it.\n`);
      }
    },
  };
}

async function kindOf(flag: unknown): Promise<Guess> {
  if (flag === undefined) return guessKind(await readSigns(process.platform, '', run));
  if (!isOneOf(flag, kinds)) throw fail('BAD_FLAG', { problem: `--kind "${flag}"; it is server or workstation` });
  return { kind: flag, why: reason('kind_said_at_enrolment') };
}

const hasService = () => isPackaged() && (process.platform !== 'linux' || existsSync('/run/systemd/system'));

/** @throws EvenkeelError BAD_FLAG */
function waitingHere(data: string) {
  becomeOwner(data);
  const kept = readWaiting(data);
  if (!kept) throw fail('BAD_FLAG', { problem: '--resume, and this machine waits for no approval' });
  return kept;
}

const sayTrouble = ({ message }: EvenkeelError) => process.stderr.write(`${message} It is asked again.\n`);

function waits({ checkWord, until }: WaitingAnswer, isAsked: boolean): string[] {
  return [
    'This machine may join as soon as a person has approved it, on the page "Add endpoint" of the collector.',
    `Its check word: ${checkWord}. Approve only a machine that shows the same one there.`,
    isAsked
      ? `Its agent asks until ${new Date(until).toISOString().slice(0, 16)}Z, also after a restart, and reports as soon as it may.`
      : `This asks until ${new Date(until).toISOString().slice(0, 16)}Z. Where it is stopped, run the same again: it is the same question.`,
  ];
}

function start(): string {
  return hasService() ? 'Its service starts it within seconds.' : 'Start the agent with: npm run agent -- run';
}

export const command: AgentCommand = {
  options: {
    file: { type: 'string' },
    'code-file': { type: 'string' },
    collector: { type: 'string' },
    name: { type: 'string' },
    kind: { type: 'string' },
    ca: { type: 'string' },
    again: { type: 'boolean' },
    'if-needed': { type: 'boolean' },
    'insecure-http': { type: 'boolean' },
    /** Of `run`: goes on with an enrolment that waits for approval. */
    resume: { type: 'boolean' },
  },
  async run(line) {
    const { data, values } = line;
    if (values['if-needed'] === true && values.again !== true && existsSync(credentialPath(data))) {
      // What another user could change is not read as root.
      becomeOwner(data);
      const { name, collector } = readCredential(data) ?? { name: '?', collector: '?' };
      print(`Enrolled already, as ${name} at ${collector}: nothing was changed.`);
      return 0;
    }
    const resumed = values.resume === true ? waitingHere(data) : null;
    const code = resumed?.code ?? (await readCode(line));
    const kind = await kindOf(values.kind);
    const machine = await readMachine(run);
    const hardware = { mark: markOf(machine), print: printOf(machine) };
    const ca = typeof values.ca === 'string' ? { ca: readAuthority(values.ca) } : {};
    const codeFile = codeFileOf(values['code-file']);
    // Serial numbers are root's to read; the credential is the agent's.
    becomeOwner(data);
    const options = resumed ?? {
      ...{ data, code, kind, hardware, since: Date.now() },
      again: values.again === true,
      insecure: values['insecure-http'] === true,
      ...(typeof values.collector === 'string' ? { collector: values.collector } : {}),
      ...(typeof values.name === 'string' ? { name: values.name } : {}),
      ...ca,
    };
    let outcome = resumed ? null : await enroll(options);
    if (outcome && 'waiting' in outcome) {
      keepWaiting(options);
      const isAsked = options.again ? (await ask(data, 'status')) !== null : hasService();
      codeFile.forget();
      print(...waits(outcome.waiting, isAsked));
      if (isAsked) return 0;
      outcome = null;
    }
    const { credential, looksLike } = outcome ?? (await untilDecided(options, sayTrouble));
    codeFile.forget();
    const known = looksLike.map((name) => `"${name}"`).join(', ');
    const lines = [
      `Enrolled as ${credential.name} at ${credential.collector}.`,
      `It counts as a ${credential.kind}: ${sentence(credential.kind_why)} You can change that on its page.`,
      `Its credential is in ${resolve(credentialPath(data))}, readable by this user only. Reports go to ${credential.mqtt.url}${credential.mqtt.websocket ? `; where that port is not reached, by WebSocket to ${webUrl(credential)}` : ''}.`,
      ...(isReadable(credential.mqtt.url) ? [`${plainPassword}.`] : []),
      ...(known === ''
        ? []
        : [
            `It looks like ${known}, which the collector knows: if that is this machine, installed anew, say so on the page of ${credential.name}.`,
          ]),
      values.again === true && (await ask(data, 'status')) !== null
        ? 'The agent that runs here still has the old identity: start it again.'
        : start(),
    ];
    print(...lines);
    return 0;
  },
};
