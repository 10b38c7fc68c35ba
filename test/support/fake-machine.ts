/**
 * Loaded into a real agent by `node --import`, and into what it starts: what identifies the machine is read below the folder
 * `FAKE_MACHINE`, all else as it is.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';

const fs = createRequire(import.meta.url)('node:fs') as Record<string, (...words: unknown[]) => unknown>;
const root = process.env.FAKE_MACHINE ?? '';
const faked =
  /^\/(sys\/class\/(dmi|net)\b|etc\/machine-id$|var\/lib\/dbus|proc\/device-tree|run\/evenkeel-identity|proc\/self\/ns\/pid$)/;

for (const name of ['readFileSync', 'readlinkSync', 'readdirSync', 'openSync', 'lstatSync']) {
  const original = fs[name] as (...words: unknown[]) => unknown;
  fs[name] = (path, ...more) => original(typeof path === 'string' && faked.test(path) ? root + path : path, ...more);
}
syncBuiltinESMExports();
