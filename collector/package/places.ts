/** Where the parts of this program lie: in the source tree each in its room, in a package all beside each other in one folder. */
import { fileURLToPath } from 'node:url';

export const isPackaged = !import.meta.url.endsWith('.ts');

/** @param source its file in the source tree @param packaged its name in the folder of a package */
export const partOf = (source: URL, packaged: string): URL =>
  isPackaged ? new URL(packaged, import.meta.url) : source;

/** The same as a path. */
export const pathOf = (source: URL, packaged: string): string => fileURLToPath(partOf(source, packaged));

/** Where settings and data are when nothing names them: from source, the folder that somebody works in. */
export interface UsualPlaces {
  settings: string;
  data: string;
}

export const places: Readonly<UsualPlaces> = isPackaged
  ? { settings: '/etc/evenkeel/evenkeel.yaml', data: '/var/lib/evenkeel' }
  : { settings: 'evenkeel.yaml', data: './data' };

/** The agent is a package of its own, which may lie beside this one. */
export const packagedAgent = '/usr/bin/evenkeel-agent';
