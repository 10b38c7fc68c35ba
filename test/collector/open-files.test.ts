import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Endpoint } from '../../collector/fleet/fleet.ts';
import { filesWarning, warnOfFiles } from '../../collector/open-files.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import { temporaryFolder } from '../support/processes.ts';

const test = suite('open files');
const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max processes             95717                95717                processes
Max open files            ${soft.padEnd(20)} 524288               files
`;

test('a limit below what the endpoints need is said with what to do; none, and an unknown one, is not', () => {
  assert.is(filesWarning(limits('1024'), 524), null);
  const warning = filesWarning(limits('1024'), 525) ?? '';
  assert.match(warning, /open 1024 files, and 525 endpoints need 1025:.*LimitNOFILE.*ulimit -n/);
  assert.is(filesWarning(limits('unlimited'), 1_000_000), null);
  assert.is(filesWarning('', 1_000_000), null);
});

test('a start with more endpoints than files warns, and one without such limits does not', () => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, text: string) => warnings.push(text) } as unknown as Log;
  const folder = temporaryFolder();
  const path = join(folder.path, 'limits');
  writeFileSync(path, limits('501'));
  const fleet = (count: number) => ({ all: () => Array.from({ length: count }, () => ({}) as Endpoint) });
  warnOfFiles(fleet(1), log, path);
  assert.is(warnings.length, 0);
  warnOfFiles(fleet(2), log, path);
  assert.match(warnings[0] ?? '', /open 501 files, and 2 endpoints need 502/);
  warnOfFiles(fleet(1_000_000), log, join(folder.path, 'none'));
  assert.is(warnings.length, 1);
  folder.remove();
});

test.run();
