/** Starts the system's `ping` for the collector: from fixed folders, with a fixed environment, without a shell. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TargetContext } from '../../shared/targets/kind.ts';

const folders =
  process.platform === 'win32'
    ? [join(process.env.SystemRoot ?? 'C:\\Windows', 'System32')]
    : ['/usr/bin', '/bin', '/sbin'];
const outputAtMost = 64 * 1024;
/** `ping` ends by itself after the time of the target, at most a minute. */
const longestMs = 70_000;

export const runSystemProgram: TargetContext['run'] = (program, args) => {
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program];
  const file = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
  if (file === undefined) return Promise.resolve(null);
  const windows = process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot } : {};
  const env = { PATH: folders.join(':'), LC_ALL: 'C', LANG: 'C', ...windows };
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: longestMs, maxBuffer: outputAtMost }, (error, stdout) => {
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
      resolve({ code, stdout });
    });
  });
};
