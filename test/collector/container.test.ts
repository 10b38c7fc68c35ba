/** The recipes for containers: nothing is open that they do not say, and nothing has a password from the start. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { commands } from '../../collector/commands/index.ts';

const test = suite('containers');
const read = (name: string) =>
  readFileSync(new URL(`../../collector/package/container/${name}`, import.meta.url), 'utf8');
const recipe = read('Containerfile');
const { services, volumes } = parse(read('compose.yaml')) as {
  services: Record<
    string,
    Record<string, unknown> & { ports: string[]; volumes: string[]; healthcheck: { test: string[] } }
  >;
  volumes: Record<string, unknown>;
};
const collector = services.collector as (typeof services)[string];

test('compose opens ports on this machine only, and gives no password', () => {
  assert.equal(Object.keys(services), ['collector']);
  for (const port of collector.ports) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/);
  assert.is(collector.environment, undefined);
  assert.not.match(read('compose.yaml'), /^[^#]*(password|secret|token)/im);
  assert.equal(collector.cap_drop, ['ALL']);
});

test('data outlive the container: the volume of the image is a named one', () => {
  const folder = /^VOLUME (\S+)$/m.exec(recipe)?.[1];
  assert.equal(collector.volumes, [`data:${folder}`]);
  assert.ok('data' in volumes);
});

test('the check of health is one, and a command of the collector', () => {
  const [, words = '[]'] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(recipe) ?? [];
  assert.equal(collector.healthcheck.test, ['CMD', ...(JSON.parse(words) as string[])]);
  assert.ok(String(collector.healthcheck.test.at(-1)) in commands);
  const published = collector.ports.map((port) => port.split(':').at(-1));
  assert.equal(/^EXPOSE (.*)$/m.exec(recipe)?.[1]?.split(' '), published);
});

test('it runs as a user without rights, by number', () => assert.match(recipe, /^USER [1-9]\d+:[1-9]\d+$/m));

test.run();
