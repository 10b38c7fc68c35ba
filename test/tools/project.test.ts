/** What everybody relies on without looking: types and lint hold, the lock file installs everywhere, README is true. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
  const permissive = /^\(?(MIT|ISC|BSD|Apache-2|0BSD|BlueOak|Unlicense|CC0|MIT-0|Python-2)/;
  assert.equal(
    production
      .filter(([, entry]) => entry.license && !permissive.test(entry.license))
      .map(([key, entry]) => `${key}: ${entry.license}`),
    [],
  );
});

test('README: every script, file and picture that it names exists', () => {
  const readme = read('README.md');
  const scripts = JSON.parse(read('package.json')).scripts;
  const named = [...readme.matchAll(/npm run ([a-z-]+)/g)].map((match) => match[1] as string);
  assert.ok(named.length >= 5);
  assert.equal(
    named.filter((script) => !(script in scripts)),
    [],
  );
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((link) => !link.includes('://'));
  assert.equal(
    links.filter((link) => !existsSync(`${top}${link}`)),
    [],
  );
});

test.run();
