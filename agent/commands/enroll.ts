/** `enroll`: exchanges a join code for this machine's own credential. Prints what it did. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { ask } from '../control-socket.ts';
import { credentialPath } from '../credential.ts';
import { enroll } from '../enroll.ts';
import { fingerprintOf, readParts } from '../fingerprint.ts';
import { type Guess, guessKind, readSigns } from '../platform/kind.ts';
import { run } from '../run.ts';
import { readTrusted } from '../trusted-path.ts';
import { type AgentCommand, type CommandLine, isOneOf } from './command.ts';
import { print } from './print.ts';

const kinds = ['server', 'workstation'] as const;

/** @throws EvenkeelError BAD_FLAG, CONFIG_UNREADABLE */
function readCode({ values, words }: CommandLine): string {
  const [word, ...more] = words;
  const given = [...(word === undefined ? [] : ['a code']), ...(values.file === undefined ? [] : ['--file'])];
  if (given.length !== 1 || more.length > 0)
    throw fail('BAD_FLAG', { problem: given.length === 0 ? 'no join code' : 'more than one join code' });
  if (word !== undefined && word !== '-') return word;
  // 0 is standard input.
  const source = word === '-' || values.file === '-' ? 0 : String(values.file);
  try {
    return readFileSync(source, 'utf8');
  } catch (thrown) {
    throw fail(
      'CONFIG_UNREADABLE',
      { file: String(values.file ?? 'standard input'), reason: reasonOf(thrown) },
      thrown,
    );
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

async function kindOf(flag: unknown): Promise<Guess> {
  if (flag === undefined) return guessKind(await readSigns(process.platform, '', run));
  if (!isOneOf(flag, kinds)) throw fail('BAD_FLAG', { problem: `--kind "${flag}"; it is server or workstation` });
  return { kind: flag, why: reason('kind_said_at_enrolment') };
}

export const command: AgentCommand = {
  options: {
    file: { type: 'string' },
    collector: { type: 'string' },
    name: { type: 'string' },
    kind: { type: 'string' },
    ca: { type: 'string' },
    again: { type: 'boolean' },
  },
  async run(line) {
    const { data, values } = line;
    const code = readCode(line);
    const { credential, looksLike } = await enroll({
      data,
      code,
      kind: await kindOf(values.kind),
      again: values.again === true,
      fingerprint: fingerprintOf(await readParts(process.platform, '', run)),
      ...(typeof values.collector === 'string' ? { collector: values.collector } : {}),
      ...(typeof values.name === 'string' ? { name: values.name } : {}),
      ...(typeof values.ca === 'string' ? { ca: readAuthority(values.ca) } : {}),
    });
    const known = looksLike.map((name) => `"${name}"`).join(', ');
    const lines = [
      `Enrolled as ${credential.name} at ${credential.collector}.`,
      `It counts as a ${credential.kind}: ${credential.kind_why}. You can change that on its page.`,
      `Its credential is in ${resolve(credentialPath(data))}, readable by this user only. Reports go to ${credential.mqtt.url}.`,
      ...(known === ''
        ? []
        : [
            `It looks like ${known}, which the collector knows: if that is this machine, installed anew, say so on the page of ${credential.name}.`,
          ]),
      values.again === true && (await ask(data, 'status')) !== null
        ? 'The agent that runs here still has the old identity: start it again.'
        : 'Start the agent with: npm run agent -- run',
    ];
    print(...lines);
    return 0;
  },
};
