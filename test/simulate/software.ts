/** What is installed on a simulated machine, in the shape of the inventory. Names are made up but for free software. */
import type { SoftwareItem } from '../../shared/inventory.ts';
import type { Machine } from './machine.ts';
import { noise } from './random.ts';

const day = 86_400_000;

interface Title {
  name: string;
  publisher: string;
  versions: readonly string[];
  /** On this share of the machines of its kind. */
  share: number;
}

const title = (name: string, publisher: string, share: number, ...versions: string[]): Title => ({
  ...{ name, publisher, versions, share },
});

const everywhere = [
  title('openssl', 'OpenSSL', 1, '3.0.13', '3.0.15', '3.5.0'),
  title('curl', 'curl', 1, '8.5.0', '8.14.1'),
];
const onServers = [
  title('nginx', 'F5', 0.4, '1.24.0', '1.26.3'),
  title('postgresql-17', 'PGDG', 0.3, '17.4', '17.6'),
  title('Archive Vault', 'Harbour Systems', 0.7, '9.2', '9.4'),
];
const onDesks = [
  title('Draw Pro 2026', 'Pencil & Co', 0.6, '26.1', '26.2'),
  title('Ledger Desk', 'Harbour Systems', 0.5, '12.0'),
  title('7-Zip', 'Igor Pavlov', 0.8, '24.08', '25.01'),
  title('Remote Peek', 'Unknown', 0.15, '3.1'),
  title('Coupon Bar', 'Unknown', 0.08, '1.0.9'),
];

/** macOS alone says when a program was started last. */
export function softwareOf(machine: Machine, at: number): SoftwareItem[] {
  const own = [...everywhere, ...(machine.kind === 'server' ? onServers : onDesks)];
  return own.flatMap(({ name, publisher, versions, share }, n): SoftwareItem[] => {
    if (noise(machine.seed, 200 + n) >= share) return [];
    const version = versions[Math.floor(noise(machine.seed, 220 + n) * versions.length)] ?? null;
    const isKnown = machine.os.platform === 'darwin' && machine.kind === 'workstation';
    const daysAgo = noise(machine.seed, 240 + n) ** 2 * 160;
    const lastUsed = isKnown ? Math.floor(at / day) * day - Math.round(daysAgo * day) : null;
    return [{ name, version, publisher, installed: null, lastUsed }];
  });
}
