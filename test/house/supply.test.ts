/** What is installed is what was looked at: its bytes by their digest, nothing of it runs while it is installed. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

interface Locked {
  version?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  link?: boolean;
}

const packages = Object.entries(
  (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages,
);

test('every package of the lock file has its digest and comes without scripts of its own', () => {
  const others = packages.filter(([path]) => path !== '');
  assert.ok(others.length > 200, `${others.length} packages`);
  const without = others.filter(([, one]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(one.integrity ?? ''));
  assert.equal(
    without.map(([path]) => path),
    [],
  );
  assert.equal(
    others.filter(([, one]) => one.hasInstallScript || one.link).map(([path]) => path),
    [],
  );
});

test('every dependency is one version, and the lock file has that one', () => {
  const own = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
    for (const [name, version] of Object.entries(own[kind] as Record<string, string>)) {
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} is any of ${version}`);
      assert.is(packages.find(([path]) => path === `node_modules/${name}`)?.[1].version, version, name);
    }
});

test('npm runs no script of a package and takes no version of the last days', () => {
  const lines = read('.npmrc').split('\n');
  assert.ok(lines.includes('ignore-scripts=true'));
  assert.ok(lines.some((line) => Number(/^min-release-age=(\d+)$/.exec(line)?.[1]) >= 7));
});

test.run();
