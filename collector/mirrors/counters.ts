/** How mirrors are, for `/metrics`. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { MirrorView } from '../../shared/mirror.ts';

export function countMirrors(registry: Registry, view: () => readonly MirrorView[]): void {
  const gauge = (name: string, help: string, read: (mirror: MirrorView) => number) =>
    new Gauge({
      ...{ name: `evenkeel_mirror_${name}`, help, labelNames: ['mirror'], registers: [registry] },
      collect() {
        for (const mirror of view()) this.set({ mirror: mirror.name }, read(mirror));
      },
    });
  gauge('waiting_bytes', 'What a mirror has not got yet', ({ waitingBytes }) => waitingBytes);
  gauge('trouble', 'A mirror does not take what it is sent', ({ trouble }) => (trouble === null ? 0 : 1));
  new Counter({
    ...{ name: 'evenkeel_mirror_samples_total', help: 'Samples that a mirror has taken', labelNames: ['mirror'] },
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, sent } of view()) this.inc({ mirror: name }, sent);
    },
  });
  new Counter({
    name: 'evenkeel_mirror_lost_samples_total',
    help: 'Samples that a mirror did not get: given up because too many waited, or refused as too old, out of order or for another reason',
    labelNames: ['mirror', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, lost } of view())
        for (const [reason, samples] of Object.entries(lost)) this.inc({ mirror: name, reason }, samples);
    },
  });
}
