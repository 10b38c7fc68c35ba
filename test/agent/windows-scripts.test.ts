/** Every script that any check hands to PowerShell, found by running the checks as on Windows. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChecks } from '../../agent/checks/index.ts';
import { powershell } from '../../agent/checks/powershell.ts';
import { run as realRun } from '../../agent/run.ts';
import { trialContext } from '../support/check-context.ts';

const test = suite('scripts for PowerShell');

function scriptOf(args: readonly string[]): string {
  const at = args.indexOf('-EncodedCommand');
  assert.ok(at > 0 && at === args.length - 2, args.join(' '));
  return Buffer.from(args[at + 1] as string, 'base64').toString('utf16le');
}

test('each sets the encoding of its output before it prints anything, and nothing else starts PowerShell', async () => {
  const scripts = new Map<string, string>();
  for (const check of createChecks()) {
    // Asks a library that starts programs by itself.
    if (check.name === 'hardware') continue;
    const context = trialContext({
      platform: 'win32',
      root: '/nowhere',
      data: '/nowhere',
      run: async (file, args) => {
        if (/powershell|pwsh/i.test([file, ...args].join(' '))) {
          assert.is(file, 'powershell.exe');
          scripts.set(scriptOf(args), check.name);
        }
        return { code: 1, signal: null, stdout: '', stderr: 'refused', ended: null, ms: 1 };
      },
    });
    await check.run(context).catch(() => {});
  }
  const found = new Set(scripts.values());
  for (const name of ['disk', 'backup', 'patches', 'os_state', 'health_slow', 'software'])
    assert.ok(found.has(name), `${name}: ${[...found]}`);
  for (const [script, name] of scripts) {
    const lines = script.split('\n');
    const set = lines.findIndex((line) => line.includes('[Console]::OutputEncoding=[Text.UTF8Encoding]::new($false)'));
    assert.ok(set >= 0 && set <= 1, name);
  }
});

test('a failed script keeps the end of its error; an answer in UTF-16 or after a warning is read', async () => {
  const answer = (code: number, stdout: string, stderr = '') =>
    trialContext({ run: async () => ({ code, signal: null, stdout, stderr, ended: null, ms: 1 }) });
  const long = `Get-WBSummary : ${'words '.repeat(400)}FullyQualifiedErrorId : CommandNotFoundException`;
  const failed = await powershell(answer(1, '', `#< CLIXML <S S="Error">${long}</S>`), 'x', 1000);
  assert.match(String(failed.reasons[0]?.params?.text), /^Get-WBSummary : .*CommandNotFoundException$/);
  assert.equal((await powershell(answer(0, '\ufeff{"a":"périphérique"}'), 'x', 1000)).value, { a: 'périphérique' });
  const open = performance.now();
  await powershell(answer(1, '', '<'.repeat(65_536)), 'x', 1000);
  assert.ok(performance.now() - open < 200, 'linear');
});

test('what a program prints is decoded by its mark, else as UTF-8, else as Windows-1252', async () => {
  const printed = async (bytes: Buffer) => {
    const script = `process.stdout.write(Buffer.from('${bytes.toString('base64')}', 'base64'))`;
    return (await realRun(process.execPath, ['-e', script], { timeoutMs: 20_000 })).stdout;
  };
  for (const bytes of [
    Buffer.from('Gerät\n'),
    Buffer.from('\ufeffGerät\n'),
    Buffer.from('\ufeffGerät\n', 'utf16le'),
    Buffer.from('\ufeffGerät\n', 'utf16le').swap16(),
    Buffer.from('Gerät\n', 'latin1'),
  ])
    assert.is(await printed(bytes), 'Gerät\n');
  const both = Buffer.concat([Buffer.from('Übung\n'), Buffer.from('Gerät\n', 'latin1')]);
  assert.is(await printed(both), 'Übung\nGerät\n', 'one line in another encoding spoils no other');
});

test.run();
