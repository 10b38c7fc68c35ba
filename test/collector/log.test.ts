/** What a started collector writes to stderr when no one watches: lines for people, or JSON where it is asked for. */
import pino from 'pino';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog as createAgentLog } from '../../agent/log.ts';
import { readable } from '../../collector/log.ts';
import { fail } from '../../shared/errors.ts';
import { openWire } from '../simulate/wire.ts';
import { disturbers, hasDisturber } from '../support/disturbers.ts';
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

test('nothing from outside breaks a line or reaches a terminal: not by message, value, name of a value, or error', () => {
  for (const one of disturbers) {
    const bad = `a${one}b`;
    const err = pino.stdSerializers.err(Object.assign(new Error(bad, { cause: new Error(bad) }), { name: bad }));
    const written = readable(
      JSON.stringify({ level: 40, time: 0, msg: bad, err, [bad]: bad, deep: { [bad]: [bad] } }),
      false,
    );
    const lines = written.slice(0, -1).split('\n');
    assert.match(lines[0] ?? '', /^1970-01-01T00:00:00.000Z WARN /);
    // Only frames and causes, further to the right.
    for (const line of lines.slice(2)) assert.match(line, /^ {4}(at |caused by: )/);
    for (const line of lines) assert.not.ok(hasDisturber(line), JSON.stringify(line));
  }
});

test('the agent’s log neither', () => {
  const { write } = process.stderr;
  for (const one of disturbers) {
    let written = '';
    process.stderr.write = ((text: string) => {
      written += text;
      return true;
    }) as typeof write;
    try {
      createAgentLog('info').warn({ [`a${one}b`]: `a${one}b` }, `a${one}b`);
    } finally {
      process.stderr.write = write;
    }
    assert.not.ok(hasDisturber(written.slice(0, -1)), JSON.stringify(written));
  }
});

for (const format of ['text', 'json'] as const)
  test(`a CONNECT without credentials writes nothing of its own into the log (${format})`, async () => {
    const folder = temporaryFolder();
    const collector = await startCollector(folder.path, ['--log-format', format]);
    const { hostname, port } = new URL(collector.mqtt);
    const bad = 'x") \u001b[2J\u009b1m\n2026-01-01T00:00:00.000Z info  All is well';
    const refused = openWire({ host: hostname, port: Number(port), clientId: bad, username: bad, password: bad });
    assert.is(await refused.connected, 4);
    const stranger = openWire({ host: hostname, port: Number(port), clientId: `${bad}2`, username: 'other' });
    await Promise.allSettled([stranger.connected, stranger.closed]);
    collector.child.kill('SIGTERM');
    const { stderr } = await collector.ended;
    folder.remove();
    const lines = stderr.trimEnd().split('\n');
    assert.ok(
      lines.some((line) => line.includes('Refused: ')),
      stderr,
    );
    for (const line of lines) {
      assert.not.ok(hasDisturber(line), JSON.stringify(line));
      assert.not.match(line, /^2026-01-01/);
      if (format === 'json') JSON.parse(line);
      // The quotation is not closed by what stands in it.
      else assert.not.match(line, 'client "x")');
    }
  });

test.run();
