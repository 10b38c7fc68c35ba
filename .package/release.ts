/**
 * `npm run package -- release …`: keys that are made offline, and the manifest over the packages that were built. Where the
 * private keys lie, no collector is: whoever takes one over can leave a release out, and not make one.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { flagFault } from '../shared/flag-fault.ts';
import { makeFolder } from '../shared/make-folder.ts';
import {
  type AgentRelease,
  keyText,
  type ReleaseFile,
  ReleaseRefused,
  readKeys,
  readRelease,
  type SignedDocument,
  signDocument,
} from '../shared/release.ts';
import { formatReasons } from '../shared/words/reasons.ts';
import type { BuildPlan } from './config.ts';
import { Refused } from './room.ts';

const releaseHelp = `npm run package -- release COMMAND

  keys make DIR [--passphrase-file F]                  three root keys and a release key, and keys.json with their public halves
  keys next OLD NEW --replace K[,K] [--passphrase-file F]  the next set: K is root-1, root-2, root-3 or release
  sign --keys DIR [--folder DIR] [--version V] [--sequence N] [--floor V] [--from V] [--days 90] [--passphrase-file F]
                                                       manifest.json over the agent's packages in the folder
  verify --keys keys.json [--folder DIR]               what manifest.json says, and whether the packages are those

Make keys on a machine without a network. Give the public set to the build: npm run package -- --keys DIR/keys.json`;

const say = (text: string) => process.stdout.write(`${text}\n`);
const rootNames = ['root-1', 'root-2', 'root-3'];
const keyNames = [...rootNames, 'release'];
const readText = (path: string) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new Refused(`${path} cannot be read: ${(thrown as Error).message}`);
  }
};

interface KeyPair {
  secret: KeyObject;
  key: KeyObject;
}

/** Never over another file: a key that is gone cannot sign its successor. */
function writeNew(path: string, text: string, mode: number): void {
  let file: number;
  try {
    file = openSync(path, 'wx', mode);
  } catch (thrown) {
    throw new Refused(`${path} cannot be written: ${(thrown as Error).message}. Keys are never written over others.`);
  }
  writeFileSync(file, text);
  closeSync(file);
}

function passphraseIn(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const text = readText(path).replace(/\r?\n$/, '');
  if (text.length < 8) throw new Refused(`${path} has a passphrase of less than 8 characters. Take a longer one.`);
  return text;
}

function pemOf(secret: KeyObject, passphrase: string | undefined): string {
  const plain = { format: 'pem', type: 'pkcs8' } as const;
  return passphrase === undefined
    ? secret.export(plain).toString()
    : secret.export({ ...plain, cipher: 'aes-256-cbc', passphrase }).toString();
}

function readPair(folder: string, name: string, passphrase: string | undefined): KeyPair {
  const path = join(folder, `${name}.key`);
  const text = readText(path);
  if (text.includes('ENCRYPTED') && passphrase === undefined)
    throw new Refused(`${path} is encrypted. Give the file with its passphrase: --passphrase-file F`);
  try {
    const secret = createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) });
    return { secret, key: createPublicKey(secret) };
  } catch {
    throw new Refused(`${path} is no private key, or the passphrase is another one.`);
  }
}

function makePair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { secret: privateKey, key: publicKey };
}

type KeyPairs = Readonly<Record<string, KeyPair>>;
const pairIn = (pairs: KeyPairs, name: string): KeyPair => {
  const pair = pairs[name];
  if (!pair) throw new Refused(`there is no key "${name}". There are: ${keyNames.join(', ')}`);
  return pair;
};

function keySet(version: number, pairs: KeyPairs, signers: readonly KeyPair[]): SignedDocument {
  const text = (name: string) => keyText(pairIn(pairs, name).key);
  const content = { type: 'evenkeel-keys', spec: 1, version, roots: rootNames.map(text), releases: [text('release')] };
  return signDocument('keys', content, signers);
}

function writePairs(folder: string, pairs: KeyPairs, passphrase: string | undefined): void {
  makeFolder(folder, 0o700);
  for (const name of keyNames)
    writeNew(join(folder, `${name}.key`), pemOf(pairIn(pairs, name).secret, passphrase), 0o600);
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const readJsonOf = <T>(path: string): T => {
  try {
    return JSON.parse(readText(path)) as T;
  } catch (thrown) {
    if (thrown instanceof Refused) throw thrown;
    throw new Refused(`${path} is not JSON: ${(thrown as Error).message}`);
  }
};

const offline =
  'Keep the private keys where no collector is: the root keys apart from each other and offline, two of them are needed for the next set.';

function makeKeys(folder: string, passphrase: string | undefined): void {
  const pairs: KeyPairs = Object.fromEntries(keyNames.map((name) => [name, makePair()]));
  writePairs(folder, pairs, passphrase);
  writeNew(
    join(folder, 'keys.json'),
    json(
      keySet(
        1,
        pairs,
        rootNames.map((name) => pairIn(pairs, name)),
      ),
    ),
    0o644,
  );
  say(`${keyNames.length} keys in ${folder}${passphrase === undefined ? ', not encrypted' : ''}. ${offline}`);
}

/** Both sets sign the next one; a machine that knows the old one walks to it. */
function nextKeys(from: string, to: string, replace: readonly string[], passphrase: string | undefined): void {
  for (const name of replace)
    if (!keyNames.includes(name)) throw new Refused(`--replace "${name}" is no key. There are: ${keyNames.join(', ')}`);
  if (replace.length === 0) throw new Refused(`Name what is to be another key: --replace ${keyNames.join(' or ')}`);
  const kept = rootNames.filter((name) => !replace.includes(name));
  if (kept.length < 1) throw new Refused('All three root keys cannot go at once: two of the old set sign the new one.');
  const known = readKeys(Buffer.from(readText(join(from, 'keys.json'))));
  const present = (name: string) => existsSync(join(from, `${name}.key`));
  const old: KeyPairs = Object.fromEntries(
    keyNames.filter(present).map((name) => [name, readPair(from, name, passphrase)]),
  );
  const signers = rootNames.flatMap((name) => old[name] ?? []);
  if (signers.length < 2) throw new Refused(`${from} holds ${signers.length} root keys, and two have to sign.`);
  const pairs: KeyPairs = Object.fromEntries(
    keyNames.map((name) => [name, replace.includes(name) ? makePair() : pairIn(old, name)]),
  );
  const next = rootNames.map((name) => pairIn(pairs, name));
  const all = [...new Map([...signers, ...next].map((pair) => [keyText(pair.key), pair])).values()];
  const document = keySet(known.version + 1, pairs, all);
  writePairs(to, pairs, passphrase);
  writeNew(join(to, 'keys.json'), json(document), 0o644);
  const steps = existsSync(join(from, 'steps.json')) ? readJsonOf<SignedDocument[]>(join(from, 'steps.json')) : [];
  writeNew(join(to, 'steps.json'), json([...steps, document]), 0o644);
  if (existsSync(join(from, 'sequence'))) writeNew(join(to, 'sequence'), readText(join(from, 'sequence')), 0o644);
  say(`Keys ${known.version + 1} in ${to}. ${offline}`);
}

const formOfRpm: Readonly<Record<string, string>> = { x86_64: 'linux-x64', aarch64: 'linux-arm64' };

/** Files of the agent in this version, by their names. */
function packagesIn(folder: string, version: string): ReleaseFile[] {
  const head = `evenkeel-agent-${version}-`;
  return readdirSync(folder)
    .sort()
    .flatMap((name): ReleaseFile[] => {
      if (!name.startsWith(head)) return [];
      const rest = name.slice(head.length);
      const [, arch = ''] = /^1\.([a-z0-9_]+)\.rpm$/.exec(rest) ?? [];
      const [, plain, ending] = /^([a-z]+-[a-z0-9]+)\.(deb|tar\.gz|msi|zip)$/.exec(rest) ?? [];
      const target = plain ?? formOfRpm[arch];
      if (target === undefined) return [];
      const path = join(folder, name);
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      return [{ target, form: ending ?? 'rpm', name, size: statSync(path).size, sha256 }];
    });
}

interface SignOptions {
  keys: string;
  folder: string;
  version: string;
  sequence: string | undefined;
  floor: string | undefined;
  from: string | undefined;
  days: string;
  passphrase: string | undefined;
}

function signRelease(options: SignOptions): void {
  const { keys: folder, version } = options;
  const set = Buffer.from(readText(join(folder, 'keys.json')));
  const known = readKeys(set);
  const counter = join(folder, 'sequence');
  const last = existsSync(counter) ? Number(readText(counter)) : 0;
  const sequence = Number(options.sequence ?? last + 1);
  if (!Number.isSafeInteger(sequence) || sequence <= last)
    throw new Refused(`--sequence "${options.sequence}" is no number above ${last}, the last one that was signed.`);
  const days = Number(options.days);
  if (!Number.isInteger(days) || days < 1 || days > 400)
    throw new Refused(`--days "${options.days}" is no whole number from 1 to 400.`);
  const files = packagesIn(options.folder, version);
  if (files.length === 0)
    throw new Refused(
      `${options.folder} has no packages evenkeel-agent-${version}-…. Build them first: npm run package`,
    );
  const released = Math.floor(Date.now() / 1000) * 1000;
  const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
  const release: AgentRelease = {
    ...{ type: 'evenkeel-agent', spec: 1, sequence, version, keys: known.version, files },
    ...{ released: iso(released), expires: iso(released + days * 86_400_000) },
    ...{ floor: options.floor ?? '0.0.0', from: options.from ?? '0.0.0' },
  };
  const steps = join(folder, 'steps.json');
  const manifest = {
    ...signDocument('release', release, [readPair(folder, 'release', options.passphrase)]),
    ...(existsSync(steps) ? { keys: readJsonOf<SignedDocument[]>(steps) } : {}),
  };
  const bytes = Buffer.from(json(manifest));
  readRelease(bytes, known, released);
  writeFileSync(join(options.folder, 'manifest.json'), bytes);
  // For the collector, which reads the manifest with them; machines have theirs from their package.
  writeFileSync(join(options.folder, 'keys.json'), set);
  writeFileSync(counter, `${sequence}\n`);
  say(`manifest.json: release ${version}, number ${sequence}, ${files.length} packages, until ${release.expires}`);
}

function verifyRelease(keys: string, folder: string): void {
  const known = readKeys(Buffer.from(readText(keys)));
  const { release } = readRelease(Buffer.from(readText(join(folder, 'manifest.json'))), known, null);
  const found = new Map(packagesIn(folder, release.version).map((file) => [file.name, file]));
  const faults = release.files.flatMap(({ name, sha256 }) => {
    const file = found.get(name);
    if (!file) return existsSync(join(folder, name)) ? [`${name} is not what its name says`] : [];
    return file.sha256 === sha256 ? [] : [`${name} is another file than the one that was signed`];
  });
  const old = Date.parse(release.expires) <= Date.now() ? ' (EXPIRED: machines install nothing of it)' : '';
  say(`Release ${release.version}, number ${release.sequence}, until ${release.expires}${old}`);
  say(
    `signed by version ${release.keys} of the release keys; ${release.files.length} packages, ${found.size} of them in ${folder}`,
  );
  if (faults.length > 0) throw new Refused(faults.join('\n'));
}

/** @param words behind `release` @throws Refused with what to do */
export function release(plan: BuildPlan, words: string[]): void {
  try {
    command(plan, words);
  } catch (thrown) {
    if (thrown instanceof ReleaseRefused) throw new Refused(`It does not hold: ${formatReasons('en', thrown.reasons)}`);
    throw thrown;
  }
}

function command(plan: BuildPlan, words: string[]): void {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseRelease(words, {
    ...{ keys: text, folder: text, version: text, sequence: text, floor: text, from: text, replace: text },
    ...{ days: { ...text, default: '90' }, 'passphrase-file': text, help: { type: 'boolean', short: 'h' } },
  });
  const passphrase = passphraseIn(values['passphrase-file']);
  const folder = resolve(values.folder ?? plan.out);
  const [word, second, ...more] = positionals;
  const needed = (value: string | undefined, what: string) => {
    if (value === undefined) throw new Refused(`${what} is missing.\n\n${releaseHelp}`);
    return resolve(value);
  };
  if (values.help) say(releaseHelp);
  else if (word === 'keys' && second === 'make') makeKeys(needed(more[0], 'The folder for the keys'), passphrase);
  else if (word === 'keys' && second === 'next') {
    const [from, to] = [needed(more[0], 'The folder of the old keys'), needed(more[1], 'The folder for the new ones')];
    nextKeys(from, to, values.replace?.split(',').filter(Boolean) ?? [], passphrase);
  } else if (word === 'sign') {
    const { sequence, floor, from, days } = values;
    const version = values.version ?? plan.version;
    signRelease({
      ...{ keys: needed(values.keys, '--keys DIR'), folder, version, sequence, floor, from, passphrase },
      days: days ?? '90',
    });
  } else if (word === 'verify') verifyRelease(needed(values.keys, `--keys ${basename('keys.json')}`), folder);
  else throw new Refused(`"${positionals.join(' ')}" is no command.\n\n${releaseHelp}`);
}

type ReleaseFlags = Partial<
  Record<'keys' | 'folder' | 'version' | 'sequence' | 'floor' | 'from' | 'replace' | 'days' | 'passphrase-file', string>
> & { help?: boolean };

function parseRelease(words: string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']) {
  try {
    const parsed = parseArgs({ args: words, allowPositionals: true, options });
    return { values: parsed.values as ReleaseFlags, positionals: parsed.positionals };
  } catch (thrown) {
    throw new Refused(`The command line has ${flagFault(thrown)}.\nWhat it takes: npm run package -- release --help`);
  }
}
