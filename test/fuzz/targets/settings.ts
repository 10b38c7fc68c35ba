/** `evenkeel.yaml` of the collector, `agent.yaml` and `checks.yaml` of the agent: read whole, or refused in words. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings } from '../../../agent/settings.ts';
import { loadConfig } from '../../../collector/settings/config.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import type { Target } from '../target.ts';

const samples = [
  'data: ./data\nhttp: { host: 127.0.0.1, port: 7460, publicUrl: "https://keel.example.net:7460", names: [a.example] }\n',
  'mqtt:\n  host: 127.0.0.1\nretention: { raw: 14d, fiveMinutes: 90d, oneHour: 1095d }\nzone: Asia/Tokyo\n',
  'rules:\n  - id: disk-almost-full\n    when: { metric: disk.used_percent, above: 80 }\n    for: 5m\n  - id: own\n    off: true\n',
  'channels:\n  - { name: desk, kind: webhook, url: "https://hooks.example.net/x", minSeverity: warning }\ntickets: { openAfter: 2m }\n',
  'custom:\n  - name: certificate\n    run: [/usr/bin/true, -w, "30"]\n    every: 10m\n    timeout: 5s\n    output: nagios\n',
  'base: &a { host: 127.0.0.1 }\nhttp:\n  <<: *a\n  port: 1\n',
].map((text) => Buffer.from(text));

export function openSettings(): Target {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-fuzz-'));
  const file = join(folder, 'evenkeel.yaml');

  function refusesInWords(read: () => unknown): void {
    try {
      read();
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError)) throw thrown;
      if (/undefined|\[object|NaN/.test(thrown.message))
        throw new Error(`an answer nobody understands: ${thrown.message}`);
    }
  }

  return {
    ...{ samples, longest: 16 * 1024, cpuMs: 2_000 },
    take(input) {
      writeFileSync(file, input);
      refusesInWords(() => loadConfig({ config: file }, {}, folder));
      const text = input.toString('utf8');
      refusesInWords(() => parseSettings(text, 'agent.yaml'));
      refusesInWords(() => parseSettings(text, 'checks.yaml', 'custom'));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
