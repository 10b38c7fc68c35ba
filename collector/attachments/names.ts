/** Names of files, which come from outside: safe on any disk and in any header. Pure. */
import { disturbing, unseen } from '../../shared/safe-text.ts';
import type { FileType } from './types.ts';

const longest = 120;
/** Windows takes these for devices. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Ends as its content does: `invoice.pdf.exe` that is a picture is called `invoice.pdf.png`. */
export function safeName(claimed: string | undefined, { extensions }: FileType): string {
  const last = (claimed ?? '').split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .normalize('NFC')
    .replace(disturbing, '')
    .replace(unseen, '')
    .replace(/[<>:"|?*%;]/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  const own = /\.([a-z0-9]{1,8})$/i.exec(clean)?.[1]?.toLowerCase();
  const fits = own !== undefined && extensions.includes(own);
  const stem = (own === undefined ? clean : clean.slice(0, -own.length - 1)).trim() || 'file';
  const extension = fits ? own : extensions[0];
  const short = [...(devices.test(stem) ? `_${stem}` : stem)].slice(0, longest).join('');
  return `${short}.${extension}`;
}

/** Of a file that is not kept, for a message about it. */
export const shownName = (claimed: string | undefined): string =>
  [...(claimed ?? '')].slice(0, longest).join('').replace(disturbing, ' ').replace(unseen, '').trim() || '?';

/** RFC 6266: for old readers in ASCII, for all others as it is. Nothing in it opens in the browser. */
export function dispositionOf(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  const whole = encodeURIComponent(name).replace(
    /['()*!]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${whole}`;
}
