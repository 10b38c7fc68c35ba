/** What everybody relies on without looking: types and lint hold, the lock file installs everywhere, README is true. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const top = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(`${top}${file}`, 'utf8');
interface Locked {
  resolved?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
  devOptional?: boolean;
  license?: string;
  optionalDependencies?: Record<string, string>;
}
const packages: Record<string, Locked> = JSON.parse(read('package-lock.json')).packages;

test('npm run check finds nothing', () => {
  const result = spawnSync('npm', ['run', '--silent', 'check'], {
    cwd: top,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  assert.is(result.status, 0, `${result.stdout}\n${result.stderr}`);
});

test('the lock file names every platform’s package and no download address', () => {
  const missing = Object.values(packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => !Object.keys(packages).some((key) => key.endsWith(`node_modules/${name}`)));
  assert.equal(missing, [], 'npm ci refuses a lock file that leaves out packages of other platforms');
  assert.equal(
    Object.keys(packages).filter((key) => packages[key]?.resolved !== undefined),
    [],
  );
});

test('nothing that runs in production runs a script at installation, and licences are permissive', () => {
  const production = Object.entries(packages).filter(([key, entry]) => key !== '' && !entry.dev && !entry.devOptional);
  assert.ok(production.length > 50);
  assert.equal(
    production.filter(([, entry]) => entry.hasInstallScript).map(([key]) => key),
    [],
  );
  const permissive = /^\(?(MIT|ISC|BSD|Apache-2|0BSD|BlueOak|Unlicense|CC0|MIT-0|Python-2|PSF-2)/;
  assert.equal(
    production
      .filter(([, entry]) => entry.license && !permissive.test(entry.license))
      .map(([key, entry]) => `${key}: ${entry.license}`),
    [],
  );
});

for (const [page, atLeast] of Object.entries({ 'README.md': 5, '.github/CONTRIBUTING.md': 3 }))
  test(`${page}: every script, file and picture that it names exists`, () => namesWhatExists(page, atLeast));

function namesWhatExists(page: string, atLeast: number): void {
  const readme = read(page);
  const scripts = JSON.parse(read('package.json')).scripts;
  const named = [...readme.matchAll(/npm run ([a-z-]+)/g)].map((match) => match[1] as string);
  assert.ok(named.length >= atLeast);
  assert.equal(
    named.filter((script) => !(script in scripts)),
    [],
  );
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((link) => !link.includes('://'));
  assert.equal(
    links.filter((link) => !leadsSomewhere(join(top, page, '..'), link)),
    [],
  );
}

/** A heading becomes an address as GitHub makes it: lower case, spaces as dashes, the rest of the signs left out. */
function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const path = join(from, file);
  if (!existsSync(path)) return false;
  if (heading === undefined) return true;
  const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) => match[1] as string);
  return headings.some(
    (text) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-') === heading,
  );
}

test('started by hand with an older Node, each entry says what to type instead', () => {
  const older = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '24.21.0' })";
  const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
  const entries = Object.entries(scripts).filter(([, command]) => /^node \S+\.ts$/.test(command));
  assert.ok(entries.length >= 6);
  for (const [script, command] of entries) {
    const words = ['--import', older, `${top}${command.slice('node '.length)}`, '--help'];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    assert.is(status, 1, command);
    assert.match(stderr, 'needs Node 26');
    assert.match(stderr, `type: npm ${script === 'test' ? 'test' : `run ${script}`} -- --help\n`);
  }
});

test.run();
