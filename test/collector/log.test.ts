/** What a started collector writes to stderr when no one watches: lines for people, or JSON where it is asked for. */
import pino from 'pino';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readable } from '../../collector/log.ts';
import { fail } from '../../shared/errors.ts';
import { startCollector, temporaryFolder } from '../support/processes.ts';

async function logOf(words: string[], env: Record<string, string> = {}): Promise<string[]> {
  const folder = temporaryFolder();
  const collector = await startCollector(folder.path, words, { EVENKEEL_NO_SUCH: '1', ...env });
  collector.child.kill('SIGTERM');
  const { stderr } = await collector.ended;
  folder.remove();
  return stderr.trim().split('\n');
}

test('in a pipe the lines are readable, with date and zone', async () => {
  const lines = await logOf([]);
  const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info |WARN |ERROR) \S/;
  assert.equal(
    lines.filter((line) => !shape.test(line)),
    [],
  );
  assert.match(lines.join('\n'), /Z WARN {2}The environment variable EVENKEEL_NO_SUCH is not known/);
});

test('JSON lines by flag and by environment', async () => {
  for (const lines of [await logOf(['--log-format', 'json']), await logOf([], { EVENKEEL_LOG_FORMAT: 'json' })]) {
    const levels = lines.map((line) => (JSON.parse(line) as { level: number }).level);
    assert.ok(levels.includes(40), lines.join('\n'));
  }
});

test('one line whatever the values hold; the stack of an error is below it', () => {
  const line = (values: object) => readable(JSON.stringify({ level: 40, time: 0, msg: 'Said', ...values }), false);
  assert.is(line({ a: 'x\ny', b: { c: 1 } }), '1970-01-01T00:00:00.000Z WARN  Said a="x\\ny" b={"c":1}\n');
  assert.match(
    line({ err: { message: 'broke', stack: 'Error: broke\n    at here' } }),
    /Said\nError: broke\n {4}at here\n$/,
  );
  const away = pino.stdSerializers.err(fail('STATE_UNAVAILABLE', {}, new Error('no answer within 15 s')));
  assert.match(line({ err: away }), /^\S+ WARN {2}Said err="The collector cannot reach .*no answer within 15 s"\n$/);
  assert.match(
    readable(JSON.stringify({ level: 30, time: Date.now(), msg: 'x' }), true),
    /^\d\d:\d\d:\d\d info {2}x\n$/,
  );
});

test.run();
